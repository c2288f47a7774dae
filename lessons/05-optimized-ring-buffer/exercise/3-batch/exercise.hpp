/// @file
/// Exercise 05.3: the ring that `consumer` creates, and the store that is counted.
#pragma once

#include <fcntl.h>     // O_RDWR
#include <sys/mman.h>  // shm_open, mmap
#include <unistd.h>    // close, usleep

#include <atomic>
#include <cstdint>

constexpr std::uint32_t slots = 64;

struct Ring {
    std::atomic<std::uint32_t> sent;    // how many messages the consumer was told of
    std::atomic<std::uint32_t> taken;   // how many it has taken
    std::atomic<std::uint32_t> stores;  // how often it was told
    std::atomic<std::uint32_t> early;   // 1: it was told of a message that was not there
    std::uint64_t message[slots];       // the number N, from 1 on, lies at place N - 1 modulo 64
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

// Tells the consumer that all messages up to `number` are there: the release store. It counts
// itself, and looks whether they are. All of your stores to `sent` go through it.
inline void tell(Ring& ring, std::uint32_t number) {
    for (std::uint32_t n = ring.sent.load() + 1; n <= number; ++n) {
        if (ring.message[(n - 1) % slots] != n) ring.early.store(1);
    }
    ring.stores.fetch_add(1);
    ring.sent.store(number, std::memory_order_release);
}

// Waits until there is a free slot for message `number`.
inline void wait_for_room(const Ring& ring, std::uint32_t number) {
    while (number - ring.taken.load(std::memory_order_acquire) > slots) usleep(100);
}

// Maps the object `name`. Returns nothing if that fails; errno says why.
inline Ring* map_ring(const char* name) {
    const int fd = shm_open(name, O_RDWR, 0);
    if (fd == -1) return nullptr;
    void* memory = mmap(nullptr, sizeof(Ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return memory == MAP_FAILED ? nullptr : static_cast<Ring*>(memory);
}
