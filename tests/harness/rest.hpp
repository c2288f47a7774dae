/// @file
/// Whether the processes of a scene do anything but wait. A hang is known by what they do, and not
/// by the time that has passed: a busy machine is slow, and no process on it hangs for that.
#pragma once

#include "tests/harness/orphans.hpp"

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace harness {

/// Watches the processes below this one.
class Rest {
public:
    /// How much of waiting in a loop counts as waiting.
    struct Enough {
        long looks;      ///< how often it has slept and looked again
        double seconds;  ///< of processor time, without a sleep
        double asleep;   ///< seconds without waking, of a thread beside one that waits; 0: no time
    };
    static constexpr Enough idle{20, 0.2, 0.5};  ///< it has seen what there is to see
    static constexpr Enough stuck{100, 2.0, 0};  ///< it will see nothing else

    /// Something has happened: whoever waits may go on, so all is watched anew.
    void forget();
    /// Looks at every process below this one.
    void look();

    /// Says whether the process and its descendants do nothing but wait, since something last
    /// happened: each thread sleeps in a call that has no time limit, or has looked again, or run
    /// in its loop, for as long as `enough` says. Beside a thread that sleeps in such a call,
    /// others may sleep for a time, as the helpers of Java's do.
    bool is_at_rest(pid_t pid, const Enough& enough) const;
    /// The same of all of them; false if there is none.
    bool are_all_at_rest(const Enough& enough) const;
    /// Says whether it was alive at the last look.
    bool has_seen(pid_t pid) const;
    /// What it does, for a person: "sleeps in semop, without a time limit".
    std::string doing(pid_t pid) const;

private:
    using Clock = std::chrono::steady_clock;

    struct Thread {
        pid_t process = 0;
        bool is_asleep = false;
        Clock::time_point since;  ///< when it was first seen in this sleep
        bool sleeps_on = false;   ///< in a call that ends only if another process does something
        pid_t tracer = 0;         ///< 0: nobody traces it
        long sleeps = 0;          ///< how often it went to sleep
        double seconds = 0;       ///< its processor time
    };
    using Threads = std::map<pid_t, Thread>;

    static Threads threads_of(const std::vector<Descendant>& processes);
    /// How often it has slept and looked again since `first`.
    static long looks(const Thread& first, const Thread& now);
    bool waits(pid_t thread, const Thread& now, const Enough& enough) const;
    bool has_slept_long(const Thread& now, const Enough& enough) const;
    bool loops(pid_t process, const Enough& enough) const;
    bool traces(pid_t tracer) const;
    bool has_seen_all() const;

    std::vector<Descendant> processes_;
    Threads first_;   // when something had happened
    Threads before_;  // at the last look but one
    Threads now_;
};

}  // namespace harness
