/// @file
/// Lesson 05: the POSIX object that the ring of this lesson's programs lies in. Whichever process
/// comes first creates it, whichever detaches last removes it (common/memory/shared_object.hpp).
#pragma once

#include "common/memory/shared_object.hpp"
#include "common/program/stop.hpp"
#include "common/ring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

/// A message: its own number, modulo 2^32. So each can be checked, whichever process sent it.
using Number = std::uint32_t;

/// What a process does with a ring that is there already.
enum class RingUse {
    attach,  ///< sends or receives: it is there until this process detaches
    look,    ///< looks at it, and is not attached: who detaches last removes it meanwhile
};

/// A process's use of the object, from constructor to destructor.
class RingObject {
public:
    /// Opens the object, or creates it with an empty ring of 1024 messages in it, and attaches.
    /// What killed processes have left is used on, with the messages that no consumer has taken.
    /// @param name      as require_object_name() allows
    /// @param deadline  until when to wait for a process that is just attaching or detaching
    /// @throws shm::Failure if the object is another user's or no such ring: it stays as it is
    RingObject(const std::string& name, const shm::Deadline& deadline,
               RingUse use = RingUse::attach);
    RingObject(const RingObject&) = delete;
    RingObject& operator=(const RingObject&) = delete;
    /// Detaches, if it is attached; the last process to do so removes the object's name.
    ~RingObject();

    /// Says whether it is attached: always, but for RingUse::look at a ring that was there.
    bool is_attached() const noexcept { return object_.has_value(); }
    /// Says whether the name still leads to this object. If not, it was removed or moved by hand,
    /// and a process that starts now does not find this ring. For who is attached.
    bool has_name() const;
    /// Says whether another process is attached. For who is attached.
    bool is_shared() const;
    /// Returns the ring; its ends must end before this object does.
    const shm::Ring<Number>& ring() const noexcept { return *ring_; }
    /// Returns where the object is mapped; whole pages.
    void* address() const noexcept { return memory_; }
    /// Returns the object's size in bytes.
    std::size_t size() const noexcept { return size_; }

private:
    bool try_to_look(const std::string& name, const shm::Deadline& deadline);
    void attach(const std::string& name, const shm::Deadline& deadline);
    void create_ring(int fd);
    void open_ring(int fd);
    void map(int fd, std::size_t size);
    void unmap() noexcept;

    std::string name_;
    void* memory_ = nullptr;
    std::size_t size_ = 0;
    std::optional<shm::Ring<Number>> ring_;
    std::optional<shm::SharedObject> object_;
};
