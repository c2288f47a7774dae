/// @file
/// Lesson 05: tries every order in which two processes and their store buffers can act, and looks
/// for one that ends with a sleeper whom no process will wake.

#include "common/program/program.hpp"
#include "protocol.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

using namespace model;

namespace {

/// What was found.
struct Found {
    std::size_t states = 0;          // that were reached
    std::string lost;                // what went wrong; empty: nothing
    std::vector<std::string> trace;  // the shortest way there
};

//! [explore states]
/// Breadth first: each state is reached by a shortest way.
Found explore(const Variant& variant) {
    struct Came {
        const State* from;  // nullptr: the beginning
        std::string by;
    };
    std::map<State, Came> seen = {{State{}, {nullptr, ""}}};
    std::deque<const State*> open = {&seen.begin()->first};
    while (!open.empty()) {
        shm::check_stop();
        const State& state = *open.front();
        open.pop_front();
        const std::vector<Step> steps = next_steps(state, variant);
        for (const Step& step : steps) {
            const auto [at, is_new] = seen.try_emplace(step.state, Came{&state, step.text});
            if (is_new) open.push_back(&at->first);
        }
        Found found = {seen.size(), lost(state, steps), {}};
        if (found.lost.empty()) continue;
        for (const State* back = &state; seen.at(*back).from != nullptr; back = seen.at(*back).from)
            found.trace.push_back(seen.at(*back).by);
        std::reverse(found.trace.begin(), found.trace.end());
        return found;
    }
    return {seen.size(), {}, {}};
}
//! [explore states]

const std::map<std::string, Sleeper> sleepers = {{"membarrier", Sleeper::membarrier},
                                                 {"fence", Sleeper::fence},
                                                 {"nothing", Sleeper::nothing},
                                                 {"early", Sleeper::early},
                                                 {"no-look", Sleeper::no_look}};
const std::map<std::string, Publisher> publishers = {{"nothing", Publisher::nothing},
                                                     {"fence", Publisher::fence}};
const std::map<std::string, Memory> memories = {{"store-buffers", Memory::store_buffers},
                                                {"weak", Memory::weak},
                                                {"in-order", Memory::in_order}};
const std::map<std::string, Leaves> leavers = {
    {"producer", Leaves::producer}, {"consumer", Leaves::consumer}, {"none", Leaves::none}};

template <typename Value>
std::vector<std::string> words_of(const std::map<std::string, Value>& map) {
    std::vector<std::string> keys;
    keys.reserve(map.size());
    for (const auto& [word, value] : map) keys.push_back(word);
    return keys;
}

int check_one(const Variant& variant) {
    const Found found = explore(variant);
    for (std::size_t i = 0; i < found.trace.size(); ++i) {
        shm::say("{:3} {}", i + 1, found.trace[i]);
    }
    if (!found.lost.empty()) {
        shm::say("Lost: {}", found.lost);
        return 1;
    }
    shm::say("No wake-up is lost, in {}: all that there are{}",
             shm::count_text(found.states, "state"),
             variant.memory != Memory::in_order ? ""
                                                : "; but this memory has no store buffers, and "
                                                  "processors have");
    return 0;
}

/// Which of them lose one? The ring's own, the first, must not.
int check_all(unsigned messages, Leaves leaves) {
    bool ring_is_right = true;
    shm::say("{:<15}{:<13}{:<14}result", "publisher", "sleeper", "memory");
    for (const auto& [publisher, sleeper, memory] :
         {std::tuple{"nothing", "membarrier", "store-buffers"},
          std::tuple{"nothing", "nothing", "store-buffers"},
          std::tuple{"nothing", "nothing", "in-order"},
          std::tuple{"nothing", "fence", "store-buffers"},
          std::tuple{"fence", "fence", "store-buffers"},
          std::tuple{"nothing", "early", "store-buffers"},
          std::tuple{"nothing", "no-look", "store-buffers"},
          std::tuple{"nothing", "membarrier", "weak"}}) {
        const Found found = explore({sleepers.at(sleeper), publishers.at(publisher),
                                     memories.at(memory), messages, leaves});
        const bool loses = !found.lost.empty();
        shm::say("{:<15}{:<13}{:<14}{}", publisher, sleeper, memory,
                 loses ? "loses a wake-up, in " + shm::count_text(found.trace.size(), "step")
                       : "loses none, in " + shm::count_text(found.states, "state"));
        if (std::string_view(sleeper) == "membarrier") ring_is_right &= !loses;
    }
    return ring_is_right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::string sleeper = "membarrier", publisher = "nothing", memory = "store-buffers",
                leaves = "producer";
    std::uint64_t messages = 3;
    bool all = false;
    return shm::program(
        argc, argv, "Tries every order of steps of the ring's way of waking.",
        [&](shm::Options& options) {
            options.choice(
                "--sleeper", sleeper, words_of(sleepers),
                "What it does between \"I sleep\" and the last look; early: the barrier before "
                "it says so; no-look: no last look after the barrier");
            options.choice("--publisher", publisher, words_of(publishers),
                           "What it does between publishing and looking for a sleeper");
            options.choice("--memory", memory, words_of(memories),
                           "How stores come to memory; weak: they may overtake each other");
            options.number("--messages", messages, 1, 20, "How many messages are sent");
            options.choice("--leaves", leaves, words_of(leavers), "Who leaves after the last one");
            options.flag("--all", all, "Try all variants, and say which lose a wake-up");
        },
        [&] {
            const auto count = static_cast<unsigned>(messages);
            if (all) return check_all(count, leavers.at(leaves));
            return check_one({sleepers.at(sleeper), publishers.at(publisher), memories.at(memory),
                              count, leavers.at(leaves)});
        });
}
