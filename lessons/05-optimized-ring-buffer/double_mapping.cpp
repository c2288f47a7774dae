/// @file
/// Lesson 05: maps one page twice in a row, writes a text over the end of the first mapping, and
/// reads it in one piece: what a ring does whose messages never wrap.

#include "common/kernel/checked.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/program.hpp"

#include <sys/mman.h>  // MAP_FIXED, MFD_CLOEXEC
#include <unistd.h>    // sysconf

#include <cstring>
#include <string_view>

namespace {

int double_mapping() {
    const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const shm::Descriptor object(checked::memfd_create("double_mapping", MFD_CLOEXEC));
    const int fd = object.get();
    checked::ftruncate(fd, size);

    //! [map twice]
    // Two pages of addresses that nothing else gets: the kernel says where they are free.
    void* space = checked::mmap(nullptr, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char* first = static_cast<char*>(space);
    char* second = first + size;
    // MAP_FIXED: there and nowhere else, in place of what was mapped there: only our own addresses.
    checked::mmap(first, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
    checked::mmap(second, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
    //! [map twice]
    shm::say("One page, mapped at {} and at {}", space, static_cast<void*>(second));

    //! [across the edge]
    constexpr std::string_view text = "a message that never wraps";
    char* message = second - 10;  // the last 10 bytes of the page, then the first ones again
    std::memcpy(message, text.data(), text.size());
    shm::say("Read at byte {} in one piece: {}", message - first,
             std::string_view(message, text.size()));
    shm::say("Read at byte 0: {}", std::string_view(first, text.size() - 10));
    //! [across the edge]
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    return shm::program(
        argc, argv,
        "Maps one page twice in a row, writes a text over its edge, and reads it in one piece.",
        [](shm::Options&) {}, double_mapping);
}
