/// @file
/// Who has each thing now, as /proc shows it.
#pragma once

#include "object.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

namespace doctor {

/// Finds a thing by what /proc shows of it. System V segments and memfds are files of one file
/// system of the kernel's own, where a segment's inode is its id: so the kind is asked for, too.
class Index {
public:
    explicit Index(Sight& sight);

    /// Says whether files on that device may be shared memory: most mappings are not.
    bool is_shared_memory(dev_t device) const { return devices_.count(device) != 0; }

    /// Returns the object that a mapping or descriptor shows, or null if it is none.
    /// @param path  as /proc shows it: "/dev/shm/name", "/SYSV00003039 (deleted)"
    /// @param in_our_ipc_namespace  asked only for System V segments
    Object* find(dev_t device, ino_t inode, std::string_view path,
                 const std::function<bool()>& in_our_ipc_namespace);

    /// Returns the semaphore set or queue of that id, or null.
    Object* find(Kind kind, int id);

private:
    Object* add(Kind kind, dev_t device, ino_t inode, const std::string& name);

    Sight& sight_;
    dev_t folder_ = 0;         ///< /dev/shm's
    std::set<dev_t> kernels_;  ///< where memfds and System V segments lie, huge ones too
    std::set<dev_t> devices_;  ///< both, and that of the POSIX queues
    std::map<std::pair<dev_t, ino_t>, std::size_t> files_;  ///< and memfds
    std::map<std::pair<Kind, int>, std::size_t> ids_;
};

/// A process whose folder in /proc is open, so that its number cannot change hands.
struct Process {
    User user;  ///< as the first thing that it has is to list it
    int folder;
    /// Where to look for what all of its threads have: the folder, or, once the first thread has
    /// ended, that of one that lives.
    int shared;
    bool is_in_our_ipc_namespace() const;
};

/// Says whether a thread has ended that others may outlive, or a process whose parent has not asked
/// yet how, by its folder of /proc.
bool has_ended(int folder);

/// Says whether a look failed for want of descriptors or memory, and not because what was looked at
/// is gone, or closed to us.
bool is_want(int error);

/// Adds what the process has mapped. @returns false if it may not be looked into
bool add_mappings(const Process& process, Index& index);

/// Adds what the process has open, and learns of memfds what only an open one tells.
/// @returns false if it may not be looked into
bool add_descriptors(const Process& process, Index& index);

/// Adds the set or queue that a thread of the process sleeps in.
/// @returns false if it may not be looked into
bool add_waits(const Process& process, Index& index);

/// Looks into every process that there is.
void add_users(Sight& sight);

}  // namespace doctor
