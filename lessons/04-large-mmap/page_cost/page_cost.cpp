/// @file
/// Lesson 04: what pages cost. The first touch of shared memory, prepared in different ways; and
/// random access to it, with small and with huge pages. A table of what was asked and what was got.

#include "record.hpp"
#include "tables.hpp"

#include "common/kernel/huge_pages.hpp"
#include "common/kernel/room.hpp"
#include "common/measure/recording.hpp"
#include "common/program/error.hpp"
#include "common/program/program.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace {

/// Returns the limits under which memory of /dev/shm must find room: we take the pages by touching
/// them, and a touch that finds none is a SIGBUS.
std::vector<shm::Limit> room_in_dev_shm() {
    std::vector<shm::Limit> limits = shm::memory_limits();
    if (auto dev_shm = shm::file_system_bytes("/dev/shm")) limits.push_back(*dev_shm);
    return limits;
}

using namespace page_cost;

/// What was asked for.
struct Wish {
    std::size_t size = std::size_t{16} << 20U;
    std::size_t random_size = std::size_t{1} << 30U;
    std::uint64_t rounds = 7;
    std::string part = "all";
    measure::Recording recording;
};

int run(const Wish& wish) {
    measure::require_possible(wish.recording);
    if (!wish.recording.from.empty()) {
        measure::draw_earlier(wish.recording, figures);
        return 0;
    }
    const shm::HugePages settings = shm::read_huge_pages();
    const auto round_up = [&](std::size_t bytes) {
        return (bytes + settings.huge - 1) / settings.huge * settings.huge;
    };
    const std::size_t touched = round_up(wish.size);
    const std::size_t walked = round_up(wish.random_size);
    constexpr std::size_t most = std::size_t{64} << 30U;  // a line's number has 32 bits
    if (walked > most) throw shm::UsageError("--random-size: at most 64G");
    // Looked at first: later, its load would be our own.
    Run done = {
        .machine = measure::look_at_machine(false), .rounds = wish.rounds, .touched = touched};
    say_settings(settings);
    if (wish.part != "random") {
        shm::require_room("--size", touched, room_in_dev_shm());
        shm::say("");
        done.ways = ways(settings, touched);
        done.touches = touch_aloud(settings, touched, done.ways, wish.rounds);
    }
    if (wish.part != "touch") {
        shm::say("");
        done.compared = compare_aloud(settings, walked, wish.rounds);
    }
    const auto made = [&] { return record(settings, done); };
    measure::keep(wish.recording, made, figures);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Wish wish;
    return shm::program(
        argc, argv,
        "Measures what pages of shared memory cost: their first touch, prepared in different ways, "
        "and random access with small and with huge pages. Changes no setting of the system.",
        [&](shm::Options& options) {
            options.size("--size", wish.size,
                         "Memory for the first touch; rounded up to huge pages");
            options.size("--random-size", wish.random_size,
                         "Memory for random access, needed twice; rounded up likewise");
            options.choice("--part", wish.part, {"all", "touch", "random"}, "What is measured");
            options.number("--rounds", wish.rounds, 1, 1000,
                           "How many times all is measured, in turn");
            measure::add_options(options, wish.recording);
        },
        [&] { return run(wish); });
}
