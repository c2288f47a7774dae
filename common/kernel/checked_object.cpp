// The calls of POSIX objects and of mappings. Each wrapper keeps errno before it does anything
// else.
#include "common/kernel/checked.hpp"
#include "common/kernel/checked_answer.hpp"
#include "common/kernel/object_names.hpp"
#include "common/kernel/reason.hpp"
#include "common/program/bus_error.hpp"
#include "common/program/check.hpp"
#include "common/program/console.hpp"  // program_name
#include "common/program/shell.hpp"    // for_shell

#include <fcntl.h>     // open
#include <sys/mman.h>  // mmap
#include <unistd.h>    // ftruncate

#include <fmt/core.h>

#include <cerrno>

namespace checked {

namespace names = shm::object_names;

namespace {

/// Where to look, for what object_names::of_descriptor() returned. (The kernel shows a memfd as
/// "/memfd:name (deleted)", and likewise a file that has lost its name.)
std::string cure_of_bus_error(const std::string& object) {
    if (!object.starts_with('/') || object.ends_with(" (deleted)")) return "start again";
    if (object.rfind('/') == 0) {
        return fmt::format("see which: ls -l {}; df /dev/shm", shm::object_for_shell(object));
    }
    const std::string path = shm::for_shell(object);
    return fmt::format("see which: ls -l {}; df {}", path, path);
}

/// Another process may make the object shorter, or the first touch of a page find no memory: both
/// are SIGBUS, and too late for words then.
void explain_bus_errors(const void* memory, std::size_t size, int flags,
                        const std::string& object) {
    if ((flags & MAP_TYPE) == MAP_PRIVATE || (flags & MAP_ANONYMOUS) != 0) return;
    shm::explain_bus_errors_in(
        memory, size,
        fmt::format("{}: {}: the memory under this process is gone (SIGBUS): another process made "
                    "the object shorter, or there was no memory for it; {}",
                    shm::program_name(), object, cure_of_bus_error(object)));
}

}  // namespace

int shm_open(const std::string& name, int flags, mode_t mode, Allowed allowed) {
    const int fd = ::shm_open(name.c_str(), flags, mode);
    const int error = errno;
    if (fd != -1) {
        names::remember_object(fd, name);
        return fd;
    }
    if (allowed.has(error)) return answered(error);
    shm::fail(error, "shm_open", name, shm::why_shm_open(error, name.c_str(), flags));
}

int shm_unlink(const std::string& name, Allowed allowed) {
    if (::shm_unlink(name.c_str()) == 0) return 0;
    const int error = errno;
    if (allowed.has(error)) return answered(error);
    shm::fail(error, "shm_unlink", name, shm::why_shm_unlink(error, name.c_str()));
}

int open(const std::string& path, int flags, mode_t mode, Allowed allowed) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    const int error = errno;
    if (fd != -1) return fd;
    if (allowed.has(error)) return answered(error);
    shm::fail(error, (flags & O_TMPFILE) == O_TMPFILE ? "open O_TMPFILE" : "open", path,
              shm::why_open(error, path.c_str()));
}

int memfd_create(const std::string& name, unsigned flags, Allowed allowed) {
    const int fd = ::memfd_create(name.c_str(), flags | MFD_CLOEXEC);
    const int error = errno;
    if (fd != -1) {
        names::remember_object(fd, fmt::format("memfd {}", name));
        return fd;
    }
    if (allowed.has(error)) return answered(error);
    shm::fail(error, "memfd_create", name, shm::why_any_call(error));
}

int ftruncate(int fd, std::size_t size, Allowed allowed) {
    const auto length = static_cast<off_t>(size);
    if (::ftruncate(fd, length) == 0) return 0;
    const int error = errno;
    if (allowed.has(error)) return answered(error);
    shm::fail(error, "ftruncate", names::of_descriptor(fd), shm::why_ftruncate(error, fd, length));
}

void posix_fallocate(int fd, std::size_t offset, std::size_t size) {
    const auto from = static_cast<off_t>(offset), length = static_cast<off_t>(size);
    for (;;) {
        const int error = ::posix_fallocate(fd, from, length);  // returned, and not in errno
        if (error == 0) return;
        if (error != EINTR) {
            shm::fail(error, "posix_fallocate", names::of_descriptor(fd),
                      shm::why_posix_fallocate(error, fd, from, length));
        }
        shm::check_stop();
    }
}

sem_t* sem_open(const std::string& name, int flags, mode_t mode, unsigned value) {
    sem_t* const semaphore = ::sem_open(name.c_str(), flags, mode, value);
    const int error = errno;
    if (semaphore != SEM_FAILED) return semaphore;
    shm::fail(error, "sem_open", name, shm::why_sem_open(error, name.c_str(), flags));
}

mqd_t mq_open(const std::string& name, int flags, mode_t mode, const mq_attr* attributes) {
    const mqd_t queue = ::mq_open(name.c_str(), flags, mode, attributes);
    const int error = errno;
    if (queue != -1) return queue;
    const long messages = attributes == nullptr ? 0 : attributes->mq_maxmsg;
    const long size = attributes == nullptr ? 0 : attributes->mq_msgsize;
    shm::fail(error, "mq_open", name, shm::why_mq_open(error, name.c_str(), messages, size));
}

struct ::stat fstat(int fd) {
    struct ::stat facts = {};
    if (::fstat(fd, &facts) == 0) return facts;
    const int error = errno;
    shm::fail(error, "fstat", names::of_descriptor(fd));
}

int fcntl(int fd, int command, struct ::flock* lock, Allowed allowed) {
    const int result = ::fcntl(fd, command, lock);
    const int error = errno;
    if (result != -1) return result;
    if (allowed.has(error)) return answered(error);
    shm::fail(error, command == F_OFD_GETLK ? "fcntl F_OFD_GETLK" : "fcntl F_OFD_SETLK",
              names::of_descriptor(fd));
}

void* mmap(void* where, std::size_t size, int protection, int flags, int fd, std::size_t offset,
           Allowed allowed) {
    const auto from = static_cast<off_t>(offset);
    void* const memory = ::mmap(where, size, protection, flags, fd, from);
    const int error = errno;
    const std::string object =
        (flags & MAP_ANONYMOUS) != 0 ? "memory without a name" : names::of_descriptor(fd);
    if (memory != MAP_FAILED) {
        names::remember_mapping(memory, size, object);
        explain_bus_errors(memory, size, flags, object);
        return memory;
    }
    if (allowed.has(error)) {
        errno = error;
        return memory;
    }
    shm::fail(error, "mmap", object, shm::why_mmap(error, size, protection, flags, fd, from));
}

void munmap(void* memory, std::size_t size) {
    const names::Forgotten forgotten = names::forget_mapping(memory);
    const shm::BusErrorText text = shm::forget_bus_errors_in(memory);
    if (::munmap(memory, size) == 0) return;
    const int error = errno;
    names::remember_again(forgotten);
    shm::explain_bus_errors_again(text);
    shm::fail(error, "munmap", names::of_address(memory), shm::why_munmap(error, memory, size));
}

void mprotect(void* memory, std::size_t size, int protection) {
    if (::mprotect(memory, size, protection) == 0) return;
    const int error = errno;
    shm::fail(error, "mprotect", names::of_address(memory),
              shm::why_mprotect(error, memory, protection));
}

int mlock(const void* memory, std::size_t size, Allowed allowed) {
    if (::mlock(memory, size) == 0) return 0;
    const int error = errno;
    if (allowed.has(error)) return answered(error);
    shm::fail(error, "mlock", names::of_address(memory), shm::why_mlock(error, size));
}

}  // namespace checked
