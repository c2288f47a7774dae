/// @file
/// Exercise 05.2: the ring that `producer` creates.
#pragma once

#include <fcntl.h>     // O_RDWR
#include <sys/mman.h>  // shm_open, mmap
#include <unistd.h>    // close

#include <atomic>
#include <cstdint>

constexpr std::uint32_t slots = 8;
constexpr std::uint32_t most_bytes = 60;

struct Slot {
    std::atomic<std::uint32_t> length;  // how many bytes the text has, 60 at most
    char text[most_bytes];              // the text, without a zero behind it
};

struct Ring {
    std::atomic<std::uint32_t> sent;   // how many messages were sent; after 4,294,967,295 comes 0
    std::atomic<std::uint32_t> taken;  // how many were taken, likewise
    Slot slot[slots];                  // message number N, counted from 0, lies in slot N modulo 8
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

// Maps the object `name`. Returns nothing if that fails; errno says why.
inline Ring* map_ring(const char* name) {
    const int fd = shm_open(name, O_RDWR, 0);
    if (fd == -1) return nullptr;
    void* memory = mmap(nullptr, sizeof(Ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return memory == MAP_FAILED ? nullptr : static_cast<Ring*>(memory);
}
