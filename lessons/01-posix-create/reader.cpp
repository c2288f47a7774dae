/// @file
/// Lesson 01, second program: maps the object that `writer` made, read-only, and prints what it
/// finds. Start it in a second terminal while `writer` waits.

#include "greeting.hpp"     // struct Greeting: what both programs map
#include "left_behind.hpp"  // creator_lives

#include "common/kernel/checked.hpp"
#include "common/kernel/reason.hpp"  // why_shm_folder
#include "common/memory/object.hpp"  // open_object
#include "common/program/descriptor.hpp"
#include "common/program/error.hpp"
#include "common/program/program.hpp"
#include "common/program/shell.hpp"  // object_for_shell
#include "common/program/wait_notice.hpp"

#include <fcntl.h>     // O_RDONLY
#include <sys/mman.h>  // PROT_READ, MAP_SHARED

#include <cerrno>
#include <chrono>
#include <cstring>  // strnlen
#include <string>

using namespace std::chrono_literals;

namespace {

shm::Descriptor open_greeting(const std::string& name, const shm::Deadline& deadline) {
    //! [open object]
    // No O_CREAT: a reader that creates the object itself finds only zeros in it.
    shm::Descriptor object = shm::open_object(name, O_RDONLY, deadline);
    //! [open object]
    if (!object.is_open()) {
        std::string why = shm::why_shm_folder(ENOENT);  // "" where /dev/shm is as it should be
        if (why.empty()) why = "no process has created it: start the writer first";
        throw shm::SystemError(ENOENT, "shm_open", name, why);  // it does not wait for the name
    }
    // The writer asks the same before it removes a name. A reader only says that it trusts nothing.
    if (!shm::is_own_account(object.get())) {
        throw shm::Failure(name + ": belongs to another user, so what it says is not trusted");
    }
    return object;
}

/// Waits until `is_there` returns true; also without a writer: a new one may not have its lock yet.
/// @param ended  what to say if the deadline passes, and the writer has ended
/// @returns whether the writer lived when `is_there` was asked
/// @throws shm::Failure if the deadline passes; earlier if no writer lives, and the name is gone
template <typename Look>
bool wait_for_writer(int fd, const std::string& name, const shm::Deadline& deadline,
                     const Look& is_there, const std::string& ended) {
    shm::WaitNotice notice(deadline.time());
    for (;;) {
        //! [lives first]
        // In this order: what a writer did before it ended is seen after it is seen to have ended.
        const bool lives = creator_lives(fd);
        if (is_there()) return lives;
        //! [lives first]
        // A writer that takes the name now makes another object; this one's writer has ended.
        if (!lives && !shm::has_name(fd, name)) {
            throw shm::Failure(name +
                               ": was removed while this reader waited for its greeting; "
                               "start the writer, and this reader again");
        }
        notice.look("the writer to finish its greeting",
                    lives ? shm::if_stopped() : "if none is there, start it again");
        if (deadline.passed()) {
            if (!lives) throw shm::Failure(name + ended);
            throw shm::Failure(fmt::format(
                "{0}: its writer lives, but did not finish the greeting in time; see who it is: "
                "fuser -v {1}",
                name, shm::object_for_shell(name)));
        }
        shm::pause_for(1ms);
    }
}

/// Returns the object's size, once it has one, and it is large enough for a greeting.
std::size_t wait_for_size(int fd, const std::string& name, const shm::Deadline& deadline) {
    std::size_t size = 0;
    const auto has_size = [&] {
        size = static_cast<std::size_t>(checked::fstat(fd).st_size);
        return size != 0;
    };
    wait_for_writer(fd, name, deadline, has_size,
                    ": is still 0 bytes long, and its writer has ended; start the writer again: "
                    "it puts that right");
    if (size < sizeof(Greeting)) {
        throw shm::Failure(
            fmt::format("{}: is {} long, a greeting takes {}; it is another program's: choose "
                        "another --name",
                        name, shm::count_text(size, "byte"), sizeof(Greeting)));
    }
    return size;
}

int reader(const std::string& name, std::chrono::milliseconds timeout) {
    const auto deadline = shm::Deadline::after(timeout);  // one for all waits together
    const shm::Descriptor object = open_greeting(name, deadline);
    const int fd = object.get();

    //! [map object]
    // The name shows before the object has a size: wait for it, until the deadline at most.
    const std::size_t size = wait_for_size(fd, name, deadline);
    // PROT_READ: a write through this mapping is a SIGSEGV here.
    void* memory = checked::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    const auto* greeting = static_cast<const Greeting*>(memory);
    //! [map object]

    //! [wait published]
    const auto is_whole = [&] {
        return shm::is_published(greeting->header, greeting_layout, name);
    };
    const bool writer_lives =
        wait_for_writer(fd, name, deadline, is_whole,
                        ": its writer ended before the greeting was whole; start the writer "
                        "again: it puts that right");
    //! [wait published]
    if (!writer_lives) {
        throw shm::Failure(name +
                           ": its writer is gone, so this greeting is old; start the writer "
                           "again: it puts that right");
    }

    //! [print text]
    // The writer could change it while we read: copy once, and do not trust its terminating zero.
    const std::string text(greeting->text, strnlen(greeting->text, sizeof(greeting->text)));
    shm::say("Data read from shared memory: {}", text);
    //! [print text]

    checked::munmap(memory, size);  // ends the mapping; the object stays
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
            options.milliseconds(
                "--timeout-ms", timeout,
                "How long to wait for the object that is there to hold a whole greeting");
        },
        [&] { return reader(name, timeout); });
}
