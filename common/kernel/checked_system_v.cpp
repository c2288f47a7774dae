// The calls of System V, and those of processes. Each wrapper keeps errno before it does anything
// else.
#include "common/kernel/checked.hpp"
#include "common/kernel/checked_answer.hpp"
#include "common/kernel/object_names.hpp"
#include "common/kernel/reason.hpp"
#include "common/program/check.hpp"
#include "common/program/options.hpp"  // key_text

#include <sys/ipc.h>   // ftok
#include <sys/mman.h>  // MAP_FAILED
#include <sys/wait.h>  // waitpid
#include <unistd.h>    // fork

#include <fmt/core.h>

#include <cerrno>

namespace checked {

namespace names = shm::object_names;
using names::Kind;

namespace {

std::string text_of(key_t key) {
    return key == IPC_PRIVATE ? "IPC_PRIVATE" : shm::key_text(key);
}

/// "shmctl IPC_RMID": the command says more than the call. SHM_UNLOCK and GETVAL are one number.
std::string with_command(Kind kind, int command) {
    const char* const call = kind == Kind::segment ? "shmctl" : "semctl";
    if (kind == Kind::segment && command == SHM_LOCK) return "shmctl SHM_LOCK";
    if (kind == Kind::segment && command == SHM_UNLOCK) return "shmctl SHM_UNLOCK";
    switch (command) {
        case IPC_STAT:
            return fmt::format("{} IPC_STAT", call);
        case IPC_SET:
            return fmt::format("{} IPC_SET", call);
        case IPC_RMID:
            return fmt::format("{} IPC_RMID", call);
        case SETVAL:
            return fmt::format("{} SETVAL", call);
        case GETVAL:
            return fmt::format("{} GETVAL", call);
        default:
            return call;
    }
}

/// What is to be said where a removal has failed: what stays, and how a person removes it.
/// @param option  ipcrm's for an id
std::string with_cure(int command, int error, const char* option, int id, std::string why) {
    const bool may = error != EINVAL && error != EIDRM && error != EPERM && error != EACCES;
    if (command != IPC_RMID || !may) return why;
    if (!why.empty()) why += "; ";
    return why + fmt::format("so it stays; remove it: ipcrm {} {}", option, id);
}

union SemctlArgument {  // semctl's fourth; the caller has to declare it (man 2 semctl)
    int value;
    semid_ds* record;
};

int checked_semctl(int semid, int index, int command, SemctlArgument argument, int value,
                   Allowed allowed) {
    const int result = ::semctl(semid, index, command, argument);
    const int error = errno;
    if (result != -1) return result;
    if (allowed.has(error)) return answered(error);
    shm::fail(error, with_command(Kind::set, command), names::of_id(Kind::set, semid),
              with_cure(command, error, "-s", semid,
                        shm::why_semctl(error, semid, index, command, value)));
}

}  // namespace

key_t ftok(const std::string& path, int project) {
    const key_t key = ::ftok(path.c_str(), project);
    const int error = errno;
    if (key != -1) return key;
    shm::fail(error, "ftok", path, error == ENOENT ? "give a file that is there" : "");
}

int shmget(key_t key, std::size_t size, int flags, Allowed allowed) {
    const int shmid = ::shmget(key, size, flags);
    const int error = errno;
    if (shmid != -1) {
        names::remember_key(Kind::segment, shmid, key);
        return shmid;
    }
    if (allowed.has(error)) return answered(error);
    shm::fail(error, "shmget", text_of(key), shm::why_shmget(error, key, size, flags));
}

void* shmat(int shmid, const void* address, int flags, Allowed allowed) {
    void* const memory = ::shmat(shmid, address, flags);
    const int error = errno;
    if (memory != MAP_FAILED) {  // (void*)-1, as shmat says it, too
        names::remember_mapping(memory, 1, names::of_id(Kind::segment, shmid));
        return memory;
    }
    if (allowed.has(error)) {
        errno = error;
        return memory;
    }
    shm::fail(error, "shmat", names::of_id(Kind::segment, shmid),
              shm::why_shmat(error, shmid, address, flags));
}

void shmdt(const void* address) {
    const names::Forgotten forgotten = names::forget_mapping(address);
    if (::shmdt(address) == 0) return;
    const int error = errno;
    names::remember_again(forgotten);
    shm::fail(error, "shmdt", names::of_address(address));
}

int shmctl(int shmid, int command, shmid_ds* record, Allowed allowed) {
    const int result = ::shmctl(shmid, command, record);
    const int error = errno;
    if (result != -1) return result;
    if (allowed.has(error)) return answered(error);
    shm::fail(error, with_command(Kind::segment, command), names::of_id(Kind::segment, shmid),
              with_cure(command, error, "-m", shmid, shm::why_shmctl(error, shmid, command)));
}

int semget(key_t key, int count, int flags, Allowed allowed) {
    const int semid = ::semget(key, count, flags);
    const int error = errno;
    if (semid != -1) {
        names::remember_key(Kind::set, semid, key);
        return semid;
    }
    if (allowed.has(error)) return answered(error);
    shm::fail(error, "semget", text_of(key), shm::why_semget(error, key, count, flags));
}

int semop(int semid, sembuf* operations, std::size_t count, Allowed allowed) {
    if (::semop(semid, operations, count) == 0) return 0;
    const int error = errno;
    if (allowed.has(error)) return answered(error);
    shm::fail(error, "semop", names::of_id(Kind::set, semid),
              shm::why_semop(error, semid, operations, count));
}

int semtimedop(int semid, sembuf* operations, std::size_t count, const timespec* timeout,
               Allowed allowed) {
    if (::semtimedop(semid, operations, count, timeout) == 0) return 0;
    const int error = errno;
    if (allowed.has(error)) return answered(error);
    shm::fail(error, "semtimedop", names::of_id(Kind::set, semid),
              shm::why_semop(error, semid, operations, count));
}

int semctl(int semid, int index, int command, int value, Allowed allowed) {
    return checked_semctl(semid, index, command, {.value = value}, value, allowed);
}

int semctl(int semid, int index, int command, semid_ds* record, Allowed allowed) {
    return checked_semctl(semid, index, command, {.record = record}, 0, allowed);
}

pid_t fork() {
    const pid_t child = ::fork();
    const int error = errno;
    if (child != -1) return child;
    shm::fail(error, "fork", "a child",
              error == EAGAIN
                  ? "no more processes may be made; see: ulimit -u, and in a container its "
                    "limit of pids"
                  : shm::why_any_call(error));
}

int waitpid(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) == -1) {
        const int error = errno;
        if (error != EINTR) shm::fail(error, "waitpid", fmt::format("process {}", child));
        shm::check_stop();
    }
    return status;
}

}  // namespace checked
