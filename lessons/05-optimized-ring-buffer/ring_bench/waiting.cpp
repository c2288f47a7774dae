#include "waiting.hpp"

#include "ours.hpp"

#include "common/measure/usage.hpp"
#include "common/program/check.hpp"
#include "common/program/stop.hpp"

#include <linux/seccomp.h>  // SECCOMP_MODE_STRICT
#include <sys/prctl.h>      // prctl, PR_SET_SECCOMP
#include <sys/syscall.h>    // SYS_exit
#include <unistd.h>         // syscall

using shm::check;

namespace ring_bench {

namespace {

using namespace std::chrono_literals;
constexpr std::size_t size = 8;

/// The same ring, through the calls that wait.
struct Blocking : Ours<size> {
    struct Producer {
        explicit Producer(const shm::Ring<Message>& ring) : end(ring) {}
        Ours<size>::Producer end;
        bool try_push(const Message& message) {
            return end.push(message, 1h) == shm::WaitResult::ready;
        }
    };
    struct Consumer {
        explicit Consumer(const shm::Ring<Message>& ring) : end(ring) {}
        Ours<size>::Consumer end;
        bool try_pop(Message& message) { return end.pop(message, 1h) == shm::WaitResult::ready; }
    };
};

/// Has a consumer wait for nothing, and notes what that took.
void wait_for_nothing(const Task& task, std::chrono::milliseconds time, Waiting& waiting) {
    using R = Ours<size>;
    const Arena arena(R::bytes(task.capacity));
    R::create(arena.ring(0), R::bytes(task.capacity), task.capacity);
    const auto say_nothing = [&] {
        const R::Producer producer(R::open(arena.ring(0), R::bytes(task.capacity)));
        arena.start();
        shm::pause_for(time + 200ms);  // a producer that is there, and has nothing to send
    };
    const auto wait = [&] {
        R::Consumer consumer(R::open(arena.ring(0), R::bytes(task.capacity)));
        arena.start();
        const measure::Usage before = measure::usage();
        if (consumer.wait(time) != shm::WaitResult::timed_out)
            throw shm::Failure("a message that no producer sent");
        const measure::Usage after = measure::usage();
        arena.report().cpu_seconds = after.cpu_seconds - before.cpu_seconds;
        arena.report().switches = after.switches - before.switches;
    };
    run_pair(task.cpus, Between::processes, say_nothing, wait);
    waiting.idle_seconds = std::chrono::duration<double>(time).count();
    waiting.idle_cpu_seconds = arena.report().cpu_seconds;
    waiting.idle_switches = arena.report().switches;
}

//! [no calls]
/// Sends messages to a consumer that does not sleep, where any system call is deadly.
void send_without_calls(const Task& task, Waiting& waiting) {
    using R = Ours<size>;
    const Arena arena(R::bytes(task.capacity));
    R::create(arena.ring(0), R::bytes(task.capacity), task.capacity);
    const auto send = [&] {
        R::Producer producer(R::open(arena.ring(0), R::bytes(task.capacity)));
        arena.start();
        // From here on the kernel kills who calls anything but read, write and exit (man 2
        // seccomp).
        check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), "prctl", "PR_SET_SECCOMP");
        for (std::uint64_t i = 0; i < task.messages; ++i) {
            while (!producer.try_push(R::Message::number(i))) pause_once();
        }
        syscall(SYS_exit, 0);  // what _exit() calls, exit_group, is deadly as well
    };
    const auto take = [&] { consume<R, Case::steady>(arena, task); };
    waiting.messages_without_calls = task.messages;
    try {
        run_pair(task.cpus, Between::processes, send, take);
    } catch (const measure::KilledSide&) {
        waiting.without_calls = false;
        return;
    } catch (const shm::Failure&) {
        return;  // no seccomp here, and a note has said so
    }
    check_sum<R::Message>(task, arena.report());
    waiting.without_calls = true;
}
//! [no calls]

}  // namespace

void measure_waiting(const Plan& plan, Waiting& waiting) {
    Task apart;
    apart.bytes = size;
    apart.cpus = plan.cpus;
    apart.pauses = measure::pauses_for(20);
    // A round trip takes some 100 ns on two cores, and some 5,000 on one.
    const auto count = static_cast<std::uint64_t>(plan.run_seconds * 5e6);
    apart.messages = plan.messages != 0 ? plan.messages : count;
    apart.warm_up = apart.messages / 8;
    Task together = apart;
    together.cpus.producer = together.cpus.consumer;
    together.messages = plan.messages != 0 ? plan.messages : count / 20;
    together.warm_up = together.messages / 8;
    for (std::uint64_t round = 0; round < plan.rounds; ++round) {
        if (!plan.cpus.are_one()) {
            waiting.spinning.push_back(round_trip<Ours<size>, Between::processes>(apart));
            waiting.blocking.push_back(round_trip<Blocking, Between::processes>(apart));
        }
        waiting.on_one_core.push_back(round_trip<Blocking, Between::processes>(together));
        waiting.pipe.push_back(pipe_round_trip(together));
    }
    send_without_calls(apart, waiting);
    wait_for_nothing(apart, plan.messages != 0 ? 50ms : 1000ms, waiting);
}

}  // namespace ring_bench
