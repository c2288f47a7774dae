/// @file
/// Lesson 01, the obvious wrong way: a flag that is a plain number, and beside it one that is an
/// atomic. A child process waits for each of them, in shared memory; the parent sets it. The
/// compiler may take it that no other process changes a plain number, and read it once.
///
/// Compiled with -O2 in every build (CMakeLists.txt): without optimisation the mistake hides.

#include "common/kernel/checked.hpp"
#include "common/program/child.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/console.hpp"
#include "common/program/program.hpp"
#include "common/program/stop.hpp"

#include <signal.h>    // kill
#include <sys/mman.h>  // MAP_SHARED, MAP_ANONYMOUS
#include <sys/wait.h>  // waitpid
#include <unistd.h>    // _exit

#include <atomic>
#include <chrono>
#include <cstdint>
#include <new>

using namespace std::chrono_literals;

namespace {

/// Both processes map it; `rounds` lets the parent see that the child waits.
template <typename Flag>
struct Shared {
    Flag ready;
    // volatile: the compiler counts each round in memory. It orders nothing (lesson 05).
    volatile std::uint64_t rounds;
};
using Plain = Shared<std::uint32_t>;
using Atomic = Shared<std::atomic<std::uint32_t>>;

//! [plain wait]
void wait_until_ready(Plain& shared) {
    // rounds is volatile: each round counts in memory, so that the parent sees it.
    while (shared.ready == 0) shared.rounds = shared.rounds + 1;
}
//! [plain wait]

//! [atomic wait]
void wait_until_ready(Atomic& shared) {
    // acquire: what the other process wrote before it stored the flag is there after this.
    while (shared.ready.load(std::memory_order_acquire) == 0) shared.rounds = shared.rounds + 1;
}
//! [atomic wait]

void set_ready(Plain& shared) {
    shared.ready = 1;
}

void set_ready(Atomic& shared) {
    shared.ready.store(1, std::memory_order_release);  // release: pairs with the acquire above
}

/// Waits until the child has ended, or has gone round its loop so many times more.
/// @returns whether it has ended
template <typename Flag>
bool ends_within(const Shared<Flag>& shared, std::uint64_t more, pid_t child) {
    const std::uint64_t start = shared.rounds;
    while (shared.rounds - start < more) {
        if (waitpid(child, nullptr, WNOHANG) == child) return true;
        shm::pause_for(1ms);
    }
    return false;
}

template <typename Flag>
void show(const char* kind) {
    using Memory = Shared<Flag>;
    constexpr int flags = MAP_SHARED | MAP_ANONYMOUS;
    void* memory = checked::mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE, flags, -1, 0);
    auto* shared = new (memory) Memory{};
    const pid_t parent = getpid();
    const pid_t child = checked::fork();
    if (child == 0) {
        shm::end_with_parent(parent);
        wait_until_ready(*shared);
        _exit(0);
    }
    shm::Cleanup end_child([&] {
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
    });
    ends_within(*shared, 1, child);  // it is in its loop now: it has read 0 at least once
    set_ready(*shared);
    constexpr std::uint64_t rounds = 1'000'000;
    if (ends_within(*shared, rounds, child)) {
        end_child.cancel();
        shm::say("{}: ready is 1, and the waiting process has seen it", kind);
    } else {
        shm::say("{}: ready is 1, and {} rounds later the waiting process still waits", kind,
                 rounds);
    }
}

int plain_flag() {
    show<std::uint32_t>("plain number");
    show<std::atomic<std::uint32_t>>("atomic      ");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return shm::program(
        argc, argv, "Broken on purpose: waits for a flag in shared memory that is no atomic.",
        [](shm::Options&) {}, [] { return plain_flag(); });
}
