/// @file
/// Exercise 04.2, the other side: creates the object, or is attached to it until Enter comes.

#include "../exercise.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/error.hpp"
#include "common/program/program.hpp"

#include <fmt/core.h>

#include <new>
#include <string>

namespace {

int create(const std::string& name) {
    const shm::Descriptor object(checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
    checked::ftruncate(object.get(), object_size);
    return 0;
}

int member(const std::string& name, std::uint64_t entry) {
    const shm::Descriptor object(checked::shm_open(name, O_RDWR, 0));
    auto* shared = static_cast<Shared*>(
        checked::mmap(nullptr, object_size, PROT_READ | PROT_WRITE, MAP_SHARED, object.get(), 0));
    struct flock lock = lock_on(static_cast<off_t>(entry), 1);
    if (fcntl(object.get(), F_OFD_SETLK, &lock) == -1) {
        throw shm::SystemError(errno, "fcntl", fmt::format("entry {} of {}", entry, name));
    }
    shared->count.fetch_add(1);
    shm::wait_for_enter(fmt::format("Attached by entry {}. Press Enter to end...", entry));
    shared->count.fetch_sub(1);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "/my_object";
    std::uint64_t entry = 0;
    bool creates = false;
    return shm::program(
        argc, argv, "Is attached to an object until Enter comes.",
        [&](shm::Options& options) {
            options.object_name("--name", name, "The object's name");
            options.flag("--create", creates, "Create the object, and end");
            options.number("--entry", entry, 0, entries - 1, "Which entry to hold");
        },
        [&] { return creates ? create(name) : member(name, entry); });
}
