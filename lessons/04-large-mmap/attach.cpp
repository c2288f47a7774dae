/// @file
/// Lesson 04: maps one large object that all copies of this program share, counts who is attached,
/// and waits for Enter. The first one creates it, the last one removes it.

#include "presence.hpp"  // the gate, who is present, the name
#include "segment.hpp"   // struct Segment: the beginning of the object

#include "common/kernel/room.hpp"
#include "common/kernel/smaps.hpp"  // given_to
#include "common/program/check.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // posix_fallocate
#include <sys/mman.h>  // mmap, munmap
#include <sys/stat.h>  // fstat
#include <unistd.h>    // ftruncate, getpid

#include <algorithm>
#include <chrono>
#include <cstring>  // strnlen
#include <fstream>
#include <string>

using shm::check;
using namespace std::chrono_literals;

namespace {

struct Settings {
    std::string name = "/large_shared_memory";
    std::size_t size = 1 << 20;
    bool sparse = false;
    std::chrono::milliseconds timeout = 60s;
};

struct stat facts_of(int fd, const std::string& name) {
    struct stat object = {};
    check(fstat(fd, &object), "fstat", name);
    return object;
}

std::size_t allocated_bytes(int fd, const std::string& name) {
    return static_cast<std::size_t>(facts_of(fd, name).st_blocks) * 512;  // man 3 stat
}

/// The first process makes the object as large as it is asked to be.
void take_memory(int fd, const Settings& settings) {
    const auto length = static_cast<off_t>(settings.size);
    //! [sparse size]
    if (settings.sparse) {
        check(ftruncate(fd, length), "ftruncate", settings.name);  // a length, and no memory
        return;
    }
    //! [sparse size]
    //! [take memory]
    // Asked first: posix_fallocate would find out by taking all there is, and in a small memory
    // cgroup that ends in a kill.
    const std::size_t taken = std::min(allocated_bytes(fd, settings.name), settings.size);
    shm::require_room(settings.name, settings.size - taken, shm::object_limits(taken));
    // Piece by piece, so that Ctrl-C need not wait for the last of many gigabytes.
    for (off_t from = 0; from < length;) {
        shm::check_stop();
        const off_t piece = std::min(length - from, off_t{256} << 20);
        const int error = posix_fallocate(fd, from, piece);
        if (error == EINTR) continue;
        shm::check_returned(error, "posix_fallocate", settings.name);
        from += piece;
    }
    //! [take memory]
}

void require_size(int fd, const Settings& settings) {
    const off_t length = facts_of(fd, settings.name).st_size;
    if (length != static_cast<off_t>(settings.size)) {
        throw shm::Failure(
            fmt::format("{}: is {} bytes long, --size asks for {}; give all the same",
                        settings.name, length, settings.size));
    }
}

/// Three sizes that are easily taken for one.
void note_sizes(int fd, const void* memory, const Settings& settings) {
    //! [three sizes]
    const std::size_t allocated = allocated_bytes(fd, settings.name);  // memory that it takes
    const std::size_t resident = shm::given_to(memory).resident;  // in our page table, says smaps
    shm::note("{} bytes mapped, {} allocated, {} resident here", settings.size, allocated,
              resident);
    //! [three sizes]
}

int attach(const Settings& settings) {
    //! [behind gate]
    // From here we are counted, and behind the gate: nobody else comes or leaves.
    Presence presence(settings.name, shm::Deadline::after(settings.timeout));
    if (presence.is_first()) {
        take_memory(presence.fd(), settings);
    } else {
        require_size(presence.fd(), settings);
    }
    //! [behind gate]

    //! [map large]
    void* memory =
        mmap(nullptr, settings.size, PROT_READ | PROT_WRITE, MAP_SHARED, presence.fd(), 0);
    shm::check_mapped(memory, "mmap", settings.name);
    //! [map large]

    //! [write data]
    auto* segment = static_cast<Segment*>(memory);
    const auto text = fmt::format("Data from process {} at address {}", getpid(), memory);
    text.copy(segment->data, sizeof(segment->data) - 1);
    const std::string data(segment->data, strnlen(segment->data, text.size()));
    presence.open_gate();  // before we print: a terminal may be slow
    //! [write data]

    if (presence.is_first()) shm::say("Initialized shared memory segment");
    shm::say("Process {} attached. Total processes: {}", getpid(), presence.number());
    shm::say("Memory segment size: {} bytes", settings.size);
    shm::say("Virtual address: {}", memory);
    shm::say("Data: {}", data);
    note_sizes(presence.fd(), memory, settings);
    shm::wait_for_enter("Press Enter to detach...");

    //! [detach]
    check(munmap(memory, settings.size), "munmap", settings.name);
    if (presence.leave()) shm::say("Cleaned up shared memory");
    //! [detach]
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    return shm::program(
        argc, argv, "Maps a large object that all copies share; the last one out removes it.",
        [&](shm::Options& options) {
            options.object_name("--name", settings.name, "The object's name");
            options.size("--size", settings.size, "The object's size in bytes");
            options.flag("--sparse", settings.sparse, "Give it a length, and no memory yet");
            options.milliseconds("--timeout-ms", settings.timeout, "How long to wait at the gate");
        },
        [&] {
            settings.size = shm::whole_pages(settings.size);
            return attach(settings);
        });
}
