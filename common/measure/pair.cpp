#include "pair.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/child.hpp"
#include "common/program/stop.hpp"

#include <sched.h>     // sched_setaffinity
#include <sys/wait.h>  // waitpid
#include <unistd.h>    // fork, alarm, _exit

#include <csignal>
#include <thread>
#include <vector>

using shm::check;

namespace measure {

namespace {

constexpr unsigned most_seconds = 300;

void pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(cpu), &set);
    check(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity", "a side");
}

/// The processes that run the sides; none of them outlives this.
class Children {
public:
    Children() = default;
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;
    ~Children() {
        for (const pid_t child : pids_) kill(child, SIGKILL);
        for (const pid_t child : pids_) {
            while (waitpid(child, nullptr, 0) == -1 && errno == EINTR) {
            }
        }
    }

    void start(const std::function<void()>& side) {
        const pid_t parent = getpid();
        const pid_t child = checked::fork();
        if (child != 0) {
            pids_.push_back(child);
            return;
        }
        shm::run_as_child([&] {
            shm::end_with_parent(parent);
            alarm(most_seconds);  // SIGALRM ends a side that is stuck
            side();
        });
    }

    void wait_for_all() {
        while (!pids_.empty()) {
            int status = 0;
            const pid_t ended = waitpid(-1, &status, 0);
            const int error = errno;
            if (ended > 0) std::erase(pids_, ended);  // its number may soon be another process's
            shm::check_stop();
            if (ended == -1 && error == EINTR) continue;
            check(ended, "waitpid", "a side");
            if (status == 0) continue;
            if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
                throw shm::Failure("a run has not ended after five minutes; is this machine busy?");
            }
            if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
                throw KilledSide("one of the two sides was killed");
            }
            if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE) {
                throw shm::Stopped(SIGPIPE);  // no process reads what it says, nor what we do
            }
            throw shm::Failure("one of the two sides failed; see its message above");
        }
    }

private:
    std::vector<pid_t> pids_;
};

}  // namespace

void run_pair(const Cpus& cpus, Between between, const std::function<void()>& producer,
              const std::function<void()>& consumer) {
    const auto produce = [&] {
        pin(cpus.producer);
        producer();
    };
    const auto consume = [&] {
        pin(cpus.consumer);
        consumer();
    };
    Children children;
    if (between == Between::processes) {
        children.start(produce);
        children.start(consume);
    } else {
        children.start([&] {
            std::thread thread(produce);  // what it throws ends the process: std::terminate
            consume();
            thread.join();
        });
    }
    children.wait_for_all();
}

}  // namespace measure
