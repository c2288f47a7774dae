#include "tests/harness/judge.hpp"

#include "tests/harness/calls.hpp"
#include "tests/harness/match.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <signal.h>    // SIGKILL
#include <sys/wait.h>  // WIFEXITED

#include <algorithm>
#include <set>

namespace harness {

namespace {

constexpr const char* end_of_output = "the end of the output";

/// One word, and what it stood for in each process that printed it: lane -> text.
using Values = std::vector<std::pair<std::string, std::string>>;

std::string quoted(const std::optional<std::string>& line, const char* otherwise) {
    return line ? fmt::format("'{}'", *line) : otherwise;
}

std::string describe(const Instance& one, const char* stream, const Mismatch& found) {
    return fmt::format("{}: line {} of its {} is not as expected\n  expected: {}\n  came:     {}",
                       one.lane.name, found.line, stream, quoted(found.expected, end_of_output),
                       quoted(found.came, end_of_output));
}

/// Says whether a learner's program has status 1 only since it is what Python gives in this case.
bool ended_by_exception(const Instance& one) {
    return one.process->graded && end_text(one.status) == "1" &&
           std::find(one.err.begin(), one.err.end(), "Traceback (most recent call last):") !=
               one.err.end();
}

void judge_end(const Instance& one, std::vector<std::string>& wrong) {
    const Process& process = *one.process;
    if (process.may_end_anyhow) return;
    const std::string came = end_text(one.status);
    const std::string expected =
        process.signal != 0 ? signal_text(process.signal) : std::to_string(process.exit);
    if (process.kill) {
        const bool before = !process.kill->before.empty();
        const bool killed = before ? came == signal_text(SIGKILL) : one.kill_sent;
        if (!killed) {
            wrong.push_back(fmt::format(
                "{}: the kill never came: it ended ({}) before {}", one.lane.name, came,
                before ? fmt::format("its call {} of {}", process.kill->call, process.kill->before)
                       : "what the kill waited for"));
            return;
        }
    }
    if (came == expected && ended_by_exception(one)) {
        wrong.push_back(one.lane.name +
                        ": Your program ended by an exception; that is no refusal.");
    }
    if (came == expected) return;
    wrong.push_back(fmt::format("{}: did not end as expected\n  expected: {}\n  came:     {}",
                                one.lane.name, expected, came));
}

/// A hold that never came would let the processes run in any order.
void judge_holds(const Instance& one, std::vector<std::string>& wrong) {
    if (one.holds_reached == one.process->holds.size()) return;
    const Hold& missed = one.process->holds[one.holds_reached];
    if (missed.optional) return;
    const std::string what = missed.before.empty()
                                 ? fmt::format("was held {}", hold_text(missed))
                                 : fmt::format("came to its call {} of {}", missed.call,
                                               fmt::join(missed.before, " or "));
    wrong.push_back(fmt::format("{}: it ended before it {} (hold {})", one.lane.name, what,
                                one.holds_reached + 1));
}

void judge_calls(const Instance& one, std::vector<std::string>& wrong) {
    if (one.process->most_calls == 0) return;
    const std::optional<std::string> found = too_many_calls(*one.process, one.words);
    if (found) wrong.push_back(fmt::format("{}: {}", one.lane.name, *found));
}

/// What it printed before the scene was over: the end of another process may let it go on.
std::vector<std::string> own_output(const Instance& one) {
    const std::size_t count = one.ended_by_us ? one.own_lines : one.out.size();
    return {one.out.begin(), one.out.begin() + static_cast<std::ptrdiff_t>(count)};
}

/// Compares what the instance printed; what its words stand for is in `bindings`.
void judge_output(const Instance& one, const std::vector<Pattern>& apart, const Words& pids,
                  Bindings& bindings, std::vector<std::string>& wrong) {
    const Process& process = *one.process;
    Words words = one.words;
    words.insert(pids.begin(), pids.end());
    words["self"] = std::to_string(one.lane.pid);
    if (process.prints) {
        std::vector<std::string> lines;
        for (const std::string& line : own_output(one)) {
            Bindings tried = bindings;
            const bool is_apart =
                std::any_of(apart.begin(), apart.end(),
                            [&](const Pattern& pattern) { return pattern.matches(line, tried); });
            if (is_apart) bindings = tried;
            if (!is_apart) lines.push_back(line);
        }
        const auto found = compare(fill(*process.prints, words), lines, bindings);
        if (found) wrong.push_back(describe(one, "standard output", *found));
    }
    if (process.graded) return;  // what a learner's program says there is its own
    const auto found = compare(fill(process.errors.value_or(""), words), one.err, bindings);
    if (found) wrong.push_back(describe(one, "standard error", *found));
}

/// What a learner's program did before something hung. Where it went wrong comes before that, what
/// it would have printed next behind it.
void judge_graded(const Play& play, std::vector<std::string>& wrong) {
    std::vector<std::string> first, last;
    for (const Instance& one : play.instances()) {
        if (!one.process->graded || one.state != Instance::State::ended) continue;
        Bindings bindings;
        std::vector<std::string> found;
        judge_output(one, {}, {}, bindings, found);
        if (!one.ended_by_us) judge_end(one, found);
        // What it would have printed next, had we not ended it: after why we did.
        const bool is_cut_off =
            one.ended_by_us && found.size() == 1 && found.front().ends_with(end_of_output);
        std::vector<std::string>& place = is_cut_off ? last : first;
        place.insert(place.end(), found.begin(), found.end());
    }
    wrong.insert(wrong.begin(), first.begin(), first.end());
    wrong.insert(wrong.end(), last.begin(), last.end());
}

void judge_exactly_one(const Scene& scene, const Play& play, std::vector<std::string>& wrong) {
    for (const std::string& line : scene.exactly_one) {
        std::vector<std::string> who;
        for (const Instance& one : play.instances()) {
            const Pattern pattern(fill(line, one.words));
            const bool printed = std::any_of(one.out.begin(), one.out.end(), [&](const auto& text) {
                Bindings bindings;
                return pattern.matches(text, bindings);
            });
            if (printed) who.push_back(one.lane.name);
        }
        if (who.size() == 1) continue;
        wrong.push_back(
            fmt::format("'{}'\n  expected: from exactly one process\n  came:     from {}", line,
                        who.empty() ? "none" : fmt::format("{}", fmt::join(who, ", "))));
    }
}

bool all_same(const Values& values) {
    return std::all_of(values.begin(), values.end(),
                       [&](const auto& one) { return one.second == values[0].second; });
}

bool all_different(const Values& values) {
    std::set<std::string> seen;
    for (const auto& [lane, text] : values) seen.insert(text);
    return seen.size() == values.size();
}

bool one_to_n(const Values& values) {
    std::set<std::string> seen;
    for (const auto& [lane, text] : values) seen.insert(text);
    for (std::size_t n = 1; n <= values.size(); ++n) {
        if (seen.count(std::to_string(n)) == 0) return false;
    }
    return true;
}

void judge_across(const std::vector<std::string>& words, const char* expected,
                  bool (*holds)(const Values&),
                  const std::vector<std::pair<std::string, Bindings>>& lanes,
                  std::vector<std::string>& wrong) {
    for (const std::string& word : words) {
        Values values;
        std::string came;
        for (const auto& [lane, bindings] : lanes) {
            const auto found = bindings.find(word);
            if (found == bindings.end()) continue;
            values.emplace_back(lane, found->second);
            came += fmt::format("{}{} from {}", came.empty() ? "" : ", ", found->second, lane);
        }
        if (!values.empty() && holds(values)) continue;
        wrong.push_back(fmt::format("{{{}}} across the processes\n  expected: {}\n  came:     {}",
                                    word, expected, values.empty() ? "nothing" : came));
    }
}

void judge_left(const Scene& scene, const std::vector<Leftover>& left,
                std::vector<std::string>& wrong) {
    for (const Leftover& one : left) {
        const bool meant =
            std::find(scene.leaves.begin(), scene.leaves.end(), one.kind) != scene.leaves.end();
        if (!meant) wrong.push_back(fmt::format("Left behind: {} ({})", one.kind, one.what));
    }
    for (const std::string& kind : scene.leaves) {
        const bool there = std::any_of(left.begin(), left.end(),
                                       [&](const Leftover& one) { return one.kind == kind; });
        if (!there) wrong.push_back(fmt::format("Not left behind, though it should be: {}", kind));
    }
}

}  // namespace

std::vector<std::string> judge(const Scene& scene, const Play& play,
                               const std::vector<Leftover>& left) {
    std::vector<std::string> wrong = play.troubles();
    // What hung was ended by us: what it did not print, and how it ended, says nothing more.
    if (!wrong.empty()) judge_graded(play, wrong);
    if (wrong.empty()) {
        Words pids;
        for (const Instance& one : play.instances()) {
            pids.emplace("pid of " + one.process->name, std::to_string(one.lane.pid));
        }
        std::vector<std::pair<std::string, Bindings>> lanes;
        for (const Instance& one : play.instances()) {
            std::vector<Pattern> apart;
            for (const std::string& line : scene.exactly_one) {
                apart.emplace_back(fill(line, one.words));
            }
            Bindings bindings;
            judge_output(one, apart, pids, bindings, wrong);
            judge_end(one, wrong);
            judge_holds(one, wrong);
            judge_calls(one, wrong);
            lanes.emplace_back(one.lane.name, bindings);
        }
        judge_exactly_one(scene, play, wrong);
        judge_across(scene.same, "the same everywhere", all_same, lanes, wrong);
        judge_across(scene.different, "different everywhere", all_different, lanes, wrong);
        judge_across(scene.one_to_n, "1 to N, each once", one_to_n, lanes, wrong);
    }
    judge_left(scene, left, wrong);
    return wrong;
}

std::string not_tried(const Play& play) {
    for (const Instance& one : play.instances()) {
        const std::vector<Hold>& holds = one.process->holds;
        if (one.holds_reached == holds.size() || !holds[one.holds_reached].before.empty()) continue;
        return fmt::format(
            "It went as asked, and the moment that it is about did not come: {} was not held {}. "
            "Only what a program's first thread does through a mapping is seen.",
            one.lane.name, fill(hold_text(holds[one.holds_reached]), one.words));
    }
    return {};
}

std::string transcript(const std::vector<Moment>& moments) {
    std::size_t width = 0;
    for (const Moment& one : moments) width = std::max(width, one.lane.size());
    std::string text = "What the processes did:\n";
    for (const Moment& one : moments) {
        text += fmt::format("  {:7.3f}  {:<{}}  {}\n", static_cast<double>(one.time.count()) / 1000,
                            one.lane, width, one.text);
    }
    return text;
}

}  // namespace harness
