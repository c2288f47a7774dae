/// @file
/// Lesson 01, first program: creates a POSIX shared memory object and leaves a greeting in it.
/// Start it, leave it waiting, and start `reader` in a second terminal.

#include "greeting.hpp"     // struct Greeting: what both programs map
#include "left_behind.hpp"  // free_name_of_the_dead, claim, remove_name: if a writer is killed

#include "common/kernel/checked.hpp"  // checked::shm_open ...: the call; a failure is an exception
#include "common/kernel/room.hpp"     // whole_pages
#include "common/program/cleanup.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // PROT_READ, PROT_WRITE, MAP_SHARED

#include <new>
#include <string>

namespace {

int writer(const std::string& name, std::size_t size) {
    free_name_of_the_dead(name);  // a step by itself: left_behind.hpp

    //! [create object]
    // O_EXCL: if the name is taken, fail instead of writing into another program's memory.
    // 0600: this account may read and write it, no other account may.
    const shm::Descriptor object(checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
    const int fd = object.get();
    //! [create object]
    claim(fd, name);  // likewise: takes locks on it that end with this process

    //! [unlink name]
    // When the process ends, the kernel takes back all but the name: that is ours to remove.
    const shm::Cleanup unlink_name([&] { remove_name(fd, name); });
    //! [unlink name]

    //! [set size]
    // Memory for what we write now: a full /dev/shm is an error here, and not a SIGBUS later.
    checked::posix_fallocate(fd, 0, sizeof(Greeting));
    checked::ftruncate(fd, size);  // the whole length; further pages take no memory yet
    //! [set size]

    //! [map object]
    void* memory = checked::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    //! [map object]

    //! [publish greeting]
    auto* greeting = new (memory) Greeting{};  // the reader maps the same struct
    // First version and size: if this process is killed now, the next writer knows whose this is.
    shm::prepare(greeting->header, greeting_layout);
    const std::string text = "Hello from shared memory!";
    text.copy(greeting->text, sizeof(greeting->text) - 1);
    shm::publish(greeting->header, greeting_layout);  // last: from now on a reader may look
    //! [publish greeting]

    shm::say("Data written to shared memory: {}", text);  // ours: a peer may change the other
    shm::wait_for_enter("Press Enter to continue...");    // Ctrl-C ends it too, clean-up and all
    checked::munmap(memory, size);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "/my_shared_memory";
    std::size_t size = 4096;
    return shm::program(
        argc, argv, "Creates a shared memory object, leaves a greeting in it, and waits for Enter.",
        [&](shm::Options& options) {
            options.object_name("--name", name, "The object's name");
            options.size("--size", size, "The object's size in bytes");
        },
        [&] { return writer(name, shm::whole_pages(size)); });
}
