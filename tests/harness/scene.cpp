#include "tests/harness/scene.hpp"

#include "common/program/error.hpp"
#include "common/program/options.hpp"
#include "tests/harness/child.hpp"  // split_words
#include "tests/harness/given.hpp"
#include "tests/harness/match.hpp"
#include "tests/harness/record.hpp"  // slug
#include "tests/harness/strace.hpp"  // is_traced
#include "tests/harness/syscalls.hpp"
#include "tests/harness/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <signal.h>
#include <string.h>  // sigabbrev_np

#include <algorithm>
#include <set>

namespace harness {

namespace {

using Names = std::vector<std::string>;

bool contains(const Names& all, std::string_view one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

/// A string in which only words may stand that the harness gives.
std::string given_text(const Table& table, std::string_view key, const std::string& text) {
    for (const std::string& word : Pattern(text).words()) {
        if (!contains(given_words, word)) {
            table.fail(key, fmt::format("unknown {{{}}} in '{}'", word, key),
                       fmt::format("one of {{{}}}", fmt::join(given_words, "}, {")));
        }
    }
    return text;
}

/// Output, in which any word may stand; but "pid of X" needs a process X.
std::string pattern_text(const Table& table, std::string_view key, const std::string& text,
                         const Names& processes) {
    for (const std::string& name : Pattern(text).pids_of()) {
        if (!contains(processes, name)) {
            table.fail(key, fmt::format("no process '{}' for {{pid of {}}}", name, name),
                       fmt::format("one of {}", fmt::join(processes, ", ")));
        }
    }
    return text;
}

int read_signal(const Table& table, std::string_view key, int otherwise) {
    const auto name = table.maybe_text(key);
    if (!name) return otherwise;
    for (int signal = 1; signal < SIGSYS + 1; ++signal) {
        const char* known = sigabbrev_np(signal);
        if (known != nullptr && *name == known) return signal;
    }
    table.fail(key, fmt::format("unknown signal '{}'", *name),
               "its name without SIG, as KILL, INT, TERM, SEGV, BUS");
}

/// Reads what a condition of its kind, `key`, says.
void read_value(const Table& table, const std::string& key, const Names& processes,
                Condition& condition) {
    if (condition.kind == Condition::Kind::held) {
        condition.times = table.number(key, 1, 1, 1000);
        return;
    }
    if (condition.kind == Condition::Kind::ends || condition.kind == Condition::Kind::idles) {
        if (!table.flag(key, true)) {
            table.fail(key, fmt::format("{} = false", key), fmt::format("{} = true", key));
        }
        return;
    }
    condition.text = pattern_text(table, key, table.required_text(key), processes);
    const Names calls = sleeping_calls();
    if (condition.kind == Condition::Kind::waits_in && !contains(calls, condition.text)) {
        table.fail(key, fmt::format("unknown system call '{}'", condition.text),
                   fmt::format("one of {}", fmt::join(calls, ", ")));
    }
}

std::vector<Condition> read_conditions(const Table& table, const Names& processes,
                                       bool may_be_itself, const std::string& key = "when");

Condition read_condition(const Table& table, const Names& processes, bool may_be_itself) {
    Condition condition;
    if (table.has("any")) {
        table.only({"any"});
        condition.kind = Condition::Kind::any;
        condition.any = read_conditions(table, processes, may_be_itself, "any");
        return condition;
    }
    table.only({"process", "prints", "notes", "ends", "waits_in", "idles", "held", "instances"});
    condition.process = table.text("process");
    if (table.has("process") && !contains(processes, condition.process)) {
        table.fail("process", fmt::format("no process '{}' in this scene", condition.process),
                   fmt::format("one of {}", fmt::join(processes, ", ")));
    }
    if (!may_be_itself && !table.has("process")) {
        table.fail({}, "a start that waits for the process itself", "process = \"another\"");
    }
    const std::vector<std::pair<std::string, Condition::Kind>> kinds = {
        {"prints", Condition::Kind::prints}, {"notes", Condition::Kind::notes},
        {"ends", Condition::Kind::ends},     {"waits_in", Condition::Kind::waits_in},
        {"idles", Condition::Kind::idles},   {"held", Condition::Kind::held}};
    int found = 0;
    for (const auto& [key, kind] : kinds) {
        if (!table.has(key)) continue;
        ++found;
        condition.kind = kind;
        read_value(table, key, processes, condition);
    }
    if (found != 1) {
        table.fail({}, fmt::format("a condition of {} kinds", found),
                   "exactly one of prints, notes, ends, waits_in, idles, held; or any");
    }
    condition.instances = table.number("instances", 0, 1, 1000);
    return condition;
}

std::vector<Condition> read_conditions(const Table& table, const Names& processes,
                                       bool may_be_itself, const std::string& key) {
    std::vector<Condition> all;
    for (const Table& one : table.tables(key, key)) {
        all.push_back(read_condition(one, processes, may_be_itself));
    }
    return all;
}

Kill read_kill(const Table& table, const Names& processes) {
    table.only({"when", "signal", "before", "call", "path"});
    Kill kill;
    kill.when = read_conditions(table, processes, true);
    kill.before = table.text("before");
    if (table.has("before") == table.has("when")) {
        table.fail({}, "a kill with both or neither of 'when' and 'before'", "exactly one of them");
    }
    for (const char* key : {"call", "path"}) {
        if (table.has(key) && !table.has("before")) {
            table.fail(key, fmt::format("'{}' without 'before'", key),
                       "before = \"a system call\"");
        }
    }
    if (table.has("signal") && table.has("before")) {
        table.fail("signal", "'signal' beside 'before'", "none: that kill is always SIGKILL");
    }
    kill.call = table.number("call", 1, 1, 65535);
    kill.path = given_text(table, "path", table.text("path"));
    kill.signal = read_signal(table, "signal", SIGKILL);
    return kill;
}

/// The calls before which a process is to be held: one, or a list.
Names read_held_calls(const Table& table) {
    Names names = table.required_texts("before");
    const Names calls = known_calls();
    for (const std::string& name : names) {
        if (contains(calls, name)) continue;
        table.fail("before", fmt::format("unknown system call '{}'", name),
                   fmt::format("one of {}", fmt::join(calls, ", ")));
    }
    return names;
}

Access read_access(const Table& table, bool writes) {
    table.only({"object", "at", "count"});
    Access access;
    access.object = given_text(table, "object", table.required_text("object"));
    access.at = static_cast<std::size_t>(table.number("at", 0, 0, 1 << 30));
    access.count = static_cast<std::size_t>(table.number("count", 4, 1, 8));
    access.writes = writes;
    if ((access.count & (access.count - 1)) != 0 || access.at % access.count != 0) {
        table.fail("count", fmt::format("{} bytes at {}", access.count, access.at),
                   "1, 2, 4 or 8, at a multiple of it");
    }
    return access;
}

std::vector<Hold> read_holds(const Table& table, const Names& processes) {
    std::vector<Hold> holds;
    for (const Table& one : table.tables("hold", "hold")) {
        one.only(
            {"before", "after_read", "after_write", "asleep", "call", "when", "until", "optional"});
        Hold hold;
        int kinds = 0;
        for (const char* kind : {"before", "after_read", "after_write", "asleep"}) {
            if (one.has(kind)) ++kinds;
        }
        if (kinds != 1) {
            one.fail({}, "a hold with none or several of before, after_read, after_write, asleep",
                     "exactly one of them");
        }
        hold.asleep = one.flag("asleep", false);
        if (one.has("before")) hold.before = read_held_calls(one);
        for (const std::string key : {"after_read", "after_write"}) {
            for (const Table& bytes : one.tables(key, key)) {
                if (one.has("call")) one.fail("call", "'call' beside '" + key + "'", "'before'");
                hold.after = read_access(bytes, key == "after_write");
            }
        }
        hold.optional = one.flag("optional", false);
        hold.when = read_conditions(one, processes, true);
        hold.call = one.number("call", 1, 1, 65535);
        hold.until = read_conditions(one, processes, true, "until");
        if (hold.until.empty()) one.fail({}, "a hold without 'until'", "what lets it go");
        holds.push_back(std::move(hold));
    }
    return holds;
}

std::string name_of(const Table& table) {
    return table.text("name", table.required_text("role"));
}

/// Reads how the process must end, and what it must print.
void read_expected(const Table& table, const Names& processes, Process& process) {
    if (table.has("exit") && table.has("signal")) {
        table.fail("signal", "both 'exit' and 'signal'", "one of them");
    }
    process.exit = table.number("exit", 0, 0, 255);
    const bool killed = process.kill && !table.has("exit");
    process.signal = read_signal(table, "signal", killed ? process.kill->signal : 0);
    process.most_calls = table.number("most_calls", 0, 1, 1000000);
    if (process.most_calls != 0 &&
        (process.count != 1 || (process.kill && !process.kill->before.empty()))) {
        table.fail("most_calls", "'most_calls' beside 'count' or a kill 'before' a call",
                   "one of them");
    }
    if (!process.holds.empty() && is_traced(process)) {
        table.fail("hold", "'hold' beside 'most_calls' or a kill 'before' a call", "one of them");
    }
    process.prints = table.maybe_text("prints");
    process.errors = table.maybe_text("errors");
    for (const char* key : {"prints", "errors"}) {
        pattern_text(table, key, table.text(key), processes);
    }
}

Process read_process(const Table& table, const Names& processes) {
    table.only({"role", "name", "run", "user", "environment", "count", "when", "input", "hold",
                "kill", "exit", "signal", "prints", "errors", "table", "most_calls"});
    Process process;
    process.line = table.line();
    process.role = table.required_text("role");
    process.name = name_of(table);
    process.run = given_text(table, "run", table.required_text("run"));
    try {
        if (split_words(process.run).empty()) table.fail("run", "'run' is blank", "a program");
    } catch (const shm::UsageError& error) {
        table.fail("run", error.what(), "quotes in pairs");
    }
    for (const std::string& setting : table.texts("environment")) {
        if (setting.find('=') == std::string::npos) {
            table.fail("environment", fmt::format("'{}'", setting), "NAME=value");
        }
        process.environment.push_back(given_text(table, "environment", setting));
    }
    if (const auto user = table.maybe_text("user")) {
        if (*user != "other") table.fail("user", fmt::format("user '{}'", *user), "'other'");
        process.other_user = true;
    }
    process.count = table.number("count", 1, 1, 1000);
    process.table = table.flag("table", false);
    process.when = read_conditions(table, processes, false);
    for (const Table& input : table.tables("input", "input")) {
        input.only({"when", "text"});
        if (!input.has("text")) input.fail({}, "input without 'text'", "a string");
        process.input.push_back({read_conditions(input, processes, true),
                                 given_text(input, "text", input.text("text"))});
    }
    process.holds = read_holds(table, processes);
    const std::vector<Table> kills = table.tables("kill", "kill");
    if (kills.size() > 1) table.fail("kill", "several kills", "one");
    if (!kills.empty()) process.kill = read_kill(kills[0], processes);
    read_expected(table, processes, process);
    return process;
}

/// The words that some process of the scene is expected to print.
std::set<std::string> words_of(const Scene& scene) {
    std::set<std::string> all;
    for (const Process& process : scene.processes) {
        for (const auto& text : {process.prints, process.errors}) {
            for (const std::string& word : Pattern(text.value_or("")).words()) all.insert(word);
        }
    }
    for (const std::string& line : scene.exactly_one) {
        for (const std::string& word : Pattern(line).words()) all.insert(word);
    }
    return all;
}

Names known_texts(const Table& table, std::string_view key, const Names& known) {
    Names all = table.texts(key);
    for (const std::string& one : all) {
        if (!contains(known, one)) {
            table.fail(key, fmt::format("unknown '{}' in '{}'", one, key),
                       fmt::format("some of {}", fmt::join(known, ", ")));
        }
    }
    return all;
}

/// A size as both a person and the kernel read it, so that it cannot bring other mount options
/// along.
std::string read_shm_size(const Table& table) {
    std::string size = table.text("shm_size");
    if (size.empty()) return size;
    try {
        shm::parse_size(size);
    } catch (const shm::UsageError&) {
        table.fail("shm_size", fmt::format("'{}' as a size", size), "e.g. 64K");
    }
    return size;
}

Scene read_scene(const Table& table) {
    table.only({"name",      "say",     "why",       "read",     "read_deeper",
                "broken",    "tour",    "needs",     "shm_size", "leaves",
                "timeout_s", "same",    "different", "one_to_n", "exactly_one",
                "for_each",  "process", "asks",      "mistake",  "grade"});
    Scene scene;
    scene.line = table.line();
    scene.name = table.required_text("name");
    scene.say = table.required_text("say");
    scene.why = table.text("why");
    scene.read = table.text("read");
    scene.read_deeper = table.text("read_deeper");
    if (!scene.read.empty() && !scene.read_deeper.empty()) {
        table.fail("read_deeper", "a scene is read on at one place", "read or read_deeper");
    }
    scene.asks = table.text("asks");
    scene.grade = table.flag("grade", false);
    scene.broken = table.flag("broken", false);
    scene.tour = table.flag("tour", true);
    scene.needs =
        known_texts(table, "needs",
                    {"namespaces", "root", "strace", "other_user", "thread_sanitizer", "vmsplice"});
    scene.shm_size = read_shm_size(table);
    if (!scene.shm_size.empty()) scene.needs.push_back("namespaces");
    scene.leaves =
        known_texts(table, "leaves", {"segment", "semaphore", "queue", "object", "process"});
    scene.timeout = std::chrono::seconds(table.number("timeout_s", 120, 1, 600));
    const std::vector<Table> processes = table.tables("process", "[[scene.process]]");
    if (processes.empty()) table.fail({}, "a scene without processes", "[[scene.process]]");
    Names names;
    for (const Table& process : processes) {
        if (contains(names, name_of(process))) {
            process.fail(process.has("name") ? "name" : "role",
                         fmt::format("a second process '{}'", name_of(process)),
                         "a 'name' of its own");
        }
        names.push_back(name_of(process));
    }
    for (const Table& process : processes) scene.processes.push_back(read_process(process, names));
    for (const std::string& line : table.texts("exactly_one")) {
        scene.exactly_one.push_back(pattern_text(table, "exactly_one", line, names));
    }
    const std::set<std::string> words = words_of(scene);
    const Names known(words.begin(), words.end());
    scene.same = known_texts(table, "same", known);
    scene.different = known_texts(table, "different", known);
    for (const Table& mistake : table.tables("mistake", "[[scene.mistake]]")) {
        mistake.only({"signs", "say"});
        scene.mistakes.push_back({mistake.texts("signs"), mistake.required_text("say")});
    }
    scene.one_to_n = known_texts(table, "one_to_n", known);
    return scene;
}

/// The scenes that one [[scene]] stands for, as the words that each replaces.
std::vector<Words> read_for_each(const Table& table) {
    const std::vector<Table> lists = table.tables("for_each", "for_each");
    if (lists.empty()) return {Words{}};
    std::vector<Words> all;
    for (const std::string& word : lists[0].keys()) {
        const Names values = lists[0].texts(word);
        if (contains(given_words, word)) {
            lists[0].fail(word, fmt::format("'{}' in for_each", word),
                          "a word that the harness does not give");
        }
        if (all.empty()) all.resize(values.size());
        if (values.empty() || values.size() != all.size()) {
            lists[0].fail(word, fmt::format("{} values for '{}'", values.size(), word),
                          "as many as the other words have, and at least one");
        }
        for (std::size_t i = 0; i < values.size(); ++i) all[i][word] = values[i];
    }
    return all;
}

toml::table parse(const std::string& file) {
    try {
        return toml::parse_file(file);
    } catch (const toml::parse_error& error) {
        throw SceneError(fmt::format("{}:{}: {}; expected TOML", file, error.source().begin.line,
                                     error.description()));
    }
}

/// @param key       "scene" or "kill"
/// @param exercise  whether each scene must say what it asks of the learner
std::vector<Scene> read_scenes(const Table& table, const std::string& key, bool exercise) {
    std::vector<Scene> scenes;
    std::set<std::string> slugs;
    for (const Table& unfilled : table.tables(key, "[[" + key + "]]")) {
        for (const Words& words : read_for_each(unfilled)) {
            const Table filled = unfilled.with(words);
            scenes.push_back(read_scene(filled));
            const Scene& scene = scenes.back();
            if (!slugs.insert(slug(scene.name)).second) {
                filled.fail("name", fmt::format("a second scene '{}'", scene.name),
                            "a name that no other scene has");
            }
            if (exercise == scene.asks.empty() || (!exercise && !scene.mistakes.empty())) {
                filled.fail("asks", "'asks' or [[scene.mistake]] in a lesson, or no 'asks'",
                            "in an exercise, what it asks");
            }
        }
    }
    return scenes;
}

std::string number_of(const std::filesystem::path& folder) {
    const std::string name = folder.lexically_normal().filename();
    return name.substr(0, name.find('-'));
}

}  // namespace

Lesson load_lesson(const std::filesystem::path& directory) {
    const std::string file = directory / "lesson.toml";
    const toml::table root = parse(file);
    const Words no_words;
    const Table table(root, file, "lesson.toml", no_words);
    table.only({"title", "goal", "scene"});
    Lesson lesson;
    lesson.source = directory;
    lesson.number = number_of(std::filesystem::absolute(directory / ".").parent_path());
    lesson.title = table.required_text("title");
    lesson.goal = table.required_text("goal");
    lesson.scenes = read_scenes(table, "scene", false);
    return lesson;
}

Exercise load_exercise(const std::filesystem::path& directory) {
    const std::string file = directory / "exercise.toml";
    const toml::table root = parse(file);
    const Words no_words;
    const Table table(root, file, "exercise.toml", no_words);
    table.only({"title", "goal", "role", "flags", "starter", "scene", "kill"});
    Exercise exercise;
    exercise.role = table.required_text("role");
    Lesson& scenes = exercise.scenes;
    scenes.source = directory;
    const auto folder = std::filesystem::absolute(directory / ".").parent_path();
    scenes.number = number_of(folder.parent_path().parent_path()) + "." + number_of(folder);
    scenes.title = table.required_text("title");
    scenes.goal = table.required_text("goal");
    scenes.scenes = read_scenes(table, "scene", true);
    exercise.kills = read_scenes(table, "kill", true);
    for (std::vector<Scene>* all : {&scenes.scenes, &exercise.kills}) {
        for (Scene& scene : *all) scene.ends_at_rest = true;
    }
    return exercise;
}

namespace {

/// Of another program it is not known what it says on standard error, nor how it waits.
void wait_for_rest(std::vector<Condition>& conditions, const std::string& process) {
    for (Condition& condition : conditions) {
        wait_for_rest(condition.any, process);
        if (condition.process != process) continue;
        if (condition.kind == Condition::Kind::notes ||
            condition.kind == Condition::Kind::waits_in) {
            condition.kind = Condition::Kind::idles;
        }
    }
}

/// Makes it a scene in which any program may play the role.
void open_to(Scene& scene, const std::string& role) {
    scene.ends_at_rest = true;
    scene.asks = "Do what our program does in this scene.";
    for (const Process& replaced : scene.processes) {
        if (replaced.role != role) continue;
        const std::string name = replaced.name;
        for (Process& process : scene.processes) {
            wait_for_rest(process.when, name);
            for (Input& input : process.input) wait_for_rest(input.when, name);
            if (process.kill) wait_for_rest(process.kill->when, name);
        }
    }
}

}  // namespace

Exercise load_graded_lesson(const std::filesystem::path& directory, const std::string& role) {
    Exercise exercise;
    exercise.role = role;
    exercise.scenes = load_lesson(directory);
    std::vector<Scene>& scenes = exercise.scenes.scenes;
    const auto has_role = [&](const Scene& scene) {
        return std::any_of(scene.processes.begin(), scene.processes.end(),
                           [&](const Process& process) { return process.role == role; });
    };
    scenes.erase(
        std::remove_if(scenes.begin(), scenes.end(),
                       [&](const Scene& scene) { return !scene.grade || !has_role(scene); }),
        scenes.end());
    if (scenes.empty()) {
        throw shm::UsageError(fmt::format("no scene of lesson {} takes a program of yours as {}",
                                          exercise.scenes.number, role));
    }
    for (Scene& scene : scenes) open_to(scene, role);
    return exercise;
}

Scene graded_scene(Scene scene, const std::string& role, const std::string& command) {
    for (Process& process : scene.processes) {
        if (process.role != role) continue;
        const std::size_t end = process.run.find(' ');
        process.run = command + (end == std::string::npos ? "" : process.run.substr(end));
        process.graded = true;
        process.own = command.size();
    }
    return scene;
}

}  // namespace harness
