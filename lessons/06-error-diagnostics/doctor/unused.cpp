#include "findings.hpp"
#include "names.hpp"

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

}  // namespace

void set_own_command(const std::string& command) {
    own_command() = for_shell(command);
}

std::string mend_command(const Object& object) {
    const bool takes_root = geteuid() != 0 && object.uid != geteuid();
    return (takes_root ? "sudo " : "") + own_command() + " --mend " + for_shell(target(object));
}

bool is_certainly_unused(const Object& object, const Unseen& unseen) {
    if (!object.users.empty()) return false;
    switch (object.kind) {
        case Kind::segment:
            return object.attached == 0 && !any_alive({*object.creator});
        case Kind::semaphore_set:  // the kernel counts who waits, and keeps who changed it last
            return object.may_look && object.waiting == 0 && !unseen.is_inner &&
                   !unseen.hides_processes && !object.last.empty() && !any_alive(object.last);
        case Kind::queue:  // it does not count who waits
            return unseen.sleepers == 0 && !object.last.empty() && !unseen.may_hide_users() &&
                   !any_alive(object.last);
        default:
            return !unseen.may_hide_users();
    }
}

}  // namespace doctor
