/// @file
/// Lesson 01, the obvious wrong way: a writer that never unlinks its object. The process ends, the
/// mapping ends with it, and the name stays in /dev/shm for ever, with the memory behind it.

#include "../greeting.hpp"

#include "common/program/check.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // shm_open, mmap, munmap
#include <unistd.h>    // ftruncate

#include <cstring>
#include <new>
#include <string>

using shm::check;

namespace {

int writer(const std::string& name) {
    //! [no unlink]
    const int fd = check(shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600), "shm_open", name);
    check(ftruncate(fd, sizeof(Greeting)), "ftruncate", name);
    void* memory = mmap(nullptr, sizeof(Greeting), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    shm::check_mapped(memory, "mmap", name);

    auto* greeting = new (memory) Greeting{};
    shm::prepare(greeting->mark, greeting_layout);
    std::strcpy(greeting->text, "Hello from shared memory!");
    shm::publish(greeting->mark, greeting_layout);
    shm::say("Data written to shared memory: {}", greeting->text);

    check(munmap(memory, sizeof(Greeting)), "munmap", name);
    return 0;  // "The kernel cleans up after a process": the mapping, yes. The name, no.
    //! [no unlink]
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "/my_shared_memory";
    return shm::program(
        argc, argv, "Broken on purpose: creates a shared memory object and never removes it.",
        [&](shm::Options& options) { options.object_name("--name", name, "The object's name"); },
        [&] { return writer(name); });
}
