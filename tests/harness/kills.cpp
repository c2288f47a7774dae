#include "tests/harness/kills.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <string_view>

namespace harness {

namespace {

/// A call as strace wrote it down: "12    shmget(0x3039, 0, 0600) = 5".
struct NotedCall {
    std::string process;
    std::string name;
    std::string text;  // without its result
    bool failed = false;
};

/// Returns a call without a name where the line begins none: "12 <... futex resumed>) = 0".
NotedCall read_call(const std::string& line) {
    NotedCall call;
    const std::size_t process = line.find_first_not_of("0123456789");
    const std::size_t begin = line.find_first_not_of(' ', process);
    const std::size_t bracket = line.find('(');
    if (begin == std::string::npos || bracket == std::string::npos || line[begin] == '<') {
        return call;
    }
    call.process = line.substr(0, process);
    call.name = line.substr(begin, bracket - begin);
    const std::size_t result = std::min(line.rfind(" = "), line.find(" <unfinished"));
    const std::size_t end = line.find_last_not_of(' ', result - 1);
    call.text = line.substr(begin, end == std::string::npos ? end : end + 1 - begin);
    call.failed = line.find(" = -1 ") != std::string::npos;
    return call;
}

/// Returns the text with "NAME" for what the harness has named "lesson-01.2-8f3a02".
std::string without_given_name(std::string text, const std::string& number) {
    const std::string given = "lesson-" + number + "-";
    constexpr std::size_t digits = 6;
    for (std::size_t at = 0; (at = text.find(given, at)) != std::string::npos;) {
        text.replace(at, given.size() + digits, "NAME");
    }
    const std::size_t here = text.find("AT_FDCWD, ");
    return here == std::string::npos ? text : text.erase(here, 10);
}

/// Says whether it is about memory that processes share, or about what orders their accesses.
bool touches(const NotedCall& call, const std::string& number) {
    if (call.name == "execve") return false;  // the name is among the program's arguments
    for (const char* family : {"shm", "sem", "msg", "mq_"}) {
        if (call.name.starts_with(family)) return true;
    }
    if (call.name == "futex") return call.text.find("_PRIVATE") == std::string::npos;
    // What Given names, and the file of a named semaphore.
    return call.text.find("/dev/shm/lesson-" + number + "-") != std::string::npos ||
           call.text.find("/dev/shm/sem.lesson-" + number + "-") != std::string::npos;
}

/// Returns what the call asks, if it changes nothing: it waits, or looks, or has failed. Two such
/// calls in a row that ask the same leave the same behind. Else "".
std::string question(const NotedCall& call) {
    static constexpr std::array<std::string_view, 14> waits_or_looks = {
        "nanosleep", "clock_nanosleep", "sched_yield", "clock_gettime", "poll",  "ppoll", "select",
        "pselect6",  "fstat",           "newfstatat",  "stat",          "statx", "lseek", "getpid"};
    // By its name: it may have another time in each round.
    if (std::find(waits_or_looks.begin(), waits_or_looks.end(), call.name) !=
        waits_or_looks.end()) {
        return call.name;
    }
    const bool looks = call.failed || call.text.find("_STAT") != std::string::npos ||
                       call.text.find("GETLK") != std::string::npos ||
                       (call.name == "semctl" && call.text.find("GET") != std::string::npos) ||
                       (call.name == "kill" && call.text.find(", 0)") != std::string::npos);
    return looks ? call.text : "";
}

Process& victim(Scene& scene, const std::string& role) {
    for (Process& process : scene.processes) {
        if (process.name == role) return process;
    }
    throw SceneError(scene.name + ": no process '" + role + "' to kill");
}

}  // namespace

KillPoints kill_points(const std::filesystem::path& calls, const std::string& number) {
    KillPoints points;
    std::map<std::pair<std::string, std::string>, int> made;  // by process and name
    std::set<std::string> asked;
    bool touched = false;
    std::ifstream file(calls);
    for (std::string line; std::getline(file, line);) {
        const NotedCall call = read_call(line);
        if (call.name.empty()) continue;
        const int count = ++made[{call.process, call.name}];
        touched = touched || touches(call, number);
        if (!touched || call.name == "restart_syscall") continue;
        const std::string asks = question(call);
        if (asks.empty()) asked.clear();
        const bool is_new = asks.empty() || asked.insert(call.process + asks).second;
        if (is_new && points.all.size() < KillPoints::most) {
            points.all.push_back({call.name, count, without_given_name(call.text, number)});
        } else {
            ++points.left_out[call.name];
        }
    }
    return points;
}

Scene with_calls_noted(Scene scene, const std::string& role, const std::string& file) {
    Process& process = victim(scene, role);
    process.calls = file;
    process.may_end_anyhow = true;
    return scene;
}

Scene killed_before(Scene scene, const std::string& role, const KillPoint& point) {
    Process& process = victim(scene, role);
    if (!process.kill) process.kill.emplace();
    process.kill->before = point.call;
    process.kill->call = point.number;
    process.may_end_anyhow = true;
    return scene;
}

}  // namespace harness
