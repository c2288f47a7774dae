/// @file
/// Lesson 01, the obvious wrong way: a writer that never unlinks its object. The process ends, the
/// mapping ends with it, and the name stays in /dev/shm until the machine is switched off, with the
/// memory behind it. It takes no lock either: to reader its greeting is an old one, and the next
/// writer removes it.

#include "../greeting.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // PROT_READ, PROT_WRITE, MAP_SHARED

#include <cstring>
#include <new>
#include <string>

namespace {

int writer(const std::string& name) {
    const int fd = checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    checked::ftruncate(fd, sizeof(Greeting));
    void* memory =
        checked::mmap(nullptr, sizeof(Greeting), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    auto* greeting = new (memory) Greeting{};
    shm::prepare(greeting->header, greeting_layout);
    std::strcpy(greeting->text, "Hello from shared memory!");
    shm::publish(greeting->header, greeting_layout);
    shm::say("Data written to shared memory: {}", greeting->text);

    //! [no unlink]
    checked::munmap(memory, sizeof(Greeting));
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
