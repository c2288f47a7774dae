/// @file
/// Lesson 07, compare: what all ways of handing bytes to another process have in common.
#pragma once

#include "common/program/descriptor.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace comparison {

using shm::Descriptor;
using Bytes = std::span<std::byte>;

/// Of the two processes: one asks, the other answers.
enum class Side { client, server };

/// One side's end of a channel that leads both ways. Belongs to one process.
///
/// A message is written where place() says and sent by send(); receive() returns where it can be
/// read, until the next receive(). So a channel that copies nothing need not copy, and one that
/// does copies from and to memory of its own, as a program would.
//! [one end]
class End {
public:
    virtual ~End() = default;
    /// Returns where the next message is to be written; waits for room if need be.
    virtual Bytes place() = 0;
    /// Sends it.
    virtual void send() = 0;
    /// Waits for a message from the other side, and returns it.
    virtual std::span<const std::byte> receive() = 0;
};
//! [one end]

/// A channel, made before the two processes are. It has no name any more when make() returns, or
/// no process but this one and its children can see it: so nothing is left, however they end.
class Channel {
public:
    virtual ~Channel() = default;
    /// Returns the end of one side. Called once in each process.
    virtual std::unique_ptr<End> open(Side side) = 0;
};

/// A mechanism that is compared.
struct Mechanism {
    std::string name;
    unsigned copies = 2;  ///< of each payload byte, by the mechanism and those who must use it so
    /// Returns a channel for messages of `bytes`.
    /// @throws Skipped if this machine, or the mechanism, has none for them
    std::function<std::unique_ptr<Channel>(std::size_t bytes)> make;
};

/// Why a mechanism is left out: "the queue takes 8192 bytes: kernel.msgmax".
struct Skipped : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Returns all of them, in the table's order.
std::vector<Mechanism> mechanisms();

std::vector<Mechanism> rings();    ///< the ring of lesson 05, three ways
std::vector<Mechanism> iceoryx();  ///< a library for production, where it is installed
std::vector<Mechanism> queues();   ///< System V and POSIX message queues
std::vector<Mechanism> pipes();    ///< pipe, FIFO, pipe with vmsplice
std::vector<Mechanism> sockets();  ///< Unix stream, seqpacket, datagram; TCP on loopback
std::vector<Mechanism> others();   ///< process_vm_readv, memfd over a socket, bare wake-ups

/// An end that copies: the message lies in a buffer of this process until it is sent, and is
/// received into another.
class BufferedEnd : public End {
public:
    explicit BufferedEnd(std::size_t bytes) : outgoing_(bytes), incoming_(bytes) {}
    Bytes place() override { return outgoing_; }

protected:
    std::vector<std::byte> outgoing_, incoming_;
};

/// Writes all of it, over as many calls as it takes.
void write_all(int fd, std::span<const std::byte> bytes, const char* what);
/// Reads until it is full.
/// @throws Failure if the other side ends before
void read_all(int fd, Bytes bytes, const char* what);

}  // namespace comparison
