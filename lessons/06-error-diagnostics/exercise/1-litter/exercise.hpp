/// @file
/// Exercise 06.1: how an answer is written down, and how its command is run.
#pragma once

#include <sys/wait.h>  // waitpid
#include <unistd.h>    // fork, execvp, chdir

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace cause {

// What there is to choose from.
constexpr const char* left_behind = "its processes have ended";
constexpr const char* no_size = "its creator ended before it had a size";
constexpr const char* unread = "it holds a message that no process will receive";
constexpr const char* in_use = "a living process has it";
constexpr const char* marked = "it is removed already, and goes when the last process detaches";
constexpr const char* writable = "every account can write it";

}  // namespace cause

struct Answer {
    std::string what;     // "/litter-orders", or a key: "0x06010001"
    std::string cause;    // cause::left_behind
    std::string command;  // "rm /dev/shm/litter-orders"
};

inline std::vector<std::string> words_of(const std::string& command) {
    std::vector<std::string> words(1);
    for (const char letter : command) {
        if (letter != ' ') {
            words.back() += letter;
        } else if (!words.back().empty()) {
            words.emplace_back();
        }
    }
    return words;
}

// Says whether the command removes one thing of this exercise, and does nothing else.
inline bool is_allowed(const std::vector<std::string>& words) {
    const auto ours = [](const std::string& name, const std::string& begin) {
        return name.compare(0, begin.size(), begin) == 0 &&
               name.find('/', begin.size()) == std::string::npos;
    };
    if (words.size() == 2) return words[0] == "rm" && ours(words[1], "/dev/shm/litter-");
    if (words.size() != 3) return false;
    const bool key = ours(words[2], "0x060100");
    if (words[0] == "ipcrm") {
        return key && (words[1] == "-M" || words[1] == "-S" || words[1] == "-Q");
    }
    const bool doctor = words[0] == "doctor" ||
                        (words[0].size() > 7 && words[0].substr(words[0].size() - 7) == "/doctor");
    return doctor && words[1] == "--mend" && (key || ours(words[2], "/litter-"));
}

// Runs it without a shell, in the course's folder. Returns whether it succeeded.
inline bool run(std::vector<std::string> words) {
    const std::string here = __FILE__;  // ROOT/lessons/06-error-diagnostics/exercise/1-litter/...
    const std::string root = here.substr(0, here.rfind("/lessons/"));
    if (words[0] == "doctor") words[0] = "build/lessons/06-error-diagnostics/doctor";
    const pid_t child = fork();
    if (child == 0) {
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        dup2(STDERR_FILENO, STDOUT_FILENO);  // what it says is not our output
        if (chdir(root.c_str()) == 0) execvp(arguments[0], arguments.data());
        _exit(127);
    }
    int status = 1;
    while (waitpid(child, &status, 0) == -1) continue;
    return status == 0;
}

// Prints the answers, sorted, and runs their commands.
inline int mend(std::vector<Answer> answers) {
    std::sort(answers.begin(), answers.end(),
              [](const Answer& a, const Answer& b) { return a.what < b.what; });
    for (const Answer& answer : answers) {
        std::printf("%s: %s\n", answer.what.c_str(), answer.cause.c_str());
        const std::vector<std::string> words = words_of(answer.command);
        if (!is_allowed(words)) {
            std::printf("Not run: %s\n", answer.command.c_str());
        } else if (!run(words)) {
            std::printf("Failed: %s\n", answer.command.c_str());
        }
        std::fflush(stdout);
    }
    return 0;
}
