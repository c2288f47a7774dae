#include "sysv.hpp"

#include <signal.h>  // kill

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace doctor {

namespace {

/// A process that has ended, and whose parent has not asked yet how: it has nothing any more.
bool is_zombie(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text, '\0');
    const auto name_end = text.rfind(')');  // the name may hold any bytes, ')' too
    if (name_end == text.npos || name_end + 2 >= text.size() || text[name_end + 2] != 'Z') {
        return false;
    }
    // Other threads may live on after the first one.
    std::error_code error;
    const std::filesystem::directory_iterator threads("/proc/" + std::to_string(pid) + "/task",
                                                      error);
    return !error && std::distance(begin(threads), end(threads)) <= 1;
}

}  // namespace

Past past_process(pid_t pid) {
    Past past;
    past.pid = pid;
    // 0 is a process that cannot be seen from this pid namespace. EPERM: it is there, not ours.
    past.is_alive = pid > 0 && (kill(pid, 0) == 0 || errno == EPERM) && !is_zombie(pid);
    if (past.is_alive) {
        std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
        std::getline(file, past.program, '\0');
        if (past.program.ends_with('\n')) past.program.pop_back();
    }
    return past;
}

}  // namespace doctor
