#include "common/kernel/capability.hpp"

#include "common/kernel/namespaces.hpp"
#include "common/program/descriptor.hpp"

#include <fcntl.h>             // open
#include <linux/capability.h>  // __user_cap_data_struct
#include <linux/nsfs.h>        // NS_GET_USERNS
#include <sys/ioctl.h>
#include <sys/syscall.h>  // SYS_capget
#include <unistd.h>       // syscall

#include <array>

namespace shm {

namespace {

/// Says whether it is in the effective set (man 2 capget), which is of our own user namespace.
bool is_effective(int capability) {
    __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets = {};
    if (syscall(SYS_capget, &header, sets.data()) == -1) return false;
    const auto bit = static_cast<unsigned>(capability);
    return bit / 32 < sets.size() && (sets.at(bit / 32).effective >> bit % 32 & 1U) != 0;
}

/// Says whether our IPC namespace belongs to our user namespace or to one inside it: the kernel
/// tells whose it is only then, and else answers EPERM (man 2 ioctl_ns, NS_GET_USERNS).
bool has_own_ipc_namespace() {
    const Descriptor ipc(open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC));
    const Descriptor owner(ipc.is_open() ? ioctl(ipc.get(), NS_GET_USERNS) : -1);
    return owner.is_open();
}

}  // namespace

bool has_capability(int capability, Over over) {
    if (!is_effective(capability)) return false;
    // All are inside the first one; there is no need to ask, and an emulator may not know the call.
    if (in_first_user_namespace()) return true;
    return over == Over::ipc_namespace && has_own_ipc_namespace();
}

bool has_capability_over_file(int capability, uid_t owner, gid_t group) {
    if (!is_effective(capability)) return false;
    if (in_first_user_namespace()) return true;
    return owner != shown_for_unmapped_user() && group != shown_for_unmapped_group();
}

}  // namespace shm
