#include "tests/harness/play.hpp"

#include "common/program/check.hpp"
#include "common/program/console.hpp"
#include "common/program/stop.hpp"
#include "tests/harness/command.hpp"
#include "tests/harness/match.hpp"
#include "tests/harness/orphans.hpp"
#include "tests/harness/syscalls.hpp"
#include "tests/harness/watch.hpp"

#include <fmt/format.h>  // fmt::join

#include <poll.h>      // ppoll
#include <signal.h>    // kill
#include <sys/wait.h>  // waitpid
#include <unistd.h>

#include <algorithm>

namespace harness {

namespace {

using std::chrono::milliseconds;

constexpr const char* stop_output = "\x13";  // Ctrl-S, as a terminal gets it
constexpr const char* go_on = "\x11";        // Ctrl-Q
constexpr milliseconds term_grace{10000};    // from SIGTERM to SIGKILL
constexpr milliseconds orphan_grace{3000};   // for a child that ends just after its parent
constexpr milliseconds ending_grace{30000};  // for one that will end by itself
constexpr milliseconds look_again{2};        // where only a look at /proc tells
constexpr std::size_t most_lines = 500;      // of a learner's program
constexpr std::size_t more_lines = 10;       // than are expected of it
constexpr milliseconds look_at_all{20};      // and where it is a look at every process

std::string wait_text(const Condition& condition) {
    const std::string who = condition.process.empty() ? "it" : condition.process;
    switch (condition.kind) {
        case Condition::Kind::prints:
            return fmt::format("until {} prints '{}'", who, condition.text);
        case Condition::Kind::notes:
            return fmt::format("until {} prints '{}' on standard error", who, condition.text);
        case Condition::Kind::waits_in:
            return fmt::format("until {} sleeps in {}", who, condition.text);
        case Condition::Kind::held:
            return fmt::format("until {} has been held {}", who,
                               shm::count_text(condition.times, "time"));
        case Condition::Kind::idles:
            return fmt::format("until {} does nothing but wait", who);
        case Condition::Kind::any: {
            std::vector<std::string> texts;
            for (const Condition& one : condition.any) texts.push_back(wait_text(one));
            return fmt::format("{}", fmt::join(texts, ", or "));
        }
        case Condition::Kind::ends:
            break;
    }
    return fmt::format("until {} ends", who);
}

/// How many lines a learner's program may print: a few more than are expected, so that a wrong one
/// is soon seen, and many where any number may come.
std::size_t lines_allowed(const Process& process) {
    const std::vector<std::string> expected = split_lines(process.prints.value_or("..."));
    const bool any_number = std::find(expected.begin(), expected.end(), "...") != expected.end();
    return any_number ? most_lines : std::min(expected.size() + more_lines, most_lines);
}

/// Says whether it is a learner's program that has printed more than any answer has.
bool has_printed_too_much(const Instance& one) {
    return one.process->graded && (one.out.size() >= lines_allowed(*one.process) ||
                                   one.out.size() + one.err.size() >= most_lines);
}

/// Says whether it has ended. A learner's program may leave a helper behind that has its output
/// open and cleans up after it, as Python does: it has ended when nobody can print for it.
bool has_ended(const Instance& one) {
    return one.state == Instance::State::ended &&
           (!one.process->graded || (!one.child.out.is_open() && !one.child.err.is_open()));
}

}  // namespace

std::vector<Instance> instances_of(const Scene& scene, const Given& given) {
    std::vector<Instance> all;
    for (const Process& process : scene.processes) {
        for (int number = 1; number <= process.count; ++number) {
            Instance instance;
            instance.process = &process;
            instance.words = given.words(process.other_user ? other_uid : geteuid());
            instance.lane.index = static_cast<int>(all.size());
            instance.lane.name =
                process.count == 1 ? process.name : fmt::format("{} {}", process.name, number);
            instance.lane.command = shown_command(process, instance.words);
            instance.lane.table = process.table;
            all.push_back(std::move(instance));
        }
    }
    return all;
}

Play::Play(const Scene& scene, const Given& given, const Settings& settings, Observer& observer,
           std::string strace)
    : scene_(scene),
      settings_(settings),
      observer_(observer),
      strace_(std::move(strace)),
      instances_(instances_of(scene, given)) {}

Play::~Play() {
    end();
}

void Play::end() {
    try {
        end_instances();
    } catch (const std::exception&) {
        // Nobody listens any more. They end nevertheless:
    }
    kill_descendants();
}

milliseconds Play::now() const {
    return std::chrono::duration_cast<milliseconds>(Clock::now() - begin_);
}

void Play::note(const Lane& lane, const std::string& text) {
    moments_.push_back({now(), lane.name, text});
    rest_.forget();  // whoever waited may go on
}

bool Play::any(Instance::State state) const {
    return std::any_of(instances_.begin(), instances_.end(),
                       [&](const Instance& one) { return one.state == state; });
}

bool Play::holds(const Condition& condition, const Instance& self) const {
    if (condition.kind == Condition::Kind::any) {
        return std::any_of(condition.any.begin(), condition.any.end(),
                           [&](const Condition& one) { return holds(one, self); });
    }
    // The words that the harness gives, and the pids of who has started.
    Words words = self.words;
    words["self"] = std::to_string(self.lane.pid);
    for (auto one = instances_.rbegin(); one != instances_.rend(); ++one) {
        words["pid of " + one->process->name] = std::to_string(one->lane.pid);
    }
    const Pattern pattern(fill(condition.text, words));
    const auto printed = [&](const std::vector<std::string>& lines) {
        return std::any_of(lines.begin(), lines.end(),
                           [&](const std::string& line) { return pattern.found_in(line); });
    };
    const auto holds_for = [&](const Instance& one) {
        switch (condition.kind) {
            case Condition::Kind::prints:
                return printed(one.out);
            case Condition::Kind::notes:
                return printed(one.err);
            case Condition::Kind::ends:
                return has_ended(one);
            case Condition::Kind::held:
                return one.holds_reached >= static_cast<std::size_t>(condition.times);
            case Condition::Kind::idles:
                return one.state == Instance::State::ended ||
                       (one.state == Instance::State::running &&
                        rest_.is_at_rest(one.lane.pid, Rest::idle));
            case Condition::Kind::waits_in:
            case Condition::Kind::any:
                break;
        }
        // Who is held before a call sleeps, too, and the kernel names that call; it is not in it.
        return one.state == Instance::State::running && sleeps_in(one.lane.pid, condition.text) &&
               !one.held && !(one.child.calls.is_open() && is_asked(one.child.calls));
    };
    if (condition.process.empty()) return holds_for(self);
    int all = 0;
    int found = 0;
    for (const Instance& one : instances_) {
        if (one.process->name != condition.process) continue;
        ++all;
        if (holds_for(one)) ++found;
    }
    return found >= (condition.instances == 0 ? all : condition.instances);
}

bool Play::hold(const std::vector<Condition>& all, const Instance& self) const {
    return std::all_of(all.begin(), all.end(),
                       [&](const Condition& one) { return holds(one, self); });
}

/// Says whether a process waits to be started, and something that ended has left a helper behind
/// which has its output open, as strace has: see has_ended().
bool Play::awaits_helpers() const {
    return any(Instance::State::waiting) &&
           std::any_of(instances_.begin(), instances_.end(), [](const Instance& one) {
               return one.state == Instance::State::ended && !has_ended(one);
           });
}

/// Does what has become possible. Returns whether anything had.
bool Play::advance() {
    // First of all: what comes next may let a process read what is to be watched.
    bool moved = begin_watches();
    for (Instance& one : instances_) {
        const Process& process = *one.process;
        if (one.state == Instance::State::waiting && hold(process.when, one)) {
            start(one);
            moved = true;
        }
        if (one.state != Instance::State::running) continue;
        while (one.inputs_given < process.input.size() &&
               hold(process.input[one.inputs_given].when, one)) {
            give(one, process.input[one.inputs_given++]);
            moved = true;
        }
        if (is_held(one) && hold(process.holds[one.holds_over].until, one)) {
            let_go_on(one);
            moved = true;
        }
        if (process.kill && (process.kill->before.empty() || !process.kill->when.empty()) &&
            !one.kill_sent && hold(process.kill->when, one)) {
            send_kill(one);
            moved = true;
        }
    }
    return moved;
}

/// Says whether a learner's program prints without end, and notes that.
bool Play::chatters() {
    for (const Instance& one : instances_) {
        if (!has_printed_too_much(one)) continue;
        troubles_.push_back(fmt::format("{}: stopped after {} lines of output", one.lane.name,
                                        one.out.size() + one.err.size()));
        return true;
    }
    return false;
}

/// Looks at what the processes do. Says whether all of them do nothing but wait, so that nothing
/// will happen any more.
bool Play::watch_rest() {
    const std::size_t seen = moments_.size();
    rest_.look();
    if (!rest_.are_all_at_rest(Rest::stuck)) return false;
    // One that is dead, and that we cannot reap yet, is kept by a tracer which will go on.
    const bool is_one_unseen =
        std::any_of(instances_.begin(), instances_.end(), [&](const Instance& one) {
            return one.state == Instance::State::running && !rest_.has_seen(one.lane.pid);
        });
    if (is_one_unseen) return false;
    wait(milliseconds{0});  // what they did just before may not be known yet
    return moments_.size() == seen;
}

/// Says whether one of them holds once a process sleeps.
bool watches(const std::vector<Condition>& all) {
    return std::any_of(all.begin(), all.end(), [](const Condition& one) {
        return one.kind == Condition::Kind::waits_in || one.kind == Condition::Kind::idles ||
               watches(one.any);
    });
}

/// Says whether something waits for a process to sleep in a system call: nothing reports that.
bool Play::watches_calls() const {
    return std::any_of(instances_.begin(), instances_.end(), [&](const Instance& one) {
        const Process& process = *one.process;
        if (one.state == Instance::State::waiting) return watches(process.when);
        if (one.state == Instance::State::ended) return false;
        return (one.inputs_given < process.input.size() &&
                watches(process.input[one.inputs_given].when)) ||
               one.watched == Instance::Watched::yes ||  // nor is it reported that one stops
               (is_held(one) && watches(process.holds[one.holds_over].until)) ||
               (process.kill && !one.kill_sent && watches(process.kill->when));
    });
}

void Play::start(Instance& instance) {
    instance.child =
        spawn(command_of(*instance.process, instance.words, settings_.programs, strace_));
    instance.lane.pid = instance.child.pid;
    instance.state = Instance::State::running;
    pids_.insert(instance.child.pid);
    note(instance.lane, "$ " + instance.lane.command);
    observer_.starts(instance.lane, now());
}

void Play::give(Instance& instance, const Input& input) {
    const std::string text = fill(input.text, instance.words);
    const std::string shown = text.empty()          ? "end of input"
                              : text == "\n"        ? "Enter"
                              : text == stop_output ? "Ctrl-S"
                              : text == go_on       ? "Ctrl-Q"
                                              : text.substr(0, text.find_last_not_of('\n') + 1);
    note(instance.lane, fmt::format("[given: {}]", shown));
    observer_.is_given(instance.lane, now(), shown);
    if (text.empty()) {
        instance.child.in.reset();
        return;
    }
    if (text == stop_output || text == go_on) {
        control_output(instance.child, text == stop_output);
        return;
    }
    const ssize_t written = write(instance.child.in.get(), text.data(), text.size());
    // It may just have ended (EPIPE), which its end will tell.
    if (written == -1 && errno != EPIPE) {
        throw shm::SystemError(errno, "write", "input of " + instance.lane.name);
    }
}

/// Returns the access behind which it is to be held next, if it is time for that.
std::optional<Access> Play::to_watch(const Instance& instance) const {
    const std::vector<Hold>& holds = instance.process->holds;
    if (instance.holds_over >= holds.size()) return {};
    const Hold& next = holds[instance.holds_over];
    if (!next.after || !hold(next.when, instance)) return {};
    Access access = *next.after;
    access.object = fill(access.object, instance.words);
    return access;
}

bool Play::is_to_stop_asleep(const Instance& instance) const {
    const std::vector<Hold>& holds = instance.process->holds;
    return instance.holds_over < holds.size() && holds[instance.holds_over].asleep &&
           hold(holds[instance.holds_over].when, instance);
}

/// Begins to watch the processes whose next hold it is time for. Returns whether there were any.
bool Play::begin_watches() {
    bool began = false;
    for (Instance& one : instances_) {
        if (one.state != Instance::State::running || one.watched != Instance::Watched::no ||
            one.kill_sent) {
            continue;
        }
        if (is_to_stop_asleep(one)) {
            if (stop_asleep(one.child.pid)) note_stop(one);
            began = true;
            continue;
        }
        const std::optional<Access> access = to_watch(one);
        // One that does not map them cannot read them, and is looked at again when something has
        // happened.
        if (!access || !watch(one.child.pid, *access)) continue;
        one.watched = Instance::Watched::yes;
        note(one.lane, "[watched]");  // so it idles only when it has done so since
        began = true;
    }
    return began;
}

/// Has one that stands still go on, and watches it for its next hold, if it is time for that.
void Play::watch_next(Instance& instance) {
    const std::optional<Access> access = to_watch(instance);
    instance.watched = Instance::Watched::no;
    if (access && !instance.ended_by_us && !instance.kill_sent &&
        watch_on(instance.child.pid, *access)) {
        instance.watched = Instance::Watched::yes;
    } else {
        end_watch(instance.child.pid);
    }
}

/// Says whether it sleeps before a call, or stands still after it read something.
bool Play::is_held(const Instance& instance) {
    return instance.held || instance.watched == Instance::Watched::stopped;
}

void Play::let_go_on(Instance& instance) {
    if (instance.watched == Instance::Watched::stopped) {
        note(instance.lane, "[may go on]");
        ++instance.holds_over;
        watch_next(instance);
        return;
    }
    // If a signal has woken it, it comes to the call again, and is then held once more.
    const bool goes_on = let_go(instance.child.calls, *instance.held);
    instance.held.reset();
    if (!goes_on) return;
    note(instance.lane,
         fmt::format("[may go on: {}]", hold_text(instance.process->holds[instance.holds_over])));
    ++instance.holds_over;
    instance.calls_since = 0;
}

/// Takes note of where it is held; lets it make all other calls.
void Play::read_calls(Instance& instance) {
    while (instance.child.calls.is_open()) {
        const std::optional<HeldCall> call = next_held(instance.child.calls);
        if (!call) return;
        const std::vector<Hold>& holds = instance.process->holds;
        bool is_meant = false;
        const bool is_ending = instance.ended_by_us || instance.kill_sent;  // nothing in its way
        if (instance.holds_over < holds.size() && !is_ending) {
            const Hold& next = holds[instance.holds_over];
            const bool again = instance.holds_reached > instance.holds_over;
            const bool is_named =
                std::any_of(next.before.begin(), next.before.end(), [&](const std::string& name) {
                    return is_call(call->number, call->arguments, name);
                });
            is_meant =
                is_named &&
                (again || (hold(next.when, instance) && ++instance.calls_since == next.call));
        }
        if (!is_meant) {
            let_go(instance.child.calls, *call);
            continue;
        }
        instance.held = call;
        instance.holds_reached = instance.holds_over + 1;
        note(instance.lane, fmt::format("[held {}]", hold_text(holds[instance.holds_over])));
    }
}

void Play::send_kill(Instance& instance) {
    const Kill& kill = *instance.process->kill;
    instance.kill_sent = true;
    note(instance.lane, fmt::format("[killed: {}]", kill_text(kill)));
    observer_.is_killed(instance.lane, now(), kill_text(kill));
    ::kill(instance.child.pid, kill.signal);  // not reaped yet, so the pid is still its own
    if (instance.watched == Instance::Watched::stopped) let_go_on(instance);  // to get that signal
}

void Play::note_line(Instance& instance, Stream stream, const std::string& line) {
    (stream == Stream::out ? instance.out : instance.err).push_back(line);
    note(instance.lane, stream == Stream::out ? line : line + "   (standard error)");
    observer_.prints(instance.lane, now(), stream, line);
}

void Play::read_stream(Instance& instance, shm::Descriptor& fd, Stream stream) {
    std::string& unfinished = instance.unfinished[stream == Stream::out ? 0 : 1];
    // A program that prints without end may be faster than we read: there is always more.
    while (fd.is_open() && !has_printed_too_much(instance)) {
        char buffer[4096];
        ssize_t got = read(fd.get(), buffer, sizeof buffer);
        if (got == -1 && errno == EIO && instance.process->graded) got = 0;  // a terminal's end
        if (got == -1 && errno == EINTR) continue;
        if (got == -1 && errno == EAGAIN) return;
        shm::check(got, "read", "output of " + instance.lane.name);
        if (got == 0) {
            fd.reset();
            if (!unfinished.empty()) note_line(instance, stream, unfinished);
            unfinished.clear();
            return;
        }
        unfinished.append(buffer, static_cast<std::size_t>(got));
        for (std::size_t end = 0; (end = unfinished.find('\n')) != std::string::npos &&
                                  !has_printed_too_much(instance);) {
            note_line(instance, stream, unfinished.substr(0, end));
            unfinished.erase(0, end + 1);
        }
    }
}

void Play::read_all(Instance& instance) {
    read_stream(instance, instance.child.out, Stream::out);
    read_stream(instance, instance.child.err, Stream::err);
}

/// Takes note of it if it has read what is watched.
void Play::take_stop(Instance& instance) {
    if (!has_touched(instance.child.pid, instance.status)) return;
    if (instance.ended_by_us || instance.kill_sent) {  // nothing in its way
        end_watch(instance.child.pid);
        instance.watched = Instance::Watched::no;
        return;
    }
    note_stop(instance);
}

/// Takes note of it that it stands still.
void Play::note_stop(Instance& instance) {
    instance.watched = Instance::Watched::stopped;
    instance.holds_reached = instance.holds_over + 1;
    const Hold& hold = instance.process->holds[instance.holds_over];
    note(instance.lane, fmt::format("[held {}]", fill(hold_text(hold), instance.words)));
}

/// Takes note of its end, after what it said.
void Play::reap(Instance& instance) {
    const pid_t ended = waitpid(instance.child.pid, &instance.status, WNOHANG);
    if (shm::check(ended, "waitpid", instance.lane.name) == 0) return;
    if (WIFSTOPPED(instance.status)) {  // only who traces it is told of that
        take_stop(instance);
        return;
    }
    read_all(instance);
    instance.state = Instance::State::ended;
    instance.child.pidfd.reset();
    instance.child.calls.reset();
    instance.held.reset();
    instance.watched = Instance::Watched::no;
    instance.child.in.reset();
    const Process& process = *instance.process;
    if (process.kill && !process.kill->before.empty() && WIFSIGNALED(instance.status) &&
        WTERMSIG(instance.status) == SIGKILL) {
        observer_.is_killed(instance.lane, now(), kill_text(*process.kill));
    }
    note(instance.lane, fmt::format("[ended: {}]", end_text(instance.status)));
    observer_.ends(instance.lane, now(), end_text(instance.status));
}

/// Sleeps until something happens, at most that long, and takes note of it.
void Play::wait(milliseconds most) {
    std::vector<pollfd> fds;
    const auto add = [&](const shm::Descriptor& fd) {
        if (fd.is_open()) fds.push_back({.fd = fd.get(), .events = POLLIN, .revents = 0});
    };
    for (const Instance& one : instances_) {
        add(one.child.pidfd);
        add(one.child.out);
        add(one.child.err);
        add(one.child.calls);
    }
    const timespec timeout = shm::to_timespec(most);
    // The stop signals are blocked but for this sleep, so none can come just before it.
    sigset_t none;
    sigemptyset(&none);
    const int ready = ppoll(fds.data(), fds.size(), &timeout, &none);
    if (ready == -1 && errno != EINTR) throw shm::SystemError(errno, "ppoll", "the processes");
    for (Instance& one : instances_) {
        read_all(one);
        read_calls(one);
        if (one.state == Instance::State::running) reap(one);
    }
}

void Play::run() {
    begin_ = Clock::now();
    try {
        for (;;) {
            shm::check_stop();
            while (advance()) shm::check_stop();
            if (!any(Instance::State::running) && !awaits_helpers()) {
                if (any(Instance::State::waiting))
                    blame_hanging("Nothing is left that could go on");
                break;
            }
            // What it sees may let something go on, so it counts only if nothing can.
            if (scene_.ends_at_rest && watch_rest() && !advance()) {
                blame_hanging("Nothing can go on");
                break;
            }
            if (chatters()) break;
            const milliseconds left = scene_.timeout - now();
            if (left <= milliseconds{0}) {
                blame_hanging(
                    fmt::format("Not finished within {} s", scene_.timeout.count() / 1000));
                break;
            }
            const milliseconds look = scene_.ends_at_rest ? look_at_all : look_again;
            wait(watches_calls() || scene_.ends_at_rest ? std::min(left, look) : left);
        }
    } catch (const shm::Stopped&) {
        throw;
    } catch (const std::exception& error) {
        troubles_.emplace_back(error.what());
    }
    end_instances();
    end_orphans();
    for (Instance& one : instances_) read_all(one);
}

/// Those of the conditions that do not hold: " until the reader ends; until it prints 'x'".
std::string Play::awaited(const std::vector<Condition>& all, const Instance& self) const {
    std::string text;
    for (const Condition& one : all) {
        if (!holds(one, self)) text += (text.empty() ? " " : "; ") + wait_text(one);
    }
    return text;
}

void Play::blame_hanging(const std::string& why) {
    std::string text = why + ":";
    const bool has_learners_ended =
        std::any_of(instances_.begin(), instances_.end(), [](const Instance& one) {
            return one.process->graded && one.state == Instance::State::ended;
        });
    for (const Instance& one : instances_) {
        if (one.state == Instance::State::ended) continue;
        if (one.state == Instance::State::waiting) {
            text += fmt::format("\n  {}: not started; it waits", one.lane.name);
            text += awaited(one.process->when, one);
            continue;
        }
        text += fmt::format("\n  {}: {}, after {}", one.lane.name, rest_.doing(one.lane.pid),
                            shm::count_text(one.out.size(), "line"));
        if (const std::string& part = one.unfinished[0]; !part.empty()) {
            text +=
                fmt::format("; it has printed '{}', and no end of the line", part.substr(0, 80));
        }
        if (one.inputs_given < one.process->input.size()) {
            text += "; its next input waits";
            text += awaited(one.process->input[one.inputs_given].when, one);
        }
        if (is_held(one)) {
            const Hold& now_held = one.process->holds[one.holds_over];
            text += fmt::format("; held {}", fill(hold_text(now_held), one.words));
            text += awaited(now_held.until, one);
        }
        if (has_learners_ended && !one.process->graded) text += "; your program has ended";
    }
    troubles_.push_back(text);
}

/// Ends who still runs: by SIGTERM, so that it can clean up, then by SIGKILL.
void Play::end_instances() {
    for (Instance& one : instances_) {
        one.ended_by_us = one.state == Instance::State::running;
        one.own_lines = one.out.size();
    }
    for (Instance& one : instances_) {
        if (!one.ended_by_us) continue;
        if (one.watched == Instance::Watched::yes) {
            stop_watch(one.child.pid);
            one.watched = Instance::Watched::no;
        }
        kill(-one.child.pid, SIGTERM);
        if (is_held(one)) let_go_on(one);
    }
    const milliseconds end = now() + term_grace;
    while (any(Instance::State::running) && now() < end) wait(end - now());
    for (Instance& one : instances_) {
        if (one.state != Instance::State::running) continue;
        troubles_.push_back(one.lane.name + ": did not end by SIGTERM, and was killed");
        kill(-one.child.pid, SIGKILL);
    }
    while (any(Instance::State::running)) wait(term_grace);
}

/// Finds and ends the processes that the scene's own left behind.
void Play::end_orphans() {
    const auto wait_for = [&](const Descendant& one, milliseconds until) {
        const shm::Descriptor pidfd(open_pidfd(one.pid));
        pollfd ended = {.fd = pidfd.get(), .events = POLLIN, .revents = 0};
        while (pidfd.is_open() && now() < until) {
            for (Instance& instance : instances_) read_all(instance);  // it may wait to print
            const milliseconds slice = std::min(until - now(), milliseconds{50});
            if (poll(&ended, 1, static_cast<int>(slice.count())) == 1) return;
        }
    };
    const milliseconds begin = now();
    const auto end_of = [&](const Descendant& one) {
        return begin + (one.is_tracer || one.is_ending ? ending_grace : orphan_grace);
    };
    const auto may_end = [&](const Descendant& one) { return now() < end_of(one); };
    // Looked for again and again: while one ends, another may begin. Where one look shows none, a
    // second one decides.
    const auto look = [] {
        std::vector<Descendant> found = descendants();
        return found.empty() ? descendants() : found;
    };
    std::vector<Descendant> all = look();
    for (auto next = std::find_if(all.begin(), all.end(), may_end); next != all.end();
         next = std::find_if(all.begin(), all.end(), may_end)) {
        wait_for(*next, std::min(end_of(*next), now() + milliseconds{500}));
        all = look();
    }
    for (const Descendant& one : all) {
        pids_.insert(one.pid);
        left_.push_back({"process", one.what});
    }
    kill_descendants();
}

}  // namespace harness
