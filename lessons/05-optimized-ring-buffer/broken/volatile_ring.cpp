/// @file
/// Lesson 05, the obvious wrong way: `volatile` in place of atomics. Two threads of one process use
/// one mapping, since ThreadSanitizer, with which this program is always built, sees threads only.
///
/// The sum is right: on x86, and as compiled here, it works. ThreadSanitizer reports all the same,
/// since nothing in the source says that a message is there once its index is. A compiler may move
/// or drop the plain store of the message, which is not volatile ([intro.races] makes a data race
/// undefined behaviour); an Arm processor may show the index before the message (Arm Architecture
/// Reference Manual, B2.3: stores to different places are seen in any order, unless ordered).

#include "short_report.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/program.hpp"

#include <sys/mman.h>         // mmap, munmap
#include <sys/personality.h>  // personality, ADDR_NO_RANDOMIZE
#include <unistd.h>           // execve

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <thread>

namespace {

constexpr std::uint64_t capacity = 1024;

/// @tparam Index  `volatile std::uint64_t`, or `std::atomic<std::uint64_t>`: nothing else differs
template <typename Index>
struct Ring {
    //! [volatile ring]
    Index pushed = 0;
    Index popped = 0;
    std::uint32_t slots[capacity] = {};

    bool try_push(std::uint32_t message) {
        if (pushed - popped == capacity) return false;
        slots[pushed % capacity] = message;
        pushed = pushed + 1;  // the message is there: but who says so?
        return true;
    }
    //! [volatile ring]

    bool try_pop(std::uint32_t& message) {
        if (popped == pushed) return false;
        message = slots[popped % capacity];
        popped = popped + 1;
        return true;
    }
};

template <typename Index>
int run(std::uint32_t count) {
    void* memory = checked::mmap(nullptr, sizeof(Ring<Index>), PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto* ring = new (memory) Ring<Index>;
    std::thread producer([=] {
        for (std::uint32_t i = 1; i <= count; ++i) {
            while (!ring->try_push(i)) std::this_thread::yield();
        }
    });
    std::uint64_t sum = 0;
    for (std::uint32_t i = 1; i <= count; ++i) {
        std::uint32_t message = 0;
        while (!ring->try_pop(message)) std::this_thread::yield();
        sum += message;
    }
    producer.join();
    checked::munmap(memory, sizeof(Ring<Index>));
    const std::uint64_t right = std::uint64_t{count} * (count + 1) / 2;
    shm::say("Consumer: {}, the sum is {}", shm::count_text(count, "message"),
             sum == right ? "right" : "wrong");
    return 0;  // where ThreadSanitizer has reported something, it makes 66 of it
}

/// Starts this program again without random addresses. ThreadSanitizer of gcc 12 to 14 gives up
/// ("unexpected memory mapping") where the kernel spreads mappings wider than 28 bits
/// (vm.mmap_rnd_bits; man 2 personality). Where that is refused, it has to say so itself.
[[gnu::no_sanitize_thread]] void without_random_addresses(int, char** argv, char** environment) {
    const int now = personality(0xffffffff);  // asks only
    if (now == -1 || (now & ADDR_NO_RANDOMIZE) != 0) return;
    const int plain = (now | ADDR_NO_RANDOMIZE) & ~ADDR_COMPAT_LAYOUT;
    if (personality(static_cast<unsigned long>(plain)) == -1) return;
    execve("/proc/self/exe", argv, environment);
}

// Called before any constructor, ThreadSanitizer's own too.
[[gnu::section(".preinit_array"),
  gnu::used]] void (*const before_all)(int, char**, char**) = without_random_addresses;

}  // namespace

int main(int argc, char** argv) {
    std::uint64_t count = 10'000;
    bool atomic = false;
    bool whole = false;
    return shm::program(
        argc, argv,
        "Broken on purpose: a ring whose indices are volatile, not atomic. Built with "
        "ThreadSanitizer, whose report is what is to be seen.",
        [&](shm::Options& options) {
            options.number("--count", count, 1, 1'000'000, "How many messages go through it");
            options.flag("--atomic", atomic, "The same ring, its indices atomic");
            options.flag("--whole", whole, "All that ThreadSanitizer reports, 200 lines");
        },
        [&] {
            const auto messages = static_cast<std::uint32_t>(count);
            if (atomic) return run<std::atomic<std::uint64_t>>(messages);
            if (whole) return run<volatile std::uint64_t>(messages);
            return with_short_report([=] { return run<volatile std::uint64_t>(messages); });
        });
}
