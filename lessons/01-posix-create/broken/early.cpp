/// @file
/// Lesson 01, the obvious wrong way: a writer that does not say when its greeting is whole. It
/// waits in the middle of it, so that `hasty_reader` in a second terminal comes too early.

#include "common/kernel/checked.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // PROT_READ, PROT_WRITE, MAP_SHARED

#include <string>

namespace {

int early(const std::string& name) {
    const shm::Descriptor object(checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
    const shm::Cleanup unlink_name([&] { checked::shm_unlink(name); });
    constexpr std::size_t size = 4096;
    checked::ftruncate(object.get(), size);
    void* memory =
        checked::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, object.get(), 0);

    //! [half greeting]
    auto* shared = static_cast<char*>(memory);
    const std::string text = "Hello from shared memory!";
    const std::size_t half = text.size() / 2;
    text.copy(shared, half);
    shm::wait_for_enter("Half of it is written. Press Enter to write the rest...");
    text.copy(shared + half, text.size() - half, half);
    //! [half greeting]
    shm::wait_for_enter("Data written to shared memory. Press Enter to end...");
    checked::munmap(memory, size);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "/my_shared_memory";
    return shm::program(
        argc, argv, "Broken on purpose: writes half of a greeting, and waits before the rest.",
        [&](shm::Options& options) { options.object_name("--name", name, "The object's name"); },
        [&] { return early(name); });
}
