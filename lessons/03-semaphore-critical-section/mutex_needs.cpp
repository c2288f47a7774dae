#include "mutex_needs.hpp"

#include "common/kernel/namespaces.hpp"  // pid_namespace
#include "common/kernel/process.hpp"     // has_robust_list
#include "common/program/console.hpp"
#include "common/program/error.hpp"

//! [require namespace]
void require_pid_namespace(LockKind kind, std::uint64_t theirs) {
    if (kind != lock_mutex) return;
    const auto ours = shm::pid_namespace();
    if (!ours) {
        throw shm::Failure(
            "cannot find out this process's pid namespace, within which alone a robust mutex knows "
            "its owner; is /proc mounted? Or give all workers --lock sysv");
    }
    if (*ours != theirs) {
        throw shm::Failure(
            "the workers that run are of another pid namespace (a container?), and a robust mutex "
            "knows its owner within one alone; start this one there, or give all --lock sysv");
    }
}
//! [require namespace]

void note_missing_robust_list(LockKind kind) {
    if (kind != lock_mutex || shm::has_robust_list()) return;
    shm::note(
        "this kernel, or a filter of calls, knows no robust lists (set_robust_list): the mutex of "
        "a "
        "worker that is killed inside stays locked; --lock sysv is given back");
}
