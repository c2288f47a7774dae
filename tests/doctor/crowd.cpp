/// @file
/// crowd PROCESSES OBJECTS: makes that many things, a quarter each of objects, segments, semaphore
/// sets and queues, and processes that each have some of them; says "ready", and waits until its
/// standard input ends. Nothing is removed: to be run in namespaces of its own.

#include <fcntl.h>  // O_CREAT
#include <signal.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>  // PR_SET_PDEATHSIG
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

int sure(int result, const char* call) {
    if (result != -1) return result;
    std::perror(call);
    std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
    const int processes = argc == 3 ? std::atoi(argv[1]) : 0;
    const int quarter = argc == 3 ? std::atoi(argv[2]) / 4 : 0;
    if (processes <= 0 || quarter <= 0) return 2;
    std::vector<int> segments;
    for (int n = 0; n < quarter; ++n) {
        const std::string name = "/crowd-" + std::to_string(n);
        const int fd = sure(shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600), "shm_open");
        sure(ftruncate(fd, 4096), "ftruncate");
        close(fd);
        segments.push_back(sure(shmget(IPC_PRIVATE, 4096, 0600), "shmget"));
        sure(semget(IPC_PRIVATE, 4, 0600), "semget");
        sure(msgget(IPC_PRIVATE, 0600), "msgget");
    }
    for (int child = 0; child < processes; ++child) {
        if (sure(fork(), "fork") != 0) continue;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int n = child; n < child + 8; ++n) {
            const auto which = n % quarter;
            const std::string name = "/crowd-" + std::to_string(which);
            const int fd = sure(shm_open(name.c_str(), O_RDWR, 0), "shm_open");
            if (mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED) return 1;
            if (shmat(segments[static_cast<std::size_t>(which)], nullptr, 0) == nullptr) return 1;
        }
        pause();
        return 0;
    }
    std::puts("ready");
    std::fflush(stdout);
    char byte = 0;
    while (read(STDIN_FILENO, &byte, 1) > 0) continue;
    return 0;
}
