/// @file
/// The things with POSIX names: files in /dev/shm, and message queues.
#pragma once

#include "object.hpp"

#include <optional>
#include <string>
#include <vector>

namespace doctor {

constexpr const char* shm_folder = "/dev/shm";

using Names = std::vector<std::string>;

/// An open folder, closed with this object.
class Folder {
public:
    explicit Folder(int fd) : fd_(fd) {}
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();

    /// Returns its descriptor, -1 if there is no such folder.
    int fd() const { return fd_; }
    /// Returns the names in it, in no order; those that come or go meanwhile may be missing. None
    /// where it could not be read to its end, as errno says.
    std::optional<Names> names() const;

private:
    int fd_;
};

/// Opens a folder of /proc or the like; -1 within if that is not allowed, or it is gone.
Folder open_folder(int at, const char* path);

/// Opens the folder of POSIX message queues: for root that of our IPC namespace, without mounting
/// it anywhere; else what is mounted at /dev/mqueue. -1 within if neither is possible.
/// @param are_surely_ours  set to whether it is our IPC namespace's: what is mounted may be
///                         another one's
Folder open_queues(bool& are_surely_ours);

/// Adds every object, named semaphore and POSIX message queue.
void add_posix(Sight& sight);

/// Adds what lies in /dev/shm and in the folders below it, and notes what could not be read.
void add_objects(const Folder& folder, Sight& sight);

/// Says which other file systems in memory were not looked into.
void add_elsewhere(Sight& sight);

/// Opens a folder in the folder `at`, and follows no link; -1 within where that is not allowed.
Folder open_inner_folder(int at, const std::string& name);

/// Opens the folder in which the file of a name like "d/x" lies, below `folder`, following no link:
/// a stranger may have put one in the place of `d`. Leaves of `name` what is in that folder.
Folder open_parent(int folder, std::string& name);

/// Returns the name below the folder of what is an object, semaphore or queue.
std::string file_name(const Object& object);

}  // namespace doctor
