/// @file
/// Exercise 01.1, the other side: counts in shared memory, one step for each Enter.

#include "../exercise.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // PROT_READ, PROT_WRITE, MAP_SHARED

#include <new>
#include <string>

namespace {

struct Settings {
    std::string name = "/my_count";
    std::uint64_t to = 3;
    bool slow = false;
};

void count_to(Count& shared, std::uint64_t last) {
    for (std::uint64_t number = 1; number <= last; ++number) {
        shared.count.store(number);
        shared.whole.store(1);
        shm::wait_for_enter(fmt::format("Count: {}. Press Enter to go on...", number));
    }
    shared.ended.store(1);
}

void require_name(const std::string& name) {
    const shm::Descriptor object(shm_open(name.c_str(), O_RDONLY, 0));
    if (!object.is_open()) {
        throw shm::Failure("the name is gone, and the counter did not remove it");
    }
}

int counter(const Settings& settings) {
    const shm::Descriptor object(checked::shm_open(settings.name, O_CREAT | O_EXCL | O_RDWR, 0600));
    const shm::Cleanup unlink_name([&] { shm_unlink(settings.name.c_str()); });
    if (settings.slow) shm::wait_for_enter("The object has 0 bytes. Press Enter to go on...");
    checked::ftruncate(object.get(), sizeof(Count));
    void* memory =
        checked::mmap(nullptr, sizeof(Count), PROT_READ | PROT_WRITE, MAP_SHARED, object.get(), 0);
    auto* shared = new (memory) Count{};
    if (settings.slow) {
        shared->count.store(99);  // not the count: no reader may read it yet
        shm::wait_for_enter("It is not whole. Press Enter to go on...");
    }
    count_to(*shared, settings.to);
    shm::wait_for_enter("Ended. Press Enter to remove the object...");
    require_name(settings.name);
    checked::munmap(memory, sizeof(Count));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    return shm::program(
        argc, argv, "Counts in shared memory, one step for each Enter.",
        [&](shm::Options& options) {
            options.object_name("--name", settings.name, "The object's name");
            options.number("--to", settings.to, 1, 1'000'000, "Where it ends");
            options.flag("--slow", settings.slow, "Wait before the object is whole");
        },
        [&] { return counter(settings); });
}
