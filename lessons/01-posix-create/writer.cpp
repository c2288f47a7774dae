/// @file
/// Lesson 01, first program: creates a POSIX shared memory object and leaves a greeting in it.
/// Start it, leave it waiting, and start `reader` in a second terminal.

#include "greeting.hpp"  // struct Greeting: what both programs map

#include "common/kernel/reason.hpp"  // why_...: lesson 06 explains it
#include "common/kernel/room.hpp"
#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/program.hpp"
#include "left_behind.hpp"  // what to do about a name that a killed writer left

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR, posix_fallocate
#include <sys/mman.h>  // shm_open, shm_unlink, mmap, munmap
#include <sys/stat.h>  // fstat
#include <unistd.h>    // ftruncate

#include <cerrno>
#include <new>
#include <string>

using shm::check;

namespace {

int writer(const std::string& name, std::size_t size) {
    //! [create object]
    // O_EXCL: if the name is taken, fail instead of writing into somebody else's memory.
    // 0600: this user may read and write it, nobody else may do anything with it.
    int fd = -1;
    do {
        fd = shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600);
    } while (was_taken_by_the_dead(fd, name));  // or an error that says who has the name
    check(fd, "shm_open", name, shm::why_shm_open, name.c_str(), O_CREAT | O_EXCL | O_RDWR);
    //! [create object]

    //! [unlink name]
    // Only the name outlives a process, so only the name needs care. st_nlink is 0 if somebody
    // has removed it in the meantime: the name may then be another object's by now.
    const shm::Cleanup unlink_name([&] {
        struct stat object = {};
        if (fstat(fd, &object) == 0 && object.st_nlink > 0) shm_unlink(name.c_str());
    });
    //! [unlink name]

    //! [set size]
    // It is 0 bytes long so far.
    check(ftruncate(fd, static_cast<off_t>(size)), "ftruncate", name, shm::why_ftruncate, fd,
          static_cast<off_t>(size));
    // Takes the memory for what we will write now, so that "full" is an error here and not a
    // SIGBUS at the first write.
    shm::check_returned(posix_fallocate(fd, 0, sizeof(Greeting)), "posix_fallocate", name,
                        shm::why_posix_fallocate, fd, 0, sizeof(Greeting));
    //! [set size]

    //! [map object]
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    shm::check_mapped(memory, "mmap", name, shm::why_mmap, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                      fd, 0);
    //! [map object]

    //! [publish greeting]
    auto* greeting = new (memory) Greeting{};       // the reader maps the same struct
    shm::prepare(greeting->mark, greeting_layout);  // first: whose memory this is going to be
    const std::string text = "Hello from shared memory!";
    text.copy(greeting->text, sizeof(greeting->text) - 1);
    shm::publish(greeting->mark, greeting_layout);  // last: from now on a reader may look
    //! [publish greeting]

    shm::say("Data written to shared memory: {}", text);  // ours: another may have changed theirs
    shm::wait_for_enter("Press Enter to continue...");    // Ctrl-C ends it too, clean-up and all
    check(munmap(memory, size), "munmap", name);
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
