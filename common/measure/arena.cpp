#include "arena.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/room.hpp"

#include <sched.h>     // sched_yield
#include <sys/mman.h>  // mmap, munmap

#include <new>

namespace measure {

Arena::Arena(std::size_t bytes, std::size_t rings)
    : page_(shm::page_size()),
      each_((bytes + page_ - 1) / page_ * page_),
      size_(page_ + each_ * rings),
      memory_(checked::mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)) {
    new (memory_) Report{};
}

Arena::~Arena() {
    munmap(memory_, size_);
}

void* Arena::ring(std::size_t number) const {
    return static_cast<std::byte*>(memory_) + page_ + number * each_;
}

void Arena::start() const {
    const auto* bytes = static_cast<const volatile unsigned char*>(memory_);
    for (std::size_t i = 0; i < size_; i += page_) static_cast<void>(bytes[i]);
    std::atomic<std::uint32_t>& ready = report().ready;
    ready.fetch_add(1, std::memory_order_relaxed);  // relaxed: nothing is handed over with it
    while (ready.load(std::memory_order_relaxed) < 2) sched_yield();
}

}  // namespace measure
