/// @file
/// Exercise 06.1, the other side: leaves five things behind, has five in use, and looks later which
/// of them are there.

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/child.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/program.hpp"

#include <fmt/core.h>

#include <fcntl.h>     // O_CREAT
#include <signal.h>    // SIGKILL
#include <sys/ipc.h>   // IPC_CREAT, IPC_RMID
#include <sys/mman.h>  // shm_unlink
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>  // wait
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

namespace {

/// One of the ten.
struct Thing {
    std::string what;
    bool in_use;
    std::function<void(const Thing&)> make;      ///< creates it, and uses it
    std::function<bool(const Thing&)> is_there;  ///< under its name or key
    std::function<void(const Thing&)> remove;
};

key_t key_of(const Thing& thing) {
    return static_cast<key_t>(std::stol(thing.what, nullptr, 16));
}

constexpr int create_new = IPC_CREAT | IPC_EXCL | 0600;

void make_segment(const Thing& thing) {
    checked::shmat(checked::shmget(key_of(thing), 4096, create_new), nullptr, 0);
}

void make_set(const Thing& thing) {
    const int set = checked::semget(key_of(thing), 1, create_new);
    sembuf post = {0, 1, 0};
    checked::semop(set, &post, 1);  // without SEM_UNDO
}

void make_queue(const Thing& thing) {
    const int queue = shm::check(msgget(key_of(thing), create_new), "msgget", thing.what);
    const struct {
        long type;
        char text[8];
    } message = {1, "litter"};
    shm::check(msgsnd(queue, &message, sizeof(message.text), IPC_NOWAIT), "msgsnd", thing.what);
}

/// Starts a process that does nothing but wait. The wait ends when what it waits for is removed.
void start_waiting(const std::function<void()>& wait) {
    const pid_t parent = getpid();
    if (checked::fork() != 0) return;
    shm::run_as_child([&] {
        shm::end_with_parent(parent);
        wait();
    });
}

void use_set(const Thing& thing) {
    make_set(thing);
    start_waiting([&] {
        sembuf step = {0, -5, 0};
        semop(semget(key_of(thing), 0, 0), &step, 1);
    });
}

void use_queue(const Thing& thing) {
    make_queue(thing);
    start_waiting([&] {
        char message[64];
        msgrcv(msgget(key_of(thing), 0), message, 8, 2, 0);
    });
}

void make_object(const Thing& thing) {
    const int fd = checked::shm_open(thing.what, O_CREAT | O_EXCL | O_RDWR, 0600);
    checked::ftruncate(fd, 4096);
    checked::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

void make_empty(const Thing& thing) {
    checked::shm_open(thing.what, O_CREAT | O_EXCL | O_RDWR, 0600);
}

bool has_segment(const Thing& thing) {
    return shmget(key_of(thing), 0, 0) != -1;
}
bool has_set(const Thing& thing) {
    return semget(key_of(thing), 0, 0) != -1;
}
bool has_queue(const Thing& thing) {
    return msgget(key_of(thing), 0) != -1;
}
bool has_object(const Thing& thing) {
    return access(("/dev/shm" + thing.what).c_str(), F_OK) == 0;
}

void remove_segment(const Thing& thing) {
    shmctl(shmget(key_of(thing), 0, 0), IPC_RMID, nullptr);
}
void remove_set(const Thing& thing) {
    semctl(semget(key_of(thing), 0, 0), 0, IPC_RMID);
}
void remove_queue(const Thing& thing) {
    msgctl(msgget(key_of(thing), 0), IPC_RMID, nullptr);
}
void remove_object(const Thing& thing) {
    shm_unlink(thing.what.c_str());
}

std::vector<Thing> ten_things() {
    return {
        {"0x06010001", true, make_segment, has_segment, remove_segment},
        {"0x06010002", false, make_segment, has_segment, remove_segment},
        {"0x06010003", false, make_set, has_set, remove_set},
        {"0x06010004", true, use_set, has_set, remove_set},
        {"0x06010005", true, use_queue, has_queue, remove_queue},
        {"0x06010006", false, make_queue, has_queue, remove_queue},
        {"/litter-orders", false, make_object, has_object, remove_object},
        {"/litter-prices", true, make_object, has_object, remove_object},
        {"/litter-lobby", false, make_empty, has_object, remove_object},
        {"/litter-cellar", true, make_empty, has_object, remove_object},
    };
}

/// Makes it in a child, which then ends and removes nothing.
void leave_behind(const Thing& thing) {
    const pid_t child = checked::fork();
    if (child == 0) shm::run_as_child([&] { thing.make(thing); });
    if (checked::waitpid(child) != 0) throw shm::Failure("the child failed; see its message above");
}

/// Says of each of the ten what is wrong with it now. Returns how many are.
int count_wrong(const std::vector<Thing>& things) {
    int wrong = 0;
    for (const Thing& thing : things) {
        if (thing.is_there(thing) == thing.in_use) continue;
        ++wrong;
        shm::say("{}: {}", thing.in_use ? "in use, and removed" : "still there", thing.what);
    }
    return wrong;
}

int machine() {
    const std::vector<Thing> things = ten_things();
    for (const Thing& thing : things) {
        if (thing.is_there(thing)) throw shm::Failure(thing.what + " is taken; see doctor");
    }
    const shm::Cleanup clean([&] {
        for (const Thing& thing : things) thing.remove(thing);
        while (wait(nullptr) > 0) continue;  // for those who waited
    });
    for (const Thing& thing : things) {
        if (thing.in_use) thing.make(thing);
        if (!thing.in_use) leave_behind(thing);
    }
    shm::wait_for_enter("Five things are in use, five are litter. Press Enter to look at them...");
    if (count_wrong(things) != 0) return 1;
    shm::say("The five are gone, and the others untouched");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return shm::program(
        argc, argv, "Leaves five things behind, and has five in use, until Enter comes.",
        [](shm::Options&) {}, machine);
}
