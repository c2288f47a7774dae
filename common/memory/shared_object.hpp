/// @file
/// One POSIX object that any number of processes share, from the first, which creates it, to the
/// last, which removes its name, also where some are killed. Lesson 04 teaches it, lesson 05 uses
/// it.
#pragma once

#include "common/program/descriptor.hpp"
#include "common/program/stop.hpp"

#include <sys/types.h>  // pid_t

#include <functional>
#include <string>

namespace shm {

/// What a newcomer does with an object that has a name, and to which no process is attached: all
/// that were have been killed.
enum class LeftBehind {
    remove,  ///< removes it, and creates another
    go_on,   ///< attaches to it as it is
};

/// What the programs that share an object agree on.
struct ObjectRules {
    /// Gives a new object, which has no name yet, its length and its content: the name appears with
    /// all that, or not at all.
    std::function<void(int fd)> create;
    /// Throws Failure unless the object is one that `create` made. Called before this process
    /// attaches; it may be called again for another object.
    std::function<void(int fd)> check;
    LeftBehind left_behind = LeftBehind::remove;  ///< what killed processes have left: what then
};

/// A process's attachment to an object: from the constructor to detach().
///
/// For one thread of one process. In a child of fork it does nothing but close its descriptor; as
/// long as the child has that, or a mapping of it, the parent counts as attached even if it is
/// killed.
class SharedObject {
public:
    /// Opens the object, or creates it, and attaches this process. Afterwards it has the attach
    /// lock, until release_attach_lock(): no other process attaches or detaches meanwhile.
    ///
    /// @param name      as require_object_name() allows
    /// @param rules     used by the constructor alone
    /// @param deadline  until when to wait for the attach lock
    /// @throws Failure  if the object is another account's, or `check` refuses it: it then stays as
    ///                  it is; if another process keeps the attach lock; if all entries are held
    SharedObject(std::string name, const ObjectRules& rules, const Deadline& deadline);
    SharedObject(const SharedObject&) = delete;
    SharedObject& operator=(const SharedObject&) = delete;
    /// Detaches, if that has not been done; says what went wrong.
    ~SharedObject();

    /// Returns the object's descriptor, open for reading and writing; -1 after detach().
    int fd() const noexcept { return object_.get(); }
    /// Says whether this process has created the object.
    bool is_creator() const noexcept { return is_creator_; }

    /// Lets other processes attach and detach.
    void release_attach_lock() noexcept;

    /// Ends the attachment; the last process to do so removes the object's name. Mappings stay.
    /// @returns whether this was the last one
    /// @throws SystemError or Failure if it cannot tell: the next process to attach finds out
    bool detach();

private:
    bool try_to_attach(const ObjectRules& rules, const Deadline& deadline);
    bool try_to_open(const ObjectRules& rules, const Deadline& deadline);
    bool try_to_create(const ObjectRules& rules);

    std::string name_;
    pid_t process_;  ///< who is attached
    Descriptor object_;
    bool has_attach_lock_ = false;
    bool is_creator_ = false;
    unsigned entry_ = 0;
};

}  // namespace shm
