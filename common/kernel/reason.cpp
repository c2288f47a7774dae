#include "common/kernel/reason.hpp"

#include "common/kernel/reason_looking.hpp"

#include <cerrno>
#include <system_error>

namespace shm {

std::string why_any_call(int error) {
    switch (error) {
        case EMFILE:
        case ENFILE:
            return looking::too_many_files(error);
        case ENOSPC:
            return "the file system is full; see: df -h -i /dev/shm";
        case ENOMEM:
            return "not that much memory, or address space, is left; see: free -h and ulimit -v";
        case EFBIG:
            return "larger than a file of this process may be; see: ulimit -f";
        case EDQUOT:
            return "this user's share of the file system is used up; see: quota -s";
        case ENOSYS:
            return "this kernel does not have the call, or a filter or emulator keeps it away "
                   "(seccomp)";
        case EIDRM:
            return "it was removed while it was in use";
        default:
            return {};
    }
}

std::string why_lock(int error) {
    switch (error) {
        case EOWNERDEAD:
            return "its owner died while holding it; repair the data, then "
                   "pthread_mutex_consistent";
        case ENOTRECOVERABLE:
            return "after its owner's death it was unlocked without pthread_mutex_consistent: it "
                   "is lost; make a new one";
        case EDEADLK:
            return "this thread holds it already";
        case ETIMEDOUT:
            return "another process holds it, perhaps one that died; see who is attached";
        default:
            return why_any_call(error);
    }
}

std::string reason_text(int error, const std::string& why) {
    std::string text = std::generic_category().message(error);
    return why.empty() ? text : text + "; " + why;
}

}  // namespace shm
