/// @file
/// Lesson 06, a tool: makes every mistake with shared memory that one program can make, one after
/// the other, and shows what comes of it: the call, the message, the cause, the cure.

#include "row.hpp"

#include "common/program/error.hpp"  // UsageError
#include "common/program/program.hpp"
#include "print.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace {

const Section sections[] = {
    {"Objects and their sizes", object_rows},
    {"Mappings", mapping_rows},
    {"Limits", limit_rows},
    {"Names", name_rows},
    {"Other users", other_user_rows},
    {"Keys and ids", key_rows},
    {"Semaphores", semaphore_rows},
    {"Semaphores while they are used", holder_rows},
    {"Locks, and owners that die", lock_rows},
    {"Waiting", wait_rows},
    {"What lies in the memory", layout_rows},
    {"A peer that means harm", peer_rows},
    {"No error where the mistake is", silent_rows},
};

int gallery(bool json, const std::string& only) {
    std::vector<Shown> all;
    for (const Section& section : sections) {
        const char* title = section.title;
        for (const Row& row : section.rows) {
            if (std::string(row.id).find(only) == std::string::npos) continue;
            all.push_back({&section, &row, play(row)});
            if (json) continue;
            if (title != nullptr) shm::say("=== {} ===", title);
            title = nullptr;  // once
            print_text(all.back());
        }
    }
    if (all.empty()) throw shm::UsageError("no row's id contains '" + only + "'");
    if (json) shm::say_line(json_text(all));
    const auto wrong = std::count_if(all.begin(), all.end(),
                                     [](const Shown& shown) { return !shown.is_as_expected(); });
    const auto missing = std::count_if(
        all.begin(), all.end(), [](const Shown& shown) { return !shown.outcome.not_here.empty(); });
    shm::note("{}; {} not possible here, {} not as expected",
              shm::count_text(all.size(), "mistake"), missing, wrong);
    return wrong == 0 && !has_left_something() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    bool json = false;
    std::string only;
    return shm::program(
        argc, argv,
        "Makes every mistake with shared memory that one program can make, and shows what comes "
        "of it.",
        [&](shm::Options& options) {
            options.flag("--json", json, "Print JSON (gallery/1) instead of text");
            options.text("--only", only, "TEXT", "all", "Only the mistakes whose id contains TEXT");
        },
        [&] { return gallery(json, only); });
}
