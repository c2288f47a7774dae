/// @file
/// Does what its arguments say, one after the other: the programs of the harness's own tests.

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/console.hpp"

#include <fmt/core.h>

#include <fcntl.h>  // O_CREAT
#include <mqueue.h>
#include <pthread.h>  // pthread_exit
#include <semaphore.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>

namespace {

using shm::check;

key_t key_of(const std::string& text) {
    return text == "private" ? IPC_PRIVATE : static_cast<key_t>(std::stoul(text, nullptr, 0));
}

[[noreturn]] void forever() {
    for (;;) pause();
}

void become_daemon() {
    if (checked::fork() != 0) return;
    check(setsid(), "setsid", "daemon");
    if (checked::fork() != 0) _exit(0);
    forever();
}

using Numbers = std::array<std::atomic<int>, 4>;

/// The object `name` as numbers, all 0 at first. A later action has the same memory.
Numbers& numbers_of(const std::string& name) {
    static std::map<std::string, Numbers*> mapped;
    Numbers*& numbers = mapped[name];
    if (numbers == nullptr) {
        const int fd = checked::shm_open(name, O_CREAT | O_RDWR, 0600);
        checked::ftruncate(fd, sizeof(Numbers));
        numbers = static_cast<Numbers*>(
            checked::mmap(nullptr, sizeof(Numbers), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    }
    return *numbers;
}

std::string line_of(const std::string& file, const std::string& begin) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (line.compare(0, begin.size(), begin) == 0) return line;
    }
    return {};
}

const std::map<std::string, std::function<void()>> plain_actions = {
    {"pid", [] { shm::say("pid {}", getpid()); }},
    {"line", [] { shm::wait_for_enter("line?"); }},
    {"until-eof",
     [] {
         while (std::getchar() != EOF) continue;
     }},
    {"forever", [] { forever(); }},
    {"ignore-term", [] { signal(SIGTERM, SIG_IGN); }},
    {"crash", [] { raise(SIGSEGV); }},
    {"uid", [] { shm::say("uid {}", getuid()); }},
    {"groups", [] { shm::say("groups {}", getgroups(0, nullptr)); }},
    {"rights", [] { shm::say("{}", line_of("/proc/self/status", "CapEff:")); }},
    {"daemon", [] { become_daemon(); }},
    {"child",
     [] {
         if (checked::fork() == 0) forever();
     }},
    {"child-of-threads",  // whose first thread has ended
     [] {
         if (checked::fork() != 0) return;
         std::thread(forever).detach();
         pthread_exit(nullptr);
     }},
    {"signals",
     [] {
         shm::say("{}", line_of("/proc/self/status", "SigBlk:"));
         shm::say("{}", line_of("/proc/self/status", "SigIgn:"));
     }},
};

const std::map<std::string, std::function<void(const std::string&)>> actions = {
    {"say", [](const std::string& text) { shm::say_line(text); }},
    {"note", [](const std::string& text) { shm::note_line(text); }},
    {"part",
     [](const std::string& text) {
         std::fputs(text.c_str(), stdout);
         std::fflush(stdout);
     }},
    {"exit", [](const std::string& status) { std::exit(std::stoi(status)); }},
    {"segment",
     [](const std::string& key) {
         checked::shmget(key_of(key), 100, IPC_CREAT | IPC_EXCL | 0600);
     }},
    {"semaphore",
     [](const std::string& key) { checked::semget(key_of(key), 1, IPC_CREAT | IPC_EXCL | 0600); }},
    {"queue",
     [](const std::string& key) {
         check(msgget(key_of(key), IPC_CREAT | IPC_EXCL | 0600), "msgget", key);
     }},
    {"object",
     [](const std::string& name) { checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600); }},
    {"unlink", [](const std::string& name) { checked::shm_unlink(name); }},
    {"size",
     [](const std::string& name) {
         const int fd = checked::shm_open(name, O_RDWR, 0600);
         checked::ftruncate(fd, 100);
     }},
    {"map", [](const std::string& name) { numbers_of(name); }},
    {"write-number", [](const std::string& name) { numbers_of(name)[1].store(7); }},
    {"read-twice",
     [](const std::string& name) {
         const int first = numbers_of(name)[1].load();
         shm::say("{} {}", first, numbers_of(name)[1].load());
     }},
    {"read-others",
     [](const std::string& name) {
         shm::say("{} {}", numbers_of(name)[0].load(), numbers_of(name)[2].load());
     }},
    {"named-semaphore",
     [](const std::string& name) {
         sem_t* semaphore = sem_open(name.c_str(), O_CREAT | O_EXCL, 0600, 1);
         if (semaphore == SEM_FAILED) throw shm::SystemError(errno, "sem_open", name);
     }},
    {"posix-queue",
     [](const std::string& name) {
         checked::mq_open(name, O_CREAT | O_EXCL | O_RDONLY, 0600, nullptr);
     }},
    {"wait-semaphore",
     [](const std::string& key) {
         const int id = checked::semget(key_of(key), 1, IPC_CREAT | 0600);
         sembuf take = {.sem_num = 0, .sem_op = -1, .sem_flg = 0};
         checked::semop(id, &take, 1);
     }},
    {"free-semaphore",
     [](const std::string& key) {
         const int id = checked::semget(key_of(key), 1, 0);
         sembuf give = {.sem_num = 0, .sem_op = 1, .sem_flg = 0};
         checked::semop(id, &give, 1);
     }},
    {"set-semaphore",
     [](const std::string& key) {
         checked::semctl(checked::semget(key_of(key), 1, 0), 0, SETVAL, 1);
     }},
    {"remove-semaphore",
     [](const std::string& key) {
         checked::semctl(checked::semget(key_of(key), 1, 0), 0, IPC_RMID);
     }},
};

}  // namespace

int main(int argc, char** argv) {
    shm::set_program_name("actor");
    try {
        for (int i = 1; i < argc; ++i) {
            const auto plain = plain_actions.find(argv[i]);
            if (plain != plain_actions.end()) {
                plain->second();
            } else {
                const char* action = argv[i++];
                actions.at(action)(i < argc ? argv[i] : "");
            }
        }
    } catch (const std::exception& error) {
        shm::note_line(error.what());
        return 1;
    }
    return 0;
}
