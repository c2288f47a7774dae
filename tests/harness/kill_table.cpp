#include "tests/harness/kill_table.hpp"

#include "common/program/console.hpp"
#include "common/program/error.hpp"
#include "tests/harness/grading.hpp"
#include "tests/harness/kills.hpp"
#include "tests/harness/tour_screen.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace harness {

namespace {

using Verdict = Result::Verdict;
using tour::Page;

constexpr int skipped_status = 77;
constexpr int failures_enough = 5;  // the rest takes long, and says no more
constexpr int call_width = 60;

/// What came of one kill, in a word.
std::string outcome_of(const Result& result) {
    if (result.verdict == Verdict::passed) return "survived";
    for (const std::string& one : result.wrong) {
        for (const char* hang : {"Nothing can go on", "Nothing is left", "Not finished"}) {
            if (one.starts_with(hang)) return "hung";
        }
    }
    const bool only_left =
        std::all_of(result.wrong.begin(), result.wrong.end(),
                    [](const std::string& one) { return one.starts_with("Left behind:"); });
    return only_left ? "survived" : "failed";
}

/// How the learner's program ended: "0", "SIGKILL".
std::string end_of(const Graded& graded, const std::string& role) {
    const std::string begin = role + " ended: ";
    for (const std::string& line : graded.said) {
        if (line.starts_with(begin)) return line.substr(begin.size());
    }
    return {};
}

/// The kinds of what was left: "object, process".
std::string left_by(const Graded& graded) {
    std::set<std::string> kinds;
    for (const Leftover& one : graded.result.left) kinds.insert(one.kind);
    return kinds.empty() ? "nothing" : fmt::format("{}", fmt::join(kinds, ", "));
}

void show_row(const Page& page, const std::string& call, const std::string& outcome,
              const std::string& left) {
    std::string text = tour::showable(call, page.screen());
    if (tour::columns(text) > call_width) text = text.substr(0, call_width - 3) + "...";
    shm::say_line(fmt::format("  {:<{}}  {:<11}  {}", text, call_width, outcome, left));
}

/// The rows of the table. One that only repeats the row before, of another call of the same name,
/// is counted.
class Rows {
public:
    explicit Rows(const Page& page) : page_(page) {}

    void show(const std::string& call, const std::string& outcome, const std::string& left) {
        const std::string kind = call.substr(0, call.find('(')) + ' ' + outcome + ' ' + left;
        in_a_row_ = kind == kind_ ? in_a_row_ + 1 : 1;
        if (in_a_row_ > most_alike) {
            ++counted_;
            return;
        }
        end();
        kind_ = kind;
        show_row(page_, call, outcome, left);
    }
    void end() {  // after the last one
        if (counted_ != 0) shm::say_line(fmt::format("    ... and {} more like that", counted_));
        counted_ = 0;
    }

private:
    static constexpr std::size_t most_alike = 3;

    const Page& page_;
    std::string kind_;
    std::size_t in_a_row_ = 0;
    std::size_t counted_ = 0;
};

/// What was found in one scene, or in all.
struct Kills {
    int tried = 0;
    int failed = 0;
};

void show_left_out(const Page& page, const KillPoints& points, std::size_t tried) {
    std::vector<std::string> names;
    for (const auto& [name, count] : points.left_out) {
        names.push_back(fmt::format("{} ({})", name, count));
    }
    if (!names.empty()) {
        page.text("Not tried:", "1",
                  fmt::format("{}. Such a call only asks again what was asked before, or it comes "
                              "after the first {}.",
                              fmt::join(names, ", "), KillPoints::most));
    }
    if (tried < points.all.size()) {
        page.text("Not tried:", "1",
                  fmt::format("the other {}, since it did not go as asked after {} kills.",
                              shm::count_text(points.all.size() - tried, "call"), failures_enough));
    }
}

/// Kills before each of the points; shows a row for each, then what went wrong first.
///
/// @param unhurt  how the program ends where nobody kills it
Kills kill_at_all(const Exercise& exercise, const Scene& scene, const KillRequest& request,
                  const KillPoints& points, const std::string& unhurt) {
    const Page page(tour::screen_now());
    Observer nobody;
    Kills kills;
    Rows table(page);
    std::size_t rows = 0;
    Scene of_first;  // which its Graded points to
    Graded first;
    for (const KillPoint& point : points.all) {
        const Scene killed = killed_before(scene, exercise.role, point);
        const Graded graded = grade(exercise, killed, request.programs, nobody);
        ++rows;
        const std::string end = end_of(graded, exercise.role);
        // Another run of the same program need not make the same calls.
        const bool came = end != unhurt || end == "SIGKILL";
        const std::string outcome = came ? outcome_of(graded.result) : "not reached";
        table.show(point.text, outcome, left_by(graded));
        kills.tried += came ? 1 : 0;
        if (graded.result.verdict == Verdict::passed) continue;
        if (kills.failed++ == 0) {
            of_first = killed;
            first = graded;
            first.scene = &of_first;
            of_first.asks = fmt::format("Killed before {}: {}", point.text, scene.asks);
        }
        if (kills.failed == failures_enough) break;
    }
    table.end();
    page.blank();
    show_left_out(page, points, rows);
    if (kills.failed != 0) show_failure(page, first);
    return kills;
}

/// What the scenes leave on purpose: "nothing", "nothing but the semaphore".
std::string left_in_the_end(const Exercise& exercise) {
    std::set<std::string> kinds;
    for (const Scene& scene : exercise.kills) {
        kinds.insert(scene.leaves.begin(), scene.leaves.end());
    }
    return kinds.empty() ? "nothing"
                         : fmt::format("nothing but the {}", fmt::join(kinds, " and the "));
}

void show_verdict(const Exercise& exercise, const Kills& kills) {
    const Page page(tour::screen_now());
    if (kills.failed != 0) {
        page.text(
            "Not kill-proof yet:", "1;31",
            fmt::format("after {} of {} kills it did not go as asked.", kills.failed, kills.tried));
        return;
    }
    page.text("Kill-proof.", "1;32",
              fmt::format("{} kills, and what came after each went as asked.", kills.tried));
    page.text("For your README:", "1", "");
    shm::say_line(fmt::format(
        "    Kill-proof: exercise {} ({}), killed before each of {} system calls; no process hung, "
        "{} was left behind.",
        exercise.scenes.number, exercise.scenes.title, kills.tried, left_in_the_end(exercise)));
}

}  // namespace

int kill_everywhere(const Exercise& exercise, const KillRequest& request) {
    const std::string& number = exercise.scenes.number;
    if (exercise.kills.empty()) {
        throw shm::UsageError(fmt::format(
            "exercise {} asks nothing of what comes after the death of your program", number));
    }
    const Page page(tour::screen_now());
    Observer nobody;
    Kills sum;
    for (const Scene& written : exercise.kills) {
        const Scene scene = graded_scene(written, exercise.role, request.command);
        const Scene noted = with_calls_noted(scene, exercise.role, request.calls);
        page.rule();
        page.title(fmt::format("Exercise {} · {}", number, exercise.scenes.title), "kills");
        page.text(tour::sentence(scene.name), "1", scene.say, 0);
        page.blank();
        const Graded unhurt = grade(exercise, noted, request.programs, nobody);
        if (unhurt.result.verdict == Verdict::skipped) {
            page.text("Skipped:", "1;33", unhurt.result.report);
            return skipped_status;
        }
        if (unhurt.result.verdict == Verdict::failed) {
            page.text("Before any kill:", "1;31", "it does not go as asked.");
            show_failure(page, unhurt);
            return 1;
        }
        const KillPoints points = kill_points(request.calls, number);
        page.text(shm::count_text(points.all.size(), "kill") + ":", "1",
                  "a line for each, as it comes; what repeats is counted.", 0);
        page.blank();
        show_row(page, "killed before", "then", "left behind");
        const Kills kills =
            kill_at_all(exercise, scene, request, points, end_of(unhurt, exercise.role));
        sum.tried += kills.tried;
        sum.failed += kills.failed;
    }
    show_verdict(exercise, sum);
    return sum.failed == 0 ? 0 : 1;
}

}  // namespace harness
