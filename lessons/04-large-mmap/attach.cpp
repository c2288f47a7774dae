/// @file
/// Lesson 04: maps one large object that all copies of this program share, counts who is attached,
/// and waits for Enter. The first one creates it, the last one removes it.

#include "count.hpp"    // count_attached
#include "segment.hpp"  // struct Segment: the beginning of the object

#include "common/kernel/checked.hpp"
#include "common/kernel/room.hpp"
#include "common/kernel/smaps.hpp"          // given_to
#include "common/memory/shared_object.hpp"  // created whole, removed by the last one
#include "common/program/error.hpp"
#include "common/program/program.hpp"

#include <sys/mman.h>  // PROT_READ, PROT_WRITE, MAP_SHARED
#include <unistd.h>    // getpid

#include <algorithm>
#include <chrono>
#include <cstring>  // strnlen
#include <string>

using namespace std::chrono_literals;

namespace {

struct Settings {
    std::string name = "/large_shared_memory";
    std::size_t size = 1 << 20;
    bool sparse = false;
    std::chrono::milliseconds timeout = 60s;
};

std::size_t allocated_bytes(int fd) {
    return static_cast<std::size_t>(checked::fstat(fd).st_blocks) * 512;  // man 3 stat
}

/// What makes an object one of this program's.
shm::ObjectRules rules(const Settings& settings) {
    shm::ObjectRules rules;
    rules.create = [&](int fd) {
        //! [set length]
        checked::ftruncate(fd, settings.size);  // a length, and no memory
        write_segment(fd, settings.name);       // the first page: whose object this is
        //! [set length]
    };
    rules.check = [&](int fd) { require_segment(fd, settings.name); };
    return rules;
}

/// The creator has the object take all of its memory. The others wait for the attach lock: however
/// many start at once, it is taken once.
void take_memory(int fd, const Settings& settings) {
    //! [take memory]
    // Asked first: posix_fallocate would find out by taking all there is, and in a small memory
    // cgroup that ends in a kill.
    const std::size_t taken = std::min(allocated_bytes(fd), settings.size);
    shm::require_room(settings.name, settings.size - taken, shm::object_limits(taken));
    checked::posix_fallocate(fd, 0, settings.size);
    //! [take memory]
}

void require_size(int fd, const Settings& settings) {
    const auto size = static_cast<std::size_t>(checked::fstat(fd).st_size);
    if (size == settings.size) return;
    throw shm::Failure(fmt::format("{}: is {} long, --size asks for {}; give all the same",
                                   settings.name, shm::count_text(size, "byte"), settings.size));
}

/// Writes who this is, and returns what is there then.
std::string write_data(void* memory) {
    //! [write data]
    auto* segment = static_cast<Segment*>(memory);
    const auto text = fmt::format("Data from process {} at address {}", getpid(), memory);
    text.copy(segment->data, sizeof(segment->data) - 1);
    return std::string(segment->data, strnlen(segment->data, text.size()));
    //! [write data]
}

/// Three sizes that are easily taken for one.
void note_sizes(int fd, const void* memory, const Settings& settings) {
    //! [three sizes]
    const std::size_t allocated = allocated_bytes(fd);            // memory that it takes
    const std::size_t resident = shm::given_to(memory).resident;  // in this process's page table
    shm::note("{} bytes mapped, {} allocated, {} resident here", settings.size, allocated,
              resident);
    //! [three sizes]
}

int attach(const Settings& settings) {
    // Creates it or opens it. From here to release_attach_lock() no other process attaches or
    // detaches: see "Who is attached".
    shm::SharedObject object(settings.name, rules(settings),
                             shm::Deadline::after(settings.timeout));
    const int fd = object.fd();
    if (!object.is_creator()) require_size(fd, settings);
    if (object.is_creator() && !settings.sparse) take_memory(fd, settings);

    //! [map large]
    void* memory = checked::mmap(nullptr, settings.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    //! [map large]
    const std::string data = write_data(memory);

    //! [count attached]
    const unsigned number = count_attached(fd);
    object.release_attach_lock();  // before it prints: a terminal may be slow
    //! [count attached]

    if (object.is_creator()) shm::say("Initialized shared memory segment");
    shm::say("Process {} attached. Total processes: {}", getpid(), number);
    shm::say("Memory segment size: {} bytes", settings.size);
    shm::say("Virtual address: {}", memory);
    shm::say("Data: {}", data);
    note_sizes(fd, memory, settings);
    shm::wait_for_enter("Press Enter to detach...");

    //! [detach]
    checked::munmap(memory, settings.size);
    if (object.detach()) shm::say("Cleaned up shared memory");
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
            options.milliseconds("--timeout-ms", settings.timeout,
                                 "How long to wait for the attach lock");
        },
        [&] {
            settings.size = shm::whole_pages(settings.size);
            return attach(settings);
        });
}
