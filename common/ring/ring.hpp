// SPDX-FileCopyrightText: 2026 The authors of "Shared memory, lesson by lesson"
// SPDX-License-Identifier: MIT

/// @file
/// A ring of messages from one process to another, in memory that both have mapped; lesson 05. It
/// needs the standard library and Linux, nothing else; this is the one file to include.
///
/// Does it work in shared memory? Yes: it was made for that. Nothing in it is a pointer, each side
/// maps it where it likes, a side that is killed is found out and can be followed by another, and
/// nonsense in its counts, numbers and lengths becomes an error. Share it with programs that you
/// trust all the same: glibc keeps pointers in its two mutexes, and who writes those can have this
/// process store what he likes where he likes. Out of its scope: more than one producer or consumer
/// (give each pair a ring, and wait for all of them by wait_any()), one message for all (send it to
/// each in a ring of its own), messages with pointers, growing, and finding each other (by a name,
/// as below). Messages of any length: byte_ring.hpp.
///
/// A producer and a consumer, which are started in either order:
///
/// @code
/// #include <shm/ring/ring.hpp>
///
/// #include <fcntl.h>     // O_CREAT, posix_fallocate
/// #include <sys/mman.h>  // shm_open, mmap
/// #include <sys/stat.h>  // fstat
/// #include <unistd.h>    // close
///
/// #include <cerrno>
/// #include <system_error>
/// #include <thread>
///
/// struct Quote {
///     std::uint64_t number;
///     double price;
/// };
/// using Quotes = shm::Ring<Quote>;
/// using namespace std::chrono_literals;
///
/// constexpr std::size_t capacity = 1024, size = Quotes::bytes(capacity);
///
/// // Where the memory comes from: an object that both processes find by its name.
/// void* map(int fd) {
///     void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
///     const int error = errno;
///     close(fd);  // the mapping stays
///     if (memory == MAP_FAILED) throw std::system_error(error, std::generic_category(), "mmap");
///     return memory;
/// }
///
/// // One process makes the ring, once; if it was there before, that is an error.
/// Quotes create_quotes(const char* name) {
///     const int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
///     if (fd == -1) throw std::system_error(errno, std::generic_category(), name);
///     // Takes the memory now: with ftruncate, a full /dev/shm would be a SIGBUS later.
///     if (const int error = posix_fallocate(fd, 0, size); error != 0) {
///         close(fd);
///         shm_unlink(name);
///         throw std::system_error(error, std::generic_category(), name);
///     }
///     return Quotes::create(map(fd), size, capacity);
/// }
///
/// // Any other opens it, and waits for the creator: until there is the name, then the size, then
/// // the ring. Gives up after 10 s.
/// Quotes open_quotes(const char* name) {
///     for (int tries = 0;; ++tries, std::this_thread::sleep_for(1ms)) {
///         const bool is_last = tries == 10'000;
///         const int fd = shm_open(name, O_RDWR, 0);
///         if (fd == -1 && (errno != ENOENT || is_last))
///             throw std::system_error(errno, std::generic_category(), name);
///         if (fd == -1) continue;
///         struct stat object = {};
///         if (fstat(fd, &object) == -1 || object.st_size < static_cast<off_t>(size)) {
///             close(fd);
///             if (is_last) throw shm::RingError("the object was never completed");
///             continue;
///         }
///         void* memory = map(fd);
///         try {
///             return Quotes::open(memory, size);
///         } catch (const shm::RingError&) {  // not whole yet, or another ring: what() says which
///             munmap(memory, size);
///             if (is_last) throw;
///         }
///     }
/// }
///
/// // Sends so many quotes, and waits until all have been taken.
/// shm::WaitResult send(const Quotes& ring, std::uint64_t count) {
///     shm::Producer producer(ring);  // throws if another process is the producer
///     for (std::uint64_t i = 0; i < count; ++i) {
///         const Quote quote = {i, 0.01 * static_cast<double>(i)};
///         const shm::WaitResult result = producer.push(quote, 10s);
///         if (result != shm::WaitResult::ready) return result;  // timed_out, closed, peer_died
///     }
///     return producer.flush(10s);
/// }
///
/// // Calls `use` for each quote. Returns `closed` when the producer has left, not by an exception.
/// template <typename Use>
/// shm::WaitResult receive(const Quotes& ring, Use use) {
///     shm::Consumer consumer(ring);
///     Quote quote = {};
///     for (;;) {
///         const shm::WaitResult result = consumer.pop(quote, 10s);
///         if (result != shm::WaitResult::ready) return result;
///         use(quote);
///     }
/// }
/// @endcode
///
/// Who waits, and how: wait(), push() and pop() look for 20 us, then sleep in the kernel until the
/// peer wakes them. wait_any.hpp: for several rings at once. end.hpp: by poll or epoll, with other
/// descriptors. Waits::spinning (endpoint.hpp): an end that never sleeps, for a processor of its
/// own. Each notices that the peer has left, or was killed.
///
/// Messages are numbered from 0, and `sent` counts them: one store tells of all that were published
/// at once. In a Ring, a message has its number beside it as well if it has 8 bytes or less, or if
/// both take 16, 32 or 64 bytes and the slot is at most half as large again as the message: of
/// 12, 24, 28, 56 bytes, for example. The number comes on the same line, so that a message that
/// comes alone costs one line and not two.
///
/// Keep the ends as local variables: what they know then stays in the processor's registers. For
/// that reason nothing here that is not inlined takes an end's address.
#pragma once

#include "byte_consumer.hpp"  // ByteRing's end that receives
#include "byte_producer.hpp"  // ByteRing's end that sends
#include "byte_ring.hpp"      // ByteRing: for messages of any length
#include "consumer.hpp"       // the end that receives
#include "end.hpp"            // what all ends have in common: to wait by poll
#include "handle.hpp"         // Ring and SpanRing: make one in memory, or open it
#include "producer.hpp"       // the end that sends
#include "version.hpp"        // SHM_RING_VERSION_MAJOR and so on
#include "wait_any.hpp"       // wait_any: for several rings at once
