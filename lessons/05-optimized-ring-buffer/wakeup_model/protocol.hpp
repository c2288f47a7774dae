/// @file
/// Lesson 05, wakeup_model: the ring's way of waking, as small steps that two processes take in any
/// order, on processors with store buffers.
///
/// What is assumed of the machine:
/// - A store goes into the processor's own store buffer, and from there, in order, but at any later
///   time, to memory, where the other one sees it; locked instructions empty the buffer first. That
///   is how x86 orders memory (Sewell et al., x86-TSO, CACM 53 (7), 2010).
/// - Weak memory, more like Arm's: a store overtakes others, unless it is a release store, or they
///   are to the same word. That loads overtake loads is not modelled.
/// - membarrier() empties the buffers of both (man 2 membarrier).
/// - The kernel compares and falls asleep in one step (man 2 futex). No process wakes without
/// cause:
///   the ring's sleeps end after 250 ms at most, and would hide what is looked for here.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace model {

/// What is varied. The first of each is what common/ring/waiting.hpp does.
enum class Sleeper {
    membarrier,  ///< both processors write their buffers to memory (man 2 membarrier)
    fence,       ///< only the sleeper's own does
    nothing,     ///< none does
    early,       ///< membarrier, but before it says that it sleeps
    no_look      ///< membarrier, but no last look after it
};
enum class Publisher { nothing, fence };  ///< between publishing and looking for a sleeper
enum class Memory { store_buffers, weak, in_order };
enum class Leaves { producer, consumer, none };  ///< after its last message

/// One way of doing it.
struct Variant {
    Sleeper sleeper = Sleeper::membarrier;
    Publisher publisher = Publisher::nothing;
    Memory memory = Memory::store_buffers;
    unsigned messages = 3;  ///< through a ring with one slot, until one leaves, or both end
    Leaves leaves = Leaves::producer;  ///< the other one then finds that it is alone
};

/// The words that both processes share.
enum Word : std::uint8_t {
    published,
    given_back,
    producer_asleep,
    consumer_asleep,
    producer_left,
    consumer_left,
    words
};

/// Where a process is: what it does next.
enum class At : std::uint8_t {
    look,         // is there what I wait for?
    say_asleep,   // "I sleep"
    barrier,      // lest the last look comes too early
    last_look,    // is there now?
    futex_wait,   // sleep, unless the peer has said that I do not
    sleeping,     // until woken
    say_awake,    // "I do not sleep"
    publish,      // a message, or a slot that is given back
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
    bool has_left = false;      // after its last message
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

/// Writes all that lies in a process's store buffer to memory.
void to_memory(State& state, std::size_t who);

/// Returns what a process does next; nothing if it sleeps, or has ended.
std::optional<Step> turn(const State& state, std::size_t who, const Variant& variant);

/// Returns all that can happen next: a step of either process, or a store of either that comes to
/// memory.
std::vector<Step> next_steps(const State& state, const Variant& variant);

/// Says what is wrong in this state, out of which `steps` lead; empty: nothing is.
std::string lost(const State& state, const std::vector<Step>& steps);

}  // namespace model
