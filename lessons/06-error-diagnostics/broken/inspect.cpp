/// @file
/// Lesson 06, the obvious wrong way: prints the times as they are kept, and 0 is a date, too.

#include "common/kernel/checked.hpp"
#include "common/program/program.hpp"

#include <sys/shm.h>  // shmget, shmctl
#include <time.h>     // gmtime_r, asctime_r

#include <array>
#include <string>

namespace {

//! [print zero]
std::string date(time_t time) {
    tm parts = {};
    std::array<char, 32> text;
    std::string line = asctime_r(gmtime_r(&time, &parts), text.data());
    line.pop_back();  // its newline
    return line;
}
//! [print zero]

int inspect(key_t key) {
    const int shmid = checked::shmget(key, 0, 0);
    shmid_ds record = {};
    checked::shmctl(shmid, IPC_STAT, &record);
    shm::say("Last attach time: {}", date(record.shm_atime));
    shm::say("Last detach time: {}", date(record.shm_dtime));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    key_t key = 12345;
    return shm::program(
        argc, argv, "Broken on purpose: prints a date for what never happened.",
        [&](shm::Options& options) { options.key("--key", key, "The segment's key"); },
        [&] { return inspect(key); });
}
