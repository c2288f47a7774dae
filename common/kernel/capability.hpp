/// @file
/// Whether this process has a capability where the kernel looks for it (man 7 capabilities). To be
/// root is not the answer: root of a user namespace has every capability, and most of them count
/// over nothing but what belongs to that namespace (man 7 user_namespaces). The reasons that lesson
/// 06 explains ask here, and so do its tools.
#pragma once

#include <sys/types.h>  // uid_t, gid_t

namespace shm {

/// What a capability has to count over.
enum class Over {
    /// What belongs to the whole machine; asked with capable() in the kernel, so it counts in the
    /// first user namespace only: CAP_IPC_LOCK for mlock and for huge pages, CAP_SYS_RESOURCE for
    /// limits, CAP_SYS_ADMIN for page frames.
    machine,
    /// The System V and POSIX IPC that this process sees; asked with ns_capable(), so it counts in
    /// the user namespace that made this IPC namespace, and in those around it: CAP_IPC_OWNER for
    /// what another user's mode forbids, CAP_SYS_ADMIN for IPC_RMID and IPC_SET.
    ipc_namespace,
};

/// Says whether this process may do what `capability` allows. Where /proc is not mounted, that of
/// an IPC namespace is not known, and the answer is no.
///
/// @param capability  CAP_IPC_LOCK, ... of linux/capability.h
bool has_capability(int capability, Over over);

/// Says whether this process may do what `capability` allows to a file: CAP_DAC_OVERRIDE for what
/// its mode forbids, CAP_FOWNER for what only its owner may. It counts where this process's user
/// namespace maps both the owner and the group (man 7 user_namespaces). An account that happens to
/// be shown as one that is not mapped is taken for such a one.
///
/// @param owner, group  as stat() shows them
bool has_capability_over_file(int capability, uid_t owner, gid_t group);

}  // namespace shm
