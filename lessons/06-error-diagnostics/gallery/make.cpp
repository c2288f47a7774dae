#include "common/kernel/reason.hpp"
#include "common/program/check.hpp"
#include "stage.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>  // PR_SET_PDEATHSIG
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

using shm::check;

namespace stage {

namespace {

pid_t fork_child() {
    const pid_t parent = getpid();
    const pid_t child = check(fork(), "fork", "a child");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);
    }
    return child;
}

void run_part(const std::function<void()>& part) {
    try {
        part();
    } catch (const std::exception&) {
        _exit(1);  // its parent sees that something is missing
    }
}

}  // namespace

int make_object(off_t size, mode_t mode) {
    const int fd = check(shm_open(name, O_CREAT | O_EXCL | O_RDWR, mode), "shm_open", name);
    check(ftruncate(fd, size), "ftruncate", name, shm::why_ftruncate, fd, size);
    return fd;
}

char* map(int fd, std::size_t size, int protection) {
    void* memory = mmap(nullptr, size, protection, MAP_SHARED, fd, 0);
    return static_cast<char*>(shm::check_mapped(memory, "mmap", name, shm::why_mmap, size,
                                                protection, MAP_SHARED, fd, 0));
}

int make_segment(std::size_t size, int mode) {
    const int flags = IPC_CREAT | IPC_EXCL | mode;
    return check(shmget(key, size, flags), "shmget", "a new segment", shm::why_shmget, key, size,
                 flags);
}

int make_set(int count, int first_value, int mode) {
    const int flags = IPC_CREAT | IPC_EXCL | mode;
    const int semid =
        check(semget(key, count, flags), "semget", "a new set", shm::why_semget, key, count, flags);
    check(semctl(semid, 0, SETVAL, first_value), "semctl SETVAL", "a new set");
    return semid;
}

std::string operated(int semid, std::vector<sembuf> changes) {
    const std::string set = fmt::format("set {}", semid);
    check(semop(semid, changes.data(), changes.size()), "semop", set, shm::why_semop, semid,
          changes.data(), changes.size());
    return {};
}

int make_memfd(off_t size, unsigned seals) {
    const int fd = check(memfd_create("gallery", MFD_ALLOW_SEALING), "memfd_create", "gallery");
    check(ftruncate(fd, size), "ftruncate", "a memfd");
    if (seals != 0) check(fcntl(fd, F_ADD_SEALS, seals), "fcntl F_ADD_SEALS", "a memfd");
    return fd;
}

void in_killed_child(const std::function<void()>& part) {
    const pid_t child = fork_child();
    if (child == 0) {
        run_part(part);
        kill(getpid(), SIGKILL);
    }
    int status = 0;
    check(waitpid(child, &status, 0), "waitpid", "a child");
    expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
           "the child came not as far as to be killed");
}

pid_t in_waiting_child(const std::function<void()>& part) {
    const pid_t child = fork_child();
    if (child == 0) {
        run_part(part);
        _exit(1);
    }
    // "S": it sleeps in the kernel, where it can only wait for what `part` waits for.
    for (std::string word; word != "S"; usleep(1000)) {
        std::ifstream status(fmt::format("/proc/{}/stat", child));
        for (int field = 1; field <= 3; ++field) status >> word;
    }
    return child;
}

void in_sleeping_child(const std::function<void()>& part) {
    int ends[2] = {};
    check(pipe(ends), "pipe", "to a child");
    if (fork_child() == 0) {
        run_part(part);
        const char done = 1;
        if (write(ends[1], &done, 1) == 1) pause();
        _exit(1);
    }
    close(ends[1]);
    char done = 0;
    expect(read(ends[0], &done, 1) == 1, "the child came not as far as to sleep");
}

}  // namespace stage
