#include "posix.hpp"
#include "processes.hpp"
#include "sysv.hpp"

#include <fcntl.h>   // AT_FDCWD
#include <signal.h>  // kill

#include <cerrno>
#include <fstream>

namespace doctor {

namespace {

/// A process that has ended, and whose parent has not asked yet how: it has nothing any more.
bool is_zombie(pid_t pid) {
    const Folder folder = open_folder(AT_FDCWD, ("/proc/" + std::to_string(pid)).c_str());
    // Other threads may live on after the first one.
    return has_ended(folder.fd()) &&
           open_folder(folder.fd(), "task").names().value_or(Names()).size() == 1;
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
