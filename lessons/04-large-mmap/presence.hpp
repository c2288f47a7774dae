/// @file
/// Lesson 04: one object that any number of processes use, from the first, who creates it, to the
/// last, who removes its name. Whoever comes or goes passes a gate, one at a time; the kernel opens
/// it again for one that is killed there.
#pragma once

#include "common/program/stop.hpp"

#include <string>

/// A process's stay with the object: counted from the constructor to leave().
class Presence {
public:
    /// Opens the object, or creates it, and has this process counted. Afterwards this process is
    /// behind the gate, alone, until open_gate(): there the first one makes the object ready, and
    /// everybody may read and write what all share.
    ///
    /// An object whose users are all dead is removed first.
    ///
    /// @param name      as require_object_name() allows
    /// @param deadline  until when to wait for those who are behind the gate
    /// @throws shm::Failure if the object is another user's or another program's: it then stays as
    ///         it is; if the gate stays shut; if all slots are held
    Presence(std::string name, const shm::Deadline& deadline);
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;
    /// Leaves, if that has not been done.
    ~Presence();

    /// Returns the object's descriptor, open for reading and writing; closed by leave().
    int fd() const noexcept { return fd_; }
    /// Returns how many were present when this process came, itself among them.
    unsigned number() const noexcept { return number_; }
    /// Says whether this process has created the object, which is then as long as a Segment.
    bool is_first() const noexcept { return number_ == 1; }

    /// Lets the next one in. Whoever throws before, and is the first, removes the object.
    void open_gate() noexcept;

    /// Stops being counted; the last one removes the object's name.
    /// @returns whether this was the last one
    /// @throws SystemError or Failure if it cannot tell: the next one to come then removes the name
    bool leave();

private:
    bool try_to_come(const shm::Deadline& deadline);
    bool try_to_create();
    void stay(unsigned slot, unsigned number);

    std::string name_;
    int fd_ = -1;
    bool gate_is_ours_ = false;
    unsigned slot_ = 0;
    unsigned number_ = 0;
};
