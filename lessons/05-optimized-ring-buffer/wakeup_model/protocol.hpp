/// @file
/// Lesson 05, wakeup_model: the ring's way of waking, as small steps that two processes take in any
/// order, on processors with store buffers.
///
/// A store goes into the processor's own store buffer first, and from there, in order, but at any
/// later time, to memory, where the other one sees it. That is how x86 orders memory (Sewell et
/// al., x86-TSO, CACM 53 (7), 2010). Arm may do more, but not where the ring's acquire and release
/// stand: of all that this protocol needs, they leave open only this, a store and a later load.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace model {

/// What is varied. The first of each is what common/ring.hpp does.
enum class Sleeper {
    membarrier,  ///< both processors write their buffers to memory (man 2 membarrier)
    fence,       ///< only the sleeper's own does
    nothing,     ///< none does
    early,       ///< membarrier, but before it says that it sleeps
    no_look      ///< membarrier, but no last look after it
};
enum class Publisher { nothing, fence };  ///< between publishing and looking for a sleeper
enum class Memory { store_buffers, in_order };

/// One way of doing it.
struct Variant {
    Sleeper sleeper = Sleeper::membarrier;
    Publisher publisher = Publisher::nothing;
    Memory memory = Memory::store_buffers;
    unsigned messages = 3;  ///< that the producer sends, through a ring with one place
    bool leaves =
        true;  ///< the producer leaves after the last one, and the consumer waits for that
};

/// The words that both processes share.
enum Word : std::uint8_t { published, given_back, producer_asleep, consumer_asleep, left, words };

/// Where a process is: what it does next.
enum class At : std::uint8_t {
    look,         // is there what I wait for?
    say_asleep,   // "I sleep"
    barrier,      // lest the last look comes too early
    last_look,    // is there now?
    futex_wait,   // sleep, unless somebody has said that I do not
    sleeping,     // until woken
    say_awake,    // "I do not sleep"
    publish,      // a message, or a place that is given back
    look_asleep,  // does the other one sleep?
    take_note,    // "you do not sleep any more"
    wake,         // futex_wake
    ended
};

/// A store that has not come to memory yet.
struct Store {
    Word word;
    std::uint8_t value;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes <=> 0 for a pointer
    auto operator<=>(const Store&) const = default;
};

/// One of the two processes: 0 is the producer, 1 the consumer.
struct Process {
    At at = At::look;
    std::uint8_t number = 0;    // messages that it has sent, or given back
    bool waited = false;        // since the last message
    bool has_left = false;      // the producer, after its last message
    std::vector<Store> buffer;  // its store buffer, the oldest first
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes <=> 0 for a pointer
    auto operator<=>(const Process&) const = default;
};

/// Everything, at one moment.
struct State {
    std::array<std::uint8_t, words> memory = {};
    std::array<Process, 2> processes;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes <=> 0 for a pointer
    auto operator<=>(const State&) const = default;
};

/// What can happen next, and how it is told.
struct Step {
    State state;
    std::string text;
};

/// Returns all that can happen next: a step of either process, or a store of either that comes to
/// memory. None: both have ended, or whoever has not sleeps, and nobody will wake it.
std::vector<Step> next_steps(const State& state, const Variant& variant);

}  // namespace model
