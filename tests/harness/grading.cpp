#include "tests/harness/grading.hpp"

#include "common/program/stop.hpp"
#include "tests/harness/match.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace harness {

namespace {

namespace fs = std::filesystem;

/// Keeps what is printed, and the commands, and passes all on.
class Listener : public Observer {
public:
    explicit Listener(Observer& next) : next_(next) {}

    void begins(const Scene& scene, const std::vector<Lane>& all) override {
        lanes_ = all;
        next_.begins(scene, all);
    }
    void starts(const Lane& lane, Time time) override { next_.starts(lane, time); }
    void prints(const Lane& lane, Time time, Stream stream, const std::string& line) override {
        said_.push_back(fmt::format("{}: {}", lane.name, line));
        next_.prints(lane, time, stream, line);
    }
    void is_given(const Lane& lane, Time time, const std::string& input) override {
        next_.is_given(lane, time, input);
    }
    void is_killed(const Lane& lane, Time time, const std::string& how) override {
        next_.is_killed(lane, time, how);
    }
    void ends(const Lane& lane, Time time, const std::string& how) override {
        said_.push_back(fmt::format("{} ended: {}", lane.name, how));
        next_.ends(lane, time, how);
    }

    const std::vector<std::string>& said() const { return said_; }
    const std::vector<Lane>& lanes() const { return lanes_; }

private:
    Observer& next_;
    std::vector<Lane> lanes_;
    std::vector<std::string> said_;
};

/// One line for each paragraph of what went wrong, and for each that was printed.
std::vector<std::string> all_seen(const Result& result, const std::vector<std::string>& said) {
    std::vector<std::string> all = said;
    for (const std::string& paragraph : result.wrong) {
        all.push_back(fmt::format("{}", fmt::join(split_lines(paragraph), " | ")));
    }
    return all;
}

/// Returns what the first mistake says whose signs are all seen, or "".
std::string explanation_of(const Scene& scene, const std::vector<std::string>& seen) {
    for (const Mistake& mistake : scene.mistakes) {
        const bool is_it =
            std::all_of(mistake.signs.begin(), mistake.signs.end(), [&](const std::string& sign) {
                const Pattern pattern(sign);
                return std::any_of(seen.begin(), seen.end(),
                                   [&](const std::string& line) { return pattern.found_in(line); });
            });
        if (is_it) return mistake.say;
    }
    return {};
}

/// Returns why a learner's program may have been ended by a signal of the memory, or "".
std::string signal_explanation_of(const Scene& scene, const std::vector<std::string>& said) {
    const auto has_ended_by = [&](const std::string& signal) {
        return std::any_of(scene.processes.begin(), scene.processes.end(), [&](const Process& one) {
            const std::string line = fmt::format("{} ended: {}", one.name, signal);
            return one.graded && std::find(said.begin(), said.end(), line) != said.end();
        });
    };
    if (has_ended_by("SIGSEGV")) {
        return "SIGSEGV: your program used an address at which nothing is mapped, or wrote to "
               "memory that it had mapped for reading only. Did a call fail, and its result was "
               "used as an address (MAP_FAILED, the -1 of shmat)? Is an index or a length used "
               "that lies in shared memory and was not compared with what can be? Was the memory "
               "detached before?";
    }
    if (has_ended_by("SIGBUS")) {
        return "SIGBUS: your program touched a page of a mapping that lies behind the object's "
               "end. mmap does not look how long the object is. A new object has 0 bytes until "
               "ftruncate gives it a size, and another process may make it shorter; fstat tells "
               "the size.";
    }
    return {};
}

/// The commands of the processes that are not the learner's, as they can be typed.
std::vector<std::string> peers_of(const Scene& scene, const std::vector<Lane>& lanes,
                                  const fs::path& programs) {
    std::vector<std::string> all;
    std::size_t lane = 0;
    for (const Process& process : scene.processes) {
        const std::string command = lanes.at(lane).command;
        lane += static_cast<std::size_t>(process.count);
        if (process.graded) continue;
        const fs::path ours = programs / command.substr(0, command.find(' '));
        all.push_back(fs::exists(ours) ? tour::from_here(programs / command) : command);
    }
    return all;
}

}  // namespace

Graded grade(const Exercise& exercise, const Scene& scene, const std::filesystem::path& programs,
             Observer& observer) {
    Settings settings;
    settings.programs = programs;
    Listener listener(observer);
    Graded graded;
    graded.scene = &scene;
    graded.result = run_scene(exercise.scenes, scene, settings, listener);
    shm::check_stop();  // Ctrl-C came while it ran: it ended early, and is no failure
    graded.said = listener.said();
    if (graded.result.verdict == Result::Verdict::failed) {
        graded.peers = peers_of(scene, listener.lanes(), programs);
        graded.explanation = explanation_of(scene, all_seen(graded.result, graded.said));
        if (graded.explanation.empty()) {
            graded.explanation = signal_explanation_of(scene, graded.said);
        }
    }
    return graded;
}

void show_failure(const tour::Page& page, const Graded& graded) {
    page.text("Asked:", "1", graded.scene->asks);
    page.text("Happened:", "1;31", "");
    for (const std::string& one : graded.result.wrong) page.as_it_stands(one, 4);
    if (!graded.explanation.empty()) page.text("Why:", "1", graded.explanation);
    for (const std::string& peer : graded.peers) page.text("The other side, by hand:", "1", peer);
}

}  // namespace harness
