#include "common/program/error.hpp"

#include <fmt/format.h>

#include <cerrno>

namespace shm {

namespace {

std::string describe(int error, std::string_view call, std::string_view object,
                     std::string_view remedy) {
    std::string text =
        fmt::format("{} {}: {}", call, object, std::generic_category().message(error));
    if (remedy.empty()) {
        const std::string known = remedy_for(error, call, object);
        if (!known.empty()) text += "; " + known;
    } else {
        text += "; ";
        text += remedy;
    }
    return text;
}

bool is_posix_object(std::string_view call) {
    return call == "shm_open" || call == "shm_unlink" || call == "sem_open" || call == "sem_unlink";
}

/// Where Linux shows the object: a semaphore's file has "sem." before its name (man 7
/// sem_overview).
std::string path_of(std::string_view call, std::string_view object) {
    const bool semaphore = call.substr(0, 4) == "sem_";
    return fmt::format("/dev/shm/{}{}", semaphore ? "sem." : "", object.substr(1));
}

bool is_system_v(std::string_view call) {
    return call.substr(0, 3) == "shm" || call.substr(0, 3) == "sem";
}

}  // namespace

std::string remedy_for(int error, std::string_view call, std::string_view object) {
    if (error == EOWNERDEAD) {
        return "its owner died while holding it; repair the data, then pthread_mutex_consistent";
    }
    if (error == ENOTRECOVERABLE) {
        return "after its owner's death it was unlocked without pthread_mutex_consistent: it is "
               "lost for everybody; make a new one";
    }
    if (error == ETIMEDOUT)
        return "somebody else has it, perhaps one who died; see who is attached";
    if (call == "ftok" && error == ENOENT) return "give a file that is there";
    if (is_posix_object(call) && object.size() > 1) {
        if (error == EACCES) return "see whose it is: ls -l " + path_of(call, object);
        if (error == EEXIST) {
            return fmt::format("if no program uses it any more, remove it: rm {}",
                               path_of(call, object));
        }
        if (error == ENOENT) return "nobody has created it";
        if (error == EMFILE) return "too many open files in this process; see: ulimit -n";
        if (error == ENOSPC) return "the file system is full; see: df -h -i /dev/shm";
    } else if (is_system_v(call)) {
        const bool semaphore = call.substr(0, 4) == "semg" || call.substr(0, 4) == "semo" ||
                               call.substr(0, 4) == "semt" || call.substr(0, 4) == "semc";
        if (error == EACCES || error == EPERM) {
            return fmt::format("see whose it is: ipcs -{}", semaphore ? 's' : 'm');
        }
        if (error == EEXIST) {
            return fmt::format(
                "it was made before; if no program uses it any more, remove it: "
                "ipcrm -{} {}",
                semaphore ? 'S' : 'M', object);
        }
        if (error == EIDRM) return "it was removed while it was in use";
        if (error == ENOSPC) {
            return semaphore ? "the limit kernel.sem (sets, semaphores) is reached; see: ipcs -l "
                               "and ipcs -s"
                             : "the limit kernel.shmmni (segments) or kernel.shmall (pages) is "
                               "reached; see: ipcs -l and ipcs -m";
        }
        if (error == ENOMEM) return "the system has not that much memory left; see: free -h";
    } else if (error == ENOSPC && call != "write") {
        return "the file system is full; see: df -h /dev/shm";
    } else if (error == ENOMEM) {
        return "not that much memory, or address space, is left; see: free -h and ulimit -v";
    } else if (error == EFBIG) {
        return "larger than a file of this process may be; see: ulimit -f";
    }
    return {};
}

SystemError::SystemError(int error, std::string_view call, std::string_view object,
                         std::string_view remedy)
    : std::system_error(error, std::generic_category()),
      text_(describe(error, call, object, remedy)) {}

}  // namespace shm
