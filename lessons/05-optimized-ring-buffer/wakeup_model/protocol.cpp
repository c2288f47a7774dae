#include "protocol.hpp"

#include <fmt/core.h>

namespace model {

namespace {
const std::array<std::string, 2> names = {"producer", "consumer"};

/// One step of process `me`, in a state of its own.
class Turn {
public:
    Turn(const State& before, std::size_t who, const Variant& chosen)
        : state(before), variant(chosen), me(who), process(state.processes[who]) {}

    std::optional<Step> take();

private:
    std::size_t other() const { return 1 - me; }
    Word asleep(std::size_t whose) const { return whose == 0 ? producer_asleep : consumer_asleep; }
    void store(Word word, std::uint8_t value) {
        process.buffer.push_back({word, value});
        if (variant.memory == Memory::in_order) to_memory(state, me);
    }
    std::uint8_t load(Word word) const {  // its own stores it sees at once
        std::uint8_t value = state.memory[word];
        for (const Store& own : process.buffer) value = own.word == word ? own.value : value;
        return value;
    }
    bool has_done() const {  // not if the other one is to leave first
        return process.number == variant.messages &&
               variant.leaves != (me == 0 ? Leaves::consumer : Leaves::producer);
    }
    bool is_there() const {  // the producer: is there room? The consumer: a message?
        return me == 0 ? process.number - load(given_back) < 1 : load(published) > process.number;
    }
    bool is_ready() const {  // or is it no use waiting?
        return has_done() || is_there() || load(me == 0 ? consumer_left : producer_left) != 0;
    }
    void empty_buffers();

    // What the process does where it is, and how that is told; "": with what follows.
    std::string make();
    std::string look();
    std::string say_asleep();
    std::string barrier();
    std::string last_look();
    std::string futex_wait();
    std::string say_awake();
    std::string publish();
    std::string look_asleep();
    std::string take_note();
    std::string wake();

    State state;
    const Variant& variant;
    std::size_t me;
    Process& process;
};

void Turn::empty_buffers() {
    if (variant.sleeper == Sleeper::nothing) return;
    to_memory(state, me);
    if (variant.sleeper != Sleeper::fence) to_memory(state, other());
}

std::string Turn::publish() {
    process.waited = false;
    if (has_done() && variant.leaves != Leaves::none) {
        store(me == 0 ? producer_left : consumer_left, 1);
        to_memory(state, me);  // unlocking its endpoint is a locked instruction
        process.has_left = true;
        process.at = At::take_note;
        return "leaves";
    }
    if (has_done() || !is_there()) {
        process.at = At::ended;
        return has_done() ? "has done its part, and ends" : "finds itself alone, and ends";
    }
    process.at = At::look_asleep;
    store(me == 0 ? published : given_back, ++process.number);
    if (variant.publisher == Publisher::fence) to_memory(state, me);
    return fmt::format("{} message {}", me == 0 ? "publishes" : "takes, and gives back,",
                       process.number);
}

std::string Turn::look() {
    if (is_ready()) {
        process.at = process.waited ? At::say_awake : At::publish;
        return {};
    }
    process.at = At::say_asleep;
    if (variant.sleeper == Sleeper::early) empty_buffers();
    return me == 0 ? "looks: no room" : "looks: no message";
}

std::string Turn::say_asleep() {
    process.waited = true;
    store(asleep(me), 1);
    process.at = At::barrier;
    return "says that it sleeps";
}

std::string Turn::barrier() {
    if (variant.sleeper != Sleeper::early) empty_buffers();
    process.at = variant.sleeper == Sleeper::no_look ? At::futex_wait : At::last_look;
    if (variant.sleeper == Sleeper::nothing || variant.sleeper == Sleeper::early) return {};
    return variant.sleeper == Sleeper::fence ? "executes a fence" : "calls membarrier";
}

std::string Turn::last_look() {
    process.at = is_ready() ? At::say_awake : At::futex_wait;
    return process.at == At::say_awake ? "looks again: there it is" : "looks again: still nothing";
}

std::string Turn::futex_wait() {  // the kernel compares behind a lock: what was stored is in memory
    to_memory(state, me);
    process.at = state.memory[asleep(me)] == 1 ? At::sleeping : At::look;
    return process.at == At::sleeping ? "sleeps" : "was told not to sleep";
}

std::string Turn::say_awake() {
    store(asleep(me), 0);
    process.at = At::publish;
    return "says that it is awake";
}

std::string Turn::look_asleep() {
    process.at = load(asleep(other())) != 0 ? At::take_note : At::look;
    return fmt::format("looks: the {} {}", names[other()],
                       process.at == At::look ? "is awake" : "sleeps");
}

std::string Turn::take_note() {  // an exchange: a locked instruction
    to_memory(state, me);
    const bool slept = state.memory[asleep(other())] != 0;
    state.memory[asleep(other())] = 0;
    process.at = slept ? At::wake : process.has_left ? At::ended : At::look;
    return fmt::format("sets the {}'s word to awake", names[other()]);
}

std::string Turn::wake() {
    Process& sleeper = state.processes[other()];
    if (sleeper.at == At::sleeping) sleeper.at = At::look;
    process.at = process.has_left ? At::ended : At::look;
    return fmt::format("wakes the {}", names[other()]);
}

std::string Turn::make() {
    switch (process.at) {
        case At::look:
            return look();
        case At::say_asleep:
            return say_asleep();
        case At::barrier:
            return barrier();
        case At::last_look:
            return last_look();
        case At::futex_wait:
            return futex_wait();
        case At::say_awake:
            return say_awake();
        case At::publish:
            return publish();
        case At::look_asleep:
            return look_asleep();
        case At::take_note:
            return take_note();
        case At::wake:
            return wake();
        case At::sleeping:
        case At::ended:
            break;
    }
    return {};
}

std::optional<Step> Turn::take() {
    if (process.at == At::sleeping || process.at == At::ended) return std::nullopt;
    const std::string text = make();
    if (text.empty()) return turn(state, me, variant);  // told with what follows
    return Step{state, fmt::format("{} {}", names[me], text)};
}

}  // namespace

std::optional<Step> turn(const State& state, std::size_t who, const Variant& variant) {
    return Turn(state, who, variant).take();
}

}  // namespace model
