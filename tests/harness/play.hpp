/// @file
/// Plays a scene: starts its processes, feeds and kills them as it says, and notes what happens.
#pragma once

#include "tests/harness/child.hpp"
#include "tests/harness/given.hpp"
#include "tests/harness/hold.hpp"
#include "tests/harness/rest.hpp"
#include "tests/harness/runner.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace harness {

/// One process of the scene, of which a Process may have several.
struct Instance {
    enum class State { waiting, running, ended };

    const Process* process = nullptr;
    Lane lane;
    Words words;  ///< what the given words stand for, for it
    State state = State::waiting;
    Child child;
    int status = 0;             ///< as from waitpid
    bool kill_sent = false;     ///< the scene's own kill, by signal
    bool ended_by_us = false;   ///< it ran on when the scene was over
    std::size_t own_lines = 0;  ///< then: how many lines of output it had printed by itself
    std::size_t inputs_given = 0;
    std::size_t holds_reached = 0;  ///< how many times it has been held
    std::size_t holds_over = 0;     ///< how many times it has been let go again
    int calls_since = 0;            ///< the calls of its next hold's name, since its last hold
    std::optional<HeldCall> held;   ///< now; not there while a signal keeps it from the call
    enum class Watched { no, yes, stopped } watched = Watched::no;  ///< for its next hold
    std::vector<std::string> out, err;                              ///< the lines that it printed
    std::string unfinished[2];  ///< the last line of each, as long as its newline is missing
};

/// What happened at what time, as a line of the report.
struct Moment {
    std::chrono::milliseconds time{};
    std::string lane;
    std::string text;
};

/// The processes of a scene and what has happened to them.
class Play {
public:
    /// @param strace  the path of strace, for kills before a system call
    Play(const Scene& scene, const Given& given, const Settings& settings, Observer& observer,
         std::string strace);
    Play(const Play&) = delete;
    Play& operator=(const Play&) = delete;
    /// No process is left, whatever happened.
    ~Play();

    /// Plays it to its end. Afterwards no process of it is left.
    /// @throws shm::Stopped if a signal asks us to end
    void run();
    /// Ends and reaps every process of it, at once if need be. run() has done so when it returns.
    void end();

    const std::vector<Instance>& instances() const { return instances_; }
    const std::vector<Moment>& moments() const { return moments_; }
    /// Why it could not be played to its end: something hung, or could not be run.
    const std::vector<std::string>& troubles() const { return troubles_; }
    /// The processes that were left when the scene's own had ended; they have been killed.
    const std::vector<Leftover>& left() const { return left_; }
    /// All processes that are known to have been in it.
    const std::set<pid_t>& pids() const { return pids_; }

private:
    using Clock = std::chrono::steady_clock;

    bool holds(const Condition& condition, const Instance& self) const;
    bool hold(const std::vector<Condition>& all, const Instance& self) const;
    std::string awaited(const std::vector<Condition>& all, const Instance& self) const;
    bool advance();
    bool watches_calls() const;
    bool watch_rest();
    bool chatters();
    bool awaits_helpers() const;
    void start(Instance& instance);
    void give(Instance& instance, const Input& input);
    std::optional<Access> to_watch(const Instance& instance) const;
    bool is_to_stop_asleep(const Instance& instance) const;
    bool begin_watches();
    void watch_next(Instance& instance);
    static bool is_held(const Instance& instance);
    void let_go_on(Instance& instance);
    void read_calls(Instance& instance);
    void send_kill(Instance& instance);
    void wait(std::chrono::milliseconds most);
    void read_all(Instance& instance);
    void read_stream(Instance& instance, shm::Descriptor& fd, Stream stream);
    void note_line(Instance& instance, Stream stream, const std::string& line);
    void take_stop(Instance& instance);
    void note_stop(Instance& instance);
    void reap(Instance& instance);
    void blame_hanging(const std::string& why);
    void end_instances();
    void end_orphans();
    void note(const Lane& lane, const std::string& text);
    std::chrono::milliseconds now() const;
    bool any(Instance::State state) const;

    const Scene& scene_;
    const Settings& settings_;
    Observer& observer_;
    std::string strace_;
    Clock::time_point begin_ = Clock::now();
    std::vector<Instance> instances_;
    std::vector<Moment> moments_;
    std::vector<std::string> troubles_;
    std::vector<Leftover> left_;
    std::set<pid_t> pids_;
    Rest rest_;  // looked at only where the scene ends at rest
};

/// The lanes of a scene, as they stand before it begins.
std::vector<Instance> instances_of(const Scene& scene, const Given& given);

}  // namespace harness
