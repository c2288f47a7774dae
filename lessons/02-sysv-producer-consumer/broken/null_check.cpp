/// @file
/// Lesson 02, the obvious wrong way: compares what shmat() returns with NULL. A failed shmat()
/// returns -1 as an address, so this program takes the failure for memory.

#include "common/program/program.hpp"

#include <sys/shm.h>  // shmget, shmat

namespace {

int null_check(key_t key) {
    //! [null check]
    const int shmid = shmget(key, 4096, 0600);  // no such segment: -1, unchecked
    void* memory = shmat(shmid, nullptr, 0);    // no such id: EINVAL
    if (memory == nullptr) {                    // never true: a failure is (void*)-1
        shm::say("shmat failed");
        return 1;
    }
    shm::say("attached at {}", memory);
    *static_cast<char*>(memory) = 'H';
    //! [null check]
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    key_t key = 12345;
    return shm::program(
        argc, argv, "Broken on purpose: takes a failed shmat for memory.",
        [&](shm::Options& options) { options.key("--key", key, "The segment's key"); },
        [&] { return null_check(key); });
}
