/// @file
/// Lesson 06, doctor: everything that is shared memory on this machine, who has it now, what is
/// wrong with it, and the command that mends it. It changes nothing unless told to, by name.

#include "json.hpp"
#include "look.hpp"
#include "mend.hpp"
#include "table.hpp"
#include "watch.hpp"

#include "common/program/error.hpp"
#include "common/program/program.hpp"

#include <string>
#include <vector>

namespace {

struct Wish {
    std::vector<std::string> asked;
    std::string mend;
    bool is_forced = false;
    bool as_json = false;
    bool watches = false;
};

int run(const Wish& wish) {
    if (static_cast<int>(wish.as_json) + static_cast<int>(wish.watches) +
            static_cast<int>(!wish.mend.empty()) >
        1) {
        throw shm::UsageError("--json, --watch and --mend are three different things to do");
    }
    if (wish.is_forced && wish.mend.empty()) throw shm::UsageError("--force goes with --mend");
    if (!wish.mend.empty() && !wish.asked.empty()) {
        throw shm::UsageError("--mend removes one thing, and takes its name only");
    }
    if (!wish.mend.empty()) {
        doctor::mend(wish.mend, wish.is_forced);
    } else if (wish.watches) {
        doctor::watch(wish.asked);
    } else {
        const doctor::Report report = doctor::report(doctor::look(), wish.asked);
        if (wish.as_json) {
            shm::say_line(doctor::json(report));
        } else {
            for (const std::string& line : doctor::table(report)) shm::say_line(line);
        }
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Wish wish;
    if (argc > 0) doctor::set_own_command(argv[0]);  // commands to be copied begin as this one did
    return shm::program(
        argc, argv,
        "Shows all shared memory, semaphores and queues: who has them, and what is wrong.",
        [&](shm::Options& options) {
            options.positionals(
                "NAME|ID", wish.asked, "everything",
                "Only these: /name, sem:/name, segment:3, semaphore:3, queue:3, key 0x3039");
            options.flag("--json", wish.as_json, "For programs, as doctor.schema.json says");
            options.text("--mend", wish.mend, "NAME|ID", "nothing",
                         "Remove this one thing, if no process has it");
            options.flag("--force", wish.is_forced, "With --mend: also if a process has it");
            options.flag("--watch", wish.watches, "Look again every second, until Ctrl-C");
        },
        [&] { return run(wish); });
}
