/// @file
/// Lesson 05: the POSIX object that the ring of this lesson's programs lies in. Whoever comes first
/// creates it, whoever leaves last removes it.
#pragma once

#include "common/program/stop.hpp"
#include "common/ring/ring.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

/// A message: its own number, modulo 2^32. So each can be checked, whoever sent it.
using Number = std::uint32_t;

/// A process's use of the object, from constructor to destructor.
class RingObject {
public:
    /// Opens the object, or creates it with an empty ring of 1024 messages in it. What killed
    /// processes have left is used on, with the messages that nobody has taken.
    /// @param name      as require_object_name() allows
    /// @param deadline  until when to wait for one who is just removing it
    /// @throws shm::Failure if the object is another user's or no such ring: it stays as it is
    RingObject(std::string name, const shm::Deadline& deadline);
    RingObject(const RingObject&) = delete;
    RingObject& operator=(const RingObject&) = delete;
    /// Leaves; the last one removes the object's name.
    ~RingObject();

    /// Returns the ring; its ends must end before this object does.
    const shm::Ring<Number>& ring() const noexcept { return *ring_; }
    /// Returns where the object is mapped; whole pages.
    void* address() const noexcept { return memory_; }
    /// Returns the object's size in bytes.
    std::size_t size() const noexcept { return size_; }

private:
    bool try_to_open();
    bool try_to_create();
    void map();
    void close_all();

    std::string name_;
    int fd_ = -1;
    void* memory_ = nullptr;
    std::size_t size_ = 0;
    std::optional<shm::Ring<Number>> ring_;
};
