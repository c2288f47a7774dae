/// @file
/// Exercise 01.2, the other side: owns an object until Enter comes, or until it is killed.

#include "../exercise.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/program.hpp"

#include <fcntl.h>     // O_CREAT, O_EXCL, O_RDWR
#include <sys/mman.h>  // PROT_READ, PROT_WRITE, MAP_SHARED
#include <sys/stat.h>  // stat

#include <cstring>  // memcpy, memcmp
#include <string>

namespace {

constexpr char text[] = "Other";

/// Makes sure that no process has touched what is ours.
void require_untouched(const std::string& name, int fd, const void* memory) {
    struct stat ours {};
    struct stat found {};
    const std::string path = "/dev/shm" + name;
    shm::check(fstat(fd, &ours), "fstat", name);
    if (stat(path.c_str(), &found) == -1 || found.st_ino != ours.st_ino) {
        throw shm::Failure(name + ": the name was taken away from its living owner");
    }
    if (std::memcmp(memory, text, sizeof(text)) != 0) {
        throw shm::Failure(name + ": the living owner's text was overwritten");
    }
}

int owner(const std::string& name, bool early) {
    const shm::Descriptor object(checked::shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600));
    lock_byte_0(object.get());
    if (early) shm::wait_for_enter("The object has 0 bytes. Press Enter to go on...");
    checked::ftruncate(object.get(), 4096);
    void* memory =
        checked::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, object.get(), 0);
    std::memcpy(memory, text, sizeof(text));
    shm::wait_for_enter("Ready. Press Enter to end...");
    require_untouched(name, object.get(), memory);
    checked::shm_unlink(name);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "/my_object";
    bool early = false;
    return shm::program(
        argc, argv, "Owns an object until Enter comes.",
        [&](shm::Options& options) {
            options.object_name("--name", name, "The object's name");
            options.flag("--early", early, "Wait before the object has a size");
        },
        [&] { return owner(name, early); });
}
