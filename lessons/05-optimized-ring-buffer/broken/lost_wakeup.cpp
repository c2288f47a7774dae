/// @file
/// Lesson 05, the obvious wrong way: publish, then look whether the consumer sleeps. The source
/// says store, then load; a processor may do them the other way round, x86 too (Intel SDM
/// 3A, 11.2.3.4: loads may be reordered with older stores to different locations). Here the
/// producer does, and pauses in between, so that the wake-up is lost every time. `--tries` counts
/// how often it is lost without our help.

#include "litmus.hpp"

#include "common/measure/arena.hpp"
#include "common/measure/machine.hpp"
#include "common/measure/pair.hpp"
#include "common/program/check.hpp"
#include "common/program/program.hpp"

#include <shm/ring/endpoint.hpp>  // futex

#include <linux/futex.h>  // FUTEX_WAIT, FUTEX_WAKE
#include <unistd.h>       // getpid

#include <atomic>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <new>
#include <string>

namespace {

using std::chrono::milliseconds;

struct Mailbox {
    std::atomic<std::uint32_t> published;  ///< so many messages
    std::atomic<std::uint32_t> asleep;     ///< a futex; 1: the consumer sleeps, or is about to
    std::atomic<bool> looked;              ///< the producer is in the window
    std::atomic<pid_t> sleeper;            ///< whose next call is futex
    bool lost;
};

/// Waits until that process sleeps (state S; man 5 proc).
void wait_until_asleep(const std::atomic<pid_t>& sleeper) {
    std::string state;
    while (state != "S") {
        shm::pause_for(milliseconds(1));
        const pid_t pid = sleeper.load(std::memory_order_acquire);  // acquire: it has said all
        if (pid == 0) continue;
        std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
        stat.ignore(1000, ')') >> state;
    }
}

//! [early look]
void produce(Mailbox& box) {
    // The source of a ring says: publish, then look. Here is what a processor makes of it.
    const bool sleeps = box.asleep.load(std::memory_order_relaxed) != 0;
    shm::say("Producer: looks: asleep is {}", sleeps ? 1 : 0);
    box.looked.store(true, std::memory_order_release);  // release: after the look
    wait_until_asleep(box.sleeper);                     // the window, held open
    box.published.store(1, std::memory_order_release);  // the store becomes visible
    shm::say("Producer: message 1 is published; the consumer did not sleep, so I do not wake it");
    if (sleeps) shm::ring::futex(box.asleep, FUTEX_WAKE, nullptr);
}
//! [early look]

//! [sleep unseen]
void consume(Mailbox& box, milliseconds deadline) {
    while (!box.looked.load(std::memory_order_acquire)) shm::pause_for(milliseconds(1));
    box.asleep.store(1, std::memory_order_relaxed);
    if (box.published.load(std::memory_order_acquire) != 0) return;
    shm::say("Consumer: asleep is 1, published is 0: I sleep");
    const timespec time = shm::to_timespec(deadline);
    box.sleeper.store(getpid(), std::memory_order_release);  // release: after all that
    const long woken = shm::ring::futex(box.asleep, FUTEX_WAIT, &time);
    box.lost = woken == -1 && errno == ETIMEDOUT &&
               box.published.load(std::memory_order_acquire) == 1;  // acquire: with its message
}
//! [sleep unseen]

int force(milliseconds deadline) {
    const measure::Cpus cpus = measure::look_at_machine(false).cpus;
    const measure::Arena arena(sizeof(Mailbox));
    auto* box = new (arena.ring(0)) Mailbox{};
    run_pair(
        cpus, measure::Between::processes, [&] { produce(*box); },
        [&] { consume(*box, deadline); });
    if (!box->lost) return 0;
    throw shm::Failure(
        fmt::format("message 1 is published, the consumer sleeps, no process will wake "
                    "it: ended by the deadline, after {} ms",
                    deadline.count()));
}

void count(const char* what, Barrier barrier, std::uint64_t tries) {
    const Missed result = miss_each_other(barrier, tries);
    if (!result.refused.empty()) {
        shm::say("{:<36} not to be had here: {}", what, result.refused);
        return;
    }
    shm::say("{:<36} missed each other: {} of {}", what, result.missed, result.tries);
}

}  // namespace

int main(int argc, char** argv) {
    milliseconds deadline(300);
    std::uint64_t tries = 0;
    return shm::program(
        argc, argv, "Broken on purpose: a consumer that sleeps, and is never woken.",
        [&](shm::Options& options) {
            options.milliseconds("--timeout-ms", deadline, "When the sleeper gives up");
            options.number("--tries", tries, 0, 4'000'000,
                           "Instead, count how often both sides really miss each other, in so "
                           "many tries, a second at most for each barrier");
        },
        [&] {
            if (tries == 0) return force(deadline);
            shm::say("With each barrier {} tries, or as many as fit into a second:", tries);
            count("no barrier", Barrier::none, tries);
            count("a fence on the sleeper's side", Barrier::sleepers_fence, tries);
            count("a fence on both sides", Barrier::both_fences, tries);
            count("membarrier on the sleeper's side", Barrier::membarrier, tries);
            return 0;
        });
}
