/// @file
/// Lesson 06, first program: prints what the kernel knows of a System V segment.

#include "common/kernel/checked.hpp"
#include "common/kernel/reason.hpp"   // why_shmget
#include "common/memory/segment.hpp"  // segment_record: shmctl IPC_STAT, checked
#include "common/program/program.hpp"

#include <sys/ipc.h>  // IPC_STAT
#include <sys/shm.h>  // shmget, shmctl
#include <time.h>     // localtime_r, strftime

#include <array>
#include <optional>
#include <string>

namespace {

//! [never attached]
/// The kernel keeps 0 for what has not happened. As a date, 0 is the first of January 1970.
std::string date_or_never(time_t time) {
    if (time == 0) return "never";
    tm parts = {};
    if (localtime_r(&time, &parts) == nullptr) return fmt::format("{} s after 1970", time);
    std::array<char, 64> text;
    return {text.data(), strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}
//! [never attached]

int inspect(std::optional<key_t> key, std::optional<std::uint64_t> id) {
    if (key.has_value() == id.has_value()) {
        throw shm::UsageError("give either --key or --id; ipcs -m shows both");
    }
    int shmid = static_cast<int>(id.value_or(0));
    if (key) {
        //! [find without asking]
        // Mode 0: asks for no access, so it finds a segment that we may not read, too.
        shmid = checked::shmget(*key, 0, 0);
        //! [find without asking]
    }
    const shmid_ds record = shm::segment_record(shmid);

    //! [print record]
    shm::say("=== Shared Memory Information ===");
    shm::say("Segment size: {}", shm::count_text(record.shm_segsz, "byte"));
    shm::say("Last attach time: {}", date_or_never(record.shm_atime));
    shm::say("Last detach time: {}", date_or_never(record.shm_dtime));
    shm::say("Number of attached processes: {}", record.shm_nattch);
    shm::say("Creator PID: {}", record.shm_cpid);
    shm::say("Last operation PID: {}", record.shm_lpid);
    shm::say("Permission mode: {:04o}", record.shm_perm.mode & 0777);
    if (shm::is_removed(record)) shm::say("Marked for removal: gone when the last one detaches");
    //! [print record]
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::optional<key_t> key;
    std::optional<std::uint64_t> id;
    return shm::program(
        argc, argv, "Prints the kernel's record of a System V segment.",
        [&](shm::Options& options) {
            options.key("--key", key, "none", "The segment's key");
            options.number("--id", id, 0, 0x7fffffff, "none",
                           "The segment's id, in place of its key");
        },
        [&] { return inspect(key, id); });
}
