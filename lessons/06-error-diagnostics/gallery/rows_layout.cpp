#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/layout.hpp"
#include "common/program/error.hpp"
#include "stage.hpp"

#include <fmt/core.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <new>

// What lies in shared memory.

namespace {

const std::size_t page = shm::page_size();
constexpr int read_write = PROT_READ | PROT_WRITE;

struct Node {
    Node* next;
    int value;
};

/// What is_published says of a header that another build of the program has published.
std::string refused(const shm::Layout& theirs, const shm::Layout& ours,
                    std::uint16_t their_abi = shm::layout_abi) {
    auto* header = new (stage::map(stage::make_object(page), page, read_write)) shm::LayoutHeader{};
    shm::prepare(*header, theirs);
    header->abi = their_abi;
    shm::publish(*header, theirs);
    try {
        shm::is_published(*header, ours, stage::name);
    } catch (const shm::Failure& refusal) {
        return refusal.what();
    }
    throw Unexpected("it was taken for ours");
}

const Row rows[] = {
    {"pointer-inside", "a pointer is stored in the segment", "mmap", "SIGSEGV",
     "the object lies at another address in each process", "offsets from the segment's beginning",
     [] {
         const int fd = stage::make_memfd(page);
         auto* first = new (stage::map(fd, page, read_write)) Node{};
         first->next = first + 1;
         auto* other = reinterpret_cast<volatile Node*>(stage::map(fd, page, read_write));
         checked::munmap(first, page);  // the maker's is not ours
         other->next->value = 1;
         return std::string();
     }},
    {"old-layout", "creator and opener were built from different layouts", "mmap", "success",
     "no call fails: the bytes mean something else to each",
     "a header of magic number, version and size in front; refused with both values",
     [] {
         return refused({.magic = 0x67616c6c657279, .version = 1, .size = 64},
                        {.magic = 0x67616c6c657279, .version = 2, .size = 96});
     }},
    {"other-abi", "one of the two was built for 32 bits, the other for 64", "mmap", "success",
     "no call fails: pointers, mutexes and semaphores have other sizes, and members lie elsewhere",
     "those sizes in the header in front; refused with both values",
     [] {
         const shm::Layout layout = {.magic = 0x67616c6c657279, .version = 1, .size = 64};
         return refused(layout, layout, sizeof(void*) == 4 ? 0x854 : 0x432);  // on a PC, by glibc
     }},
    {"foreign-data", "the object under our name is another program's", "mmap", "success",
     "no call fails", "a magic number of your own, checked before anything else",
     [] {
         return refused({.magic = 0x1111111111111111, .version = 1, .size = 64},
                        {.magic = 0x67616c6c657279, .version = 1, .size = 64});
     }},
    {"lost-update", "a number is read, changed and written back, without a lock", "+", "success",
     "what another process wrote in between is overwritten", "fetch_add of an atomic, or a lock",
     [] {
         const int fd = stage::make_memfd(page);
         auto* number = reinterpret_cast<volatile int*>(stage::map(fd, page, read_write));
         const int before = *number;
         stage::in_killed_child([=] { *number = *number + 1; });
         *number = before + 1;
         stage::expect(*number == 1, "another sum");
         return std::string("two processes add 1 each to 0, and it is 1");
     }},
    {"index-wraps", "a 32-bit index, and a capacity that is no power of two", "%", "success",
     "2^32 is no multiple of it: the slot jumps after 4,294,967,296 messages", "64-bit counters",
     [] {
         auto& index = *stage::shared<std::atomic<std::uint32_t>>();
         index = UINT32_MAX;
         const std::uint32_t before = index % 10;
         stage::in_killed_child([&] { ++index; });  // the producer sends one more
         stage::expect(index % 10 != (before + 1) % 10, "it goes on");
         return fmt::format("from slot {} to slot {} of 10", before, index.load() % 10);
     }},
};

}  // namespace

const std::span<const Row> layout_rows = rows;
