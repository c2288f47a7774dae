/// @file
/// Lesson 01, second program: maps the object that `writer` made, read-only, and prints what it
/// finds. Start it in a second terminal while `writer` waits.

#include "greeting.hpp"  // struct Greeting: what both programs map

#include "common/kernel/reason.hpp"  // why_...: lesson 06 explains it
#include "common/program/check.hpp"
#include "common/program/program.hpp"
#include "common/program/wait_notice.hpp"
#include "left_behind.hpp"

#include <fcntl.h>     // O_RDONLY
#include <sys/mman.h>  // shm_open, mmap, munmap
#include <sys/stat.h>  // fstat
#include <unistd.h>    // geteuid

#include <cerrno>
#include <chrono>
#include <cstring>  // strnlen
#include <string>

using shm::check;
using namespace std::chrono_literals;

namespace {

/// Waits before the next look at what a live writer has not finished yet.
void wait_a_moment(const std::string& name, const shm::Deadline& deadline,
                   shm::WaitNotice& notice) {
    notice.look("the writer to finish its greeting", shm::if_stopped());
    if (deadline.passed()) {
        throw shm::Failure(name +
                           ": its writer lives, but did not finish the greeting in time; "
                           "see who it is: fuser -v /dev/shm" +
                           name);
    }
    shm::pause_for(1ms);
}

/// Waits until the object behind `fd` is long enough to hold a greeting, and returns its size.
std::size_t wait_for_size(int fd, const std::string& name, const shm::Deadline& deadline,
                          shm::WaitNotice& notice) {
    struct stat object = {};
    check(fstat(fd, &object), "fstat", name);
    if (object.st_uid != geteuid()) {
        throw shm::Failure(name + ": belongs to another user, so what it says is not trusted");
    }
    for (;;) {
        // In this order: what a writer did before it ended is seen after it is seen to have ended.
        const bool writer_lives = has_live_writer(fd, name);
        check(fstat(fd, &object), "fstat", name);
        if (object.st_size != 0) break;
        if (!writer_lives) {
            throw shm::Failure(name +
                               ": is still 0 bytes long, and its writer has ended; start the "
                               "writer again: it puts that right");
        }
        wait_a_moment(name, deadline, notice);
    }
    if (object.st_size < static_cast<off_t>(sizeof(Greeting))) {
        throw shm::Failure(
            fmt::format("{}: is {} long, a greeting takes {}; it is another "
                        "program's: choose another --name",
                        name, shm::count_text(static_cast<std::uint64_t>(object.st_size), "byte"),
                        sizeof(Greeting)));
    }
    return static_cast<std::size_t>(object.st_size);
}

int reader(const std::string& name, std::chrono::milliseconds timeout) {
    const auto deadline = shm::Deadline::after(timeout);
    shm::WaitNotice notice(timeout);

    //! [open object]
    // No O_CREAT: a reader that creates what it wants to read finds nothing but zeros.
    const int fd = shm_open(name.c_str(), O_RDONLY, 0);
    if (fd == -1 && errno == ENOENT) {
        throw shm::SystemError(ENOENT, "shm_open", name,
                               "nobody has created it: start the writer first");
    }
    check(fd, "shm_open", name, shm::why_shm_open, name.c_str(), O_RDONLY);
    //! [open object]

    //! [map object]
    // The name shows before the object is whole: look at its size, then at its mark.
    const std::size_t size = wait_for_size(fd, name, deadline, notice);
    // PROT_READ: a write through this mapping is a SIGSEGV here, not a surprise over there.
    void* memory = shm::check_mapped(mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0), "mmap",
                                     name, shm::why_mmap, size, PROT_READ, MAP_SHARED, fd, 0);
    //! [map object]

    //! [check mark]
    const auto* greeting = static_cast<const Greeting*>(memory);
    bool writer_lives = has_live_writer(fd, name);  // asked first, looked afterwards
    while (!shm::is_published(greeting->mark, greeting_layout, name)) {
        if (!writer_lives) {
            throw shm::Failure(name +
                               ": its writer ended before the greeting was whole; start the "
                               "writer again: it puts that right");
        }
        wait_a_moment(name, deadline, notice);
        writer_lives = has_live_writer(fd, name);
    }
    if (!writer_lives) {
        throw shm::Failure(name +
                           ": its writer is gone, so this greeting is old; start the writer "
                           "again: it puts that right");
    }
    //! [check mark]

    //! [print text]
    // The other process could change it under our eyes: copy once, and never trust its end.
    const std::string text(greeting->text, strnlen(greeting->text, sizeof(greeting->text)));
    shm::say("Data read from shared memory: {}", text);
    //! [print text]

    check(munmap(memory, size), "munmap", name);  // ends the mapping; the object stays
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "/my_shared_memory";
    std::chrono::milliseconds timeout = 60s;
    return shm::program(
        argc, argv, "Prints the greeting that writer left in a shared memory object.",
        [&](shm::Options& options) {
            options.object_name("--name", name, "The object's name");
            options.milliseconds("--timeout-ms", timeout, "How long to wait for a whole greeting");
        },
        [&] { return reader(name, timeout); });
}
