#include "tests/harness/rest.hpp"

#include "tests/harness/syscalls.hpp"

#include <fmt/core.h>

#include <unistd.h>  // getpid

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace harness {

namespace {

struct Status {
    pid_t tracer = 0;
    long sleeps = 0;
};

/// Who traces it, and how often it went to sleep (man 5 proc: /proc/PID/status).
Status status_of(const std::string& task) {
    std::ifstream file(task + "/status");
    Status status;
    for (std::string word; file >> word;) {
        if (word == "TracerPid:") file >> status.tracer;
        if (word == "voluntary_ctxt_switches:") file >> status.sleeps;
    }
    return status;
}

}  // namespace

Rest::Threads Rest::threads_of(const std::vector<Descendant>& processes) {
    Threads all;
    for (const Descendant& process : processes) {
        if (process.is_tracer) continue;
        const std::string tasks = fmt::format("/proc/{}/task", process.pid);
        std::error_code gone;
        for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
            const std::string path = task.path();
            const auto tid = static_cast<pid_t>(std::stol(task.path().filename()));
            const Stat stat = stat_of(path);
            if (stat.state == 'X' || stat.state == 'Z') continue;
            Thread thread;
            thread.process = process.pid;
            const Status status = status_of(path);
            const bool is_held = stat.state == 't' && status.tracer == getpid();
            thread.is_asleep = is_held || stat.state == 'S';
            thread.sleeps_on = is_held || (stat.state == 'S' && sleeps_without_limit(tid));
            thread.sleeps = status.sleeps;
            // We stop a process once, and do not slow it down: that is no tracing here.
            thread.tracer = status.tracer == getpid() ? 0 : status.tracer;
            thread.seconds = stat.seconds;
            all[tid] = thread;
        }
    }
    return all;
}

void Rest::forget() {
    for (Threads* all : {&first_, &before_, &now_}) all->clear();
}

void Rest::look() {
    before_ = std::move(now_);
    processes_ = descendants();
    now_ = threads_of(processes_);
    for (auto& [id, thread] : now_) {
        const auto before = before_.find(id);
        const bool is_same = before != before_.end() && before->second.is_asleep &&
                             thread.is_asleep && before->second.sleeps == thread.sleeps;
        thread.since = is_same ? before->second.since : Clock::now();
        first_.emplace(id, thread);
    }
}

long Rest::looks(const Thread& first, const Thread& now) {
    // Under strace it stops at each system call, and there are many in one look; a program of
    // Python makes a thousand to start.
    constexpr long stops = 100;
    return (now.sleeps - first.sleeps) / (now.tracer != 0 ? stops : 1);
}

bool Rest::waits(pid_t thread, const Thread& now, const Enough& enough) const {
    // Asleep at both looks and never awake between them: it slept all the time, and so did all
    // others of whom this is true, together.
    const auto before = before_.find(thread);
    if (now.sleeps_on && before != before_.end() && before->second.sleeps_on &&
        before->second.sleeps == now.sleeps) {
        return true;
    }
    const auto first = first_.find(thread);
    return (first != first_.end() && (looks(first->second, now) >= enough.looks ||
                                      now.seconds - first->second.seconds >= enough.seconds)) ||
           loops(now.process, enough);
}

/// Says whether a thread has slept for some time, while another of its process sleeps without a
/// limit.
bool Rest::has_slept_long(const Thread& now, const Enough& enough) const {
    const std::chrono::duration<double> slept = Clock::now() - now.since;
    return enough.asleep != 0 && now.is_asleep && slept.count() >= enough.asleep &&
           std::any_of(now_.begin(), now_.end(), [&](const auto& other) {
               return other.second.process == now.process && other.second.sleeps_on;
           });
}

/// A shell that waits in a loop has a new child sleep in each round.
bool Rest::loops(pid_t process, const Enough& enough) const {
    const auto self = std::find_if(processes_.begin(), processes_.end(),
                                   [&](const Descendant& one) { return one.pid == process; });
    if (self == processes_.end()) return false;
    const auto first = first_.find(self->parent);
    const auto now = now_.find(self->parent);
    if (first == first_.end() || now == now_.end()) return false;
    return looks(first->second, now->second) >= enough.looks || loops(self->parent, enough);
}

bool Rest::is_at_rest(pid_t pid, const Enough& enough) const {
    std::set<pid_t> family = {pid};
    for (const Descendant& one : processes_) {  // parents stand before their children
        if (family.count(one.parent) != 0) family.insert(one.pid);
    }
    int found = 0;
    for (const auto& [id, thread] : now_) {
        if (family.count(thread.process) == 0) continue;
        if (!waits(id, thread, enough) && !has_slept_long(thread, enough)) return false;
        ++found;
    }
    return found != 0;
}

bool Rest::traces(pid_t tracer) const {
    return std::any_of(now_.begin(), now_.end(),
                       [&](const auto& one) { return one.second.tracer == tracer; });
}

/// Says whether every process of the last look was alive when its threads were looked at. One that
/// ended in between may have been killed by a tracer that began in between, and is not known.
bool Rest::has_seen_all() const {
    return std::all_of(processes_.begin(), processes_.end(), [&](const Descendant& process) {
        return process.is_tracer || has_seen(process.pid);
    });
}

bool Rest::has_seen(pid_t pid) const {
    return std::any_of(now_.begin(), now_.end(),
                       [&](const auto& one) { return one.second.process == pid; });
}

bool Rest::are_all_at_rest(const Enough& enough) const {
    // A tracer with nothing to trace begins, or ends: it will do something, however it waits now.
    const bool is_tracer_busy =
        std::any_of(processes_.begin(), processes_.end(),
                    [&](const Descendant& one) { return one.is_tracer && !traces(one.pid); });
    return !is_tracer_busy && has_seen_all() && !now_.empty() &&
           std::all_of(now_.begin(), now_.end(),
                       [&](const auto& one) { return waits(one.first, one.second, enough); });
}

std::string Rest::doing(pid_t pid) const {
    std::string call = harness::doing(pid);
    const auto now = now_.find(pid);
    const auto first = first_.find(pid);
    if (now == now_.end() || first == first_.end()) return call;
    const long looked = looks(first->second, now->second);
    if (looked >= stuck.looks) return fmt::format("{}; it has looked again {} times", call, looked);
    if (now->second.sleeps_on) return call + ", without a time limit";
    const double seconds = now->second.seconds - first->second.seconds;
    if (seconds < stuck.seconds) return call;
    return fmt::format("runs in a loop, for {:.1f} s of processor time", seconds);
}

}  // namespace harness
