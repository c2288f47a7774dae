/// @file
/// Lesson 06, the obvious wrong way: after "it exists" nothing is checked any more, as if what
/// exists could not be removed, or be another user's.

#include "common/program/program.hpp"

#include <sys/shm.h>  // shmget, shmctl

#include <cerrno>

namespace {

int safe_create(key_t key, std::size_t size, bool pause) {
    //! [unchecked record]
    int shmid = shmget(key, size, IPC_CREAT | IPC_EXCL | 0600);
    if (shmid == -1 && errno == EEXIST) {
        if (pause) shm::wait_for_enter("It exists. Press Enter to look at it...");
        shmid = shmget(key, 0, 0600);
        shmid_ds record = {};
        shmctl(shmid, IPC_STAT, &record);  // may have failed, and then it says nothing
        if (record.shm_segsz != size) {
            shm::say("Size mismatch: expected {}, got {}", size, record.shm_segsz);
            return 1;
        }
        shm::say("Using existing shared memory segment");
    }
    //! [unchecked record]
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    key_t key = 12345;
    std::size_t size = 4096;
    bool pause = false;
    return shm::program(
        argc, argv, "Broken on purpose: believes a record that it never got.",
        [&](shm::Options& options) {
            options.key("--key", key, "The segment's key");
            options.size("--size", size, "Its size in bytes");
            options.flag("--pause", pause, "Wait for Enter before looking at one that exists");
        },
        [&] { return safe_create(key, size, pause); });
}
