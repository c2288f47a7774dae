/// @file
/// Lesson 02: what ftok() makes a key of, and why two files can give the same one.

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/program.hpp"

#include <sys/ipc.h>   // ftok
#include <sys/stat.h>  // stat

#include <string>

namespace {

int file_key(const std::string& file) {
    //! [make key]
    // Unchecked, a missing file's key is -1 for every program that makes the same mistake.
    const key_t key = checked::ftok(file, 1);
    //! [make key]
    // The kernel's key has room for 8 bits of the project number: 257 is 1 once more.
    const key_t same = checked::ftok(file, 257);

    struct stat facts = {};
    shm::check(stat(file.c_str(), &facts), "stat", file);
    shm::say("ftok(\"{}\", 1)   = {}", file, shm::key_text(key));
    shm::say("ftok(\"{}\", 257) = {}", file, shm::key_text(same));
    shm::say("made of: project number {:#04x}, device {:#04x}, inode {:#06x}",
             static_cast<unsigned>(key) >> 24U, facts.st_dev & 0xffU, facts.st_ino & 0xffffU);
    shm::say("The inode is {}: a file with inode {} on this device has the same key.", facts.st_ino,
             facts.st_ino + 0x10000U);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string file;
    return shm::program(
        argc, argv, "Shows the System V key that ftok() makes of a file, and what it leaves out.",
        [&](shm::Options& options) { options.positional("file", file, "The file"); },
        [&] { return file_key(file); });
}
