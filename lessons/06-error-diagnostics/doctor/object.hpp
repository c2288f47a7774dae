/// @file
/// What doctor sees: one Object for each thing, and a User for each process that has it.
#pragma once

#include <sys/types.h>  // pid_t, uid_t, dev_t, ino_t

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace doctor {

enum class Kind {
    segment,        ///< System V shared memory
    semaphore_set,  ///< System V semaphores
    queue,          ///< System V message queue
    object,         ///< a file in /dev/shm
    semaphore,      ///< a named POSIX semaphore: a file in /dev/shm that begins with "sem."
    posix_queue,    ///< a POSIX message queue
    memfd,          ///< memfd_create: memory with a descriptor and no name
    nameless,       ///< an object whose name has been removed, and which is still in use
};

/// A process that has something, at this moment.
struct User {
    pid_t pid = 0;
    std::string program;      ///< as the kernel keeps it: 15 bytes at most, any bytes
    ino_t pid_namespace = 0;  ///< in which its own pids count; 0: not shown to us
    unsigned word_bits = 0;   ///< 32 or 64: its program's addresses; 0: not shown to us
    unsigned mappings = 0;    ///< how many of its mappings show the object
    bool has_open = false;    ///< has a descriptor of it
    bool is_waiting = false;  ///< sleeps in a call on it: semop, msgsnd, msgrcv
};

/// The process that made something, or was the last to do something with it.
struct Past {
    pid_t pid = 0;          ///< 0: not known here
    bool is_alive = false;  ///< or its number was given to another one: it cannot be known
    std::string program;    ///< if it is alive, and may be looked at
};

/// One thing that outlives, or may outlive, the process that made it.
struct Object {
    Kind kind = Kind::object;
    int id = -1;                             ///< System V: the id
    std::uint32_t key = 0;                   ///< System V: the key, 0 for IPC_PRIVATE
    std::string name = {};                   ///< the others: the name without its slash; any bytes
    dev_t device = 0;                        ///< of the file behind it; not for System V
    ino_t inode = 0;                         ///< likewise
    uid_t uid = 0;                           ///< who made it; a file: whose it is
    gid_t gid = 0;                           ///< of files: its group
    std::optional<uid_t> owner = {};         ///< System V: to whom it belongs by now (IPC_SET)
    mode_t mode = 0;                         ///< the nine permission bits
    std::optional<std::uint64_t> size = {};  ///< bytes; sets: semaphores; none: cannot be seen
    std::optional<std::uint64_t> resident = {};  ///< bytes that really take memory
    std::optional<Past> creator = {};            ///< segments only: the kernel keeps no other
    std::vector<Past> last = {};                 ///< System V: who used it last
    bool is_removed = false;                     ///< a segment that goes with the last who detaches
    std::uint64_t attached = 0;                  ///< segments: the kernel's count of attachments
    std::uint64_t messages = 0;                  ///< queues
    std::uint64_t capacity = 0;                  ///< System V queues: msg_qbytes
    std::uint64_t waiting = 0;                   ///< semaphore sets: the kernel's count of waiters
    bool may_look = true;      ///< sets: whether the two around and `last` could be read
    std::uint64_t untold = 0;  ///< sets: semaphores of which the kernel does not tell who was last;
                               ///< segments: 1 if it does not tell who attached it last
    std::uint64_t links = 1;   ///< files: how many names it has
    bool is_replaced = false;  ///< nameless ones: another object has the name by now
    std::optional<int> seals = {};  ///< memfds: F_GET_SEALS
    std::vector<User> users = {};

    /// Returns the user with the pid of `process`, which is added if it is not there yet.
    User& user(const User& process) {
        // Processes are looked at one after the other.
        if (users.empty() || users.back().pid != process.pid) users.push_back(process);
        return users.back();
    }
    /// Says whether it could be looked at, and so has an account and a mode: not a memfd whose file
    /// cannot be reached. A POSIX queue that may not be read has them, and its size alone is
    /// hidden.
    bool is_known() const { return size.has_value() || kind == Kind::posix_queue; }
    /// Returns how many of a segment's attachments belong to processes that cannot be seen.
    std::uint64_t unseen() const {
        std::uint64_t seen = 0;
        for (const User& each : users) seen += each.mappings;
        return kind == Kind::segment && attached > seen ? attached - seen : 0;
    }
};

/// What could not be looked into. It counts as in use.
struct Unseen {
    std::uint64_t processes = 0;   ///< whose mappings and descriptors are not shown to us
    std::uint64_t sleepers = 0;    ///< others, that may wait for a set or queue without our knowing
    bool hides_processes = false;  ///< /proc is mounted with hidepid: others are not even listed
    bool is_inner = false;         ///< we are in a pid namespace: others outside are not listed
    std::vector<std::string> notes = {};      ///< anything else, as a sentence each
    std::vector<std::string> elsewhere = {};  ///< what was not looked at, since it lies elsewhere

    /// Says whether any process may have an object without our knowing.
    bool may_hide_users() const { return processes != 0 || hides_processes || is_inner; }
};

/// All that was seen in one look.
struct Sight {
    std::vector<Object> objects;
    Unseen unseen;
};

}  // namespace doctor
