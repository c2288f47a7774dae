#include "findings.hpp"
#include "names.hpp"
#include "posix.hpp"

#include "common/kernel/capability.hpp"
#include "common/program/shell.hpp"

#include <linux/capability.h>  // CAP_SYS_ADMIN, CAP_FOWNER
#include <sys/stat.h>
#include <unistd.h>  // geteuid

#include <algorithm>

namespace doctor {

namespace {

std::string& own_command() {
    static std::string command = "doctor";
    return command;
}

bool any_alive(const std::vector<Past>& processes) {
    return std::any_of(processes.begin(), processes.end(),
                       [](const Past& past) { return past.is_alive || past.pid == 0; });
}

/// Another account's may be removed by a process that has CAP_SYS_ADMIN over the IPC namespace (man
/// 2 shmctl), or, in a sticky folder like /dev/shm, by the folder's owner (man 2 unlink) and with
/// CAP_FOWNER (man 7 capabilities).
bool may_remove(const Object& object) {
    if (object.uid == geteuid() || object.owner == geteuid()) return true;
    if (object.id != -1) return shm::has_capability(CAP_SYS_ADMIN, shm::Over::ipc_namespace);
    struct stat folder = {};
    return (stat(shm_folder, &folder) == 0 && folder.st_uid == geteuid()) ||
           shm::has_capability_over_file(CAP_FOWNER, object.uid, object.gid);
}

}  // namespace

void set_own_command(const std::string& command) {
    own_command() = shm::for_shell(command);
}

std::string mend_command(const Object& object) {
    return (may_remove(object) ? "" : "sudo ") + own_command() + " --mend " +
           shm::for_shell(target(object));
}

const Past* last_user(const Object& object) {
    const auto found = std::find_if(object.last.begin(), object.last.end(),
                                    [](const Past& past) { return past.is_alive; });
    return found == object.last.end() ? nullptr : &*found;
}

bool is_perhaps_unused(const Object& object) {
    return object.users.empty() && object.may_look && object.waiting == 0 && !object.last.empty() &&
           !any_alive(object.last);
}

bool is_certainly_unused(const Object& object, const Unseen& unseen) {
    if (!object.users.empty()) return false;
    switch (object.kind) {
        case Kind::segment:
            return object.attached == 0 && object.untold == 0 && !any_alive({*object.creator}) &&
                   last_user(object) == nullptr;
        case Kind::semaphore_set:  // the kernel counts who waits, and keeps who changed it last
            // A semaphore that no process has changed, and one that a process outside our pid
            // namespace has changed, look the same from here.
            return is_perhaps_unused(object) && !unseen.hides_processes &&
                   (!unseen.is_inner || object.untold == 0);
        case Kind::queue:  // it keeps the last sender and the last receiver: earlier ones may live
            return false;
        default:
            return !unseen.may_hide_users();
    }
}

std::string why_hidden(const Unseen& unseen) {
    const std::string cure = geteuid() != 0 ? " (run as root)" : "";
    if (unseen.processes != 0) return "some processes may not be looked into" + cure;
    if (unseen.hides_processes) return "/proc does not list all processes" + cure;
    if (unseen.is_inner) return "processes outside this pid namespace are not seen";
    if (unseen.sleepers != 0) return "of some processes it is not known what they wait for" + cure;
    return {};
}

}  // namespace doctor
