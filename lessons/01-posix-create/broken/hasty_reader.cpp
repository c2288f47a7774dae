/// @file
/// Lesson 01, the obvious wrong way, other side: a reader that prints what is there, and does not
/// ask whether the writer has finished. See `early`.

#include "common/kernel/checked.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // O_RDONLY
#include <sys/mman.h>  // PROT_READ, MAP_SHARED

#include <cstring>  // strnlen
#include <string>

namespace {

int hasty_reader(const std::string& name) {
    const shm::Descriptor object(checked::shm_open(name, O_RDONLY, 0));
    //! [read at once]
    constexpr std::size_t size = 4096;
    void* memory = checked::mmap(nullptr, size, PROT_READ, MAP_SHARED, object.get(), 0);
    const auto* text = static_cast<const char*>(memory);
    shm::say("Data read from shared memory: {}", std::string(text, strnlen(text, size)));
    //! [read at once]
    checked::munmap(memory, size);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "/my_shared_memory";
    return shm::program(
        argc, argv, "Broken on purpose: prints what early has written so far.",
        [&](shm::Options& options) { options.object_name("--name", name, "The object's name"); },
        [&] { return hasty_reader(name); });
}
