#include "protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace model {

namespace {

const std::array<std::string, 2> names = {"producer", "consumer"};

void to_memory(State& state, std::size_t who) {
    for (const Store& store : state.processes[who].buffer) state.memory[store.word] = store.value;
    state.processes[who].buffer.clear();
}

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
    bool sends_no_more() const { return me == 0 && process.number == variant.messages; }
    bool is_ready() const {  // the producer: is there room? The consumer: a message, or the end?
        if (me == 0) return process.number - load(given_back) < 1;
        const bool has_all = !variant.leaves && process.number == variant.messages;
        return load(published) > process.number || load(left) != 0 || has_all;
    }
    std::string publish();
    void barrier();

    State state;
    const Variant& variant;
    std::size_t me;
    Process& process;
};

void Turn::barrier() {
    if (variant.sleeper == Sleeper::nothing) return;
    to_memory(state, me);
    if (variant.sleeper != Sleeper::fence) to_memory(state, other());
}

std::string Turn::publish() {
    process.waited = false;
    const bool is_last = me == 0 ? sends_no_more() : load(published) == process.number;
    if (is_last && (me == 1 || !variant.leaves)) {
        process.at = At::ended;
        return "has done its part, and ends";
    }
    if (is_last) {  // unlocking its seat is a locked instruction: what it stored is in memory
        store(left, 1);
        to_memory(state, me);
        process.has_left = true;
        process.at = At::take_note;
        return "leaves";
    }
    process.at = At::look_asleep;
    store(me == 0 ? published : given_back, ++process.number);
    if (variant.publisher == Publisher::fence) to_memory(state, me);
    return fmt::format("{} message {}", me == 0 ? "publishes" : "takes, and gives back,",
                       process.number);
}

std::optional<Step> Turn::take() {
    std::string text;
    switch (process.at) {
        case At::look:
            if (sends_no_more() || is_ready()) {
                process.at = process.waited ? At::say_awake : At::publish;
                return Turn(state, me, variant)
                    .take();  // a look that succeeds is told with what follows
            }
            process.at = At::say_asleep;
            if (variant.sleeper == Sleeper::early) barrier();
            text = me == 0 ? "looks: no room" : "looks: no message";
            break;
        case At::say_asleep:
            process.waited = true;
            store(asleep(me), 1);
            process.at = At::barrier;
            text = "says that it sleeps";
            break;
        case At::barrier:
            if (variant.sleeper != Sleeper::early) barrier();
            process.at = variant.sleeper == Sleeper::no_look ? At::futex_wait : At::last_look;
            if (variant.sleeper == Sleeper::nothing || variant.sleeper == Sleeper::early)
                return Turn(state, me, variant).take();
            text = variant.sleeper == Sleeper::fence ? "executes a fence" : "calls membarrier";
            break;
        case At::last_look: {
            const bool ready = is_ready();
            process.at = ready ? At::say_awake : At::futex_wait;
            text = ready ? "looks again: there it is" : "looks again: still nothing";
            break;
        }
        case At::futex_wait:  // the kernel compares behind a lock: what was stored is in memory
            to_memory(state, me);
            process.at = state.memory[asleep(me)] == 1 ? At::sleeping : At::look;
            text = process.at == At::sleeping ? "sleeps" : "was told not to sleep";
            break;
        case At::say_awake:
            store(asleep(me), 0);
            process.at = At::publish;
            text = "says that it is awake";
            break;
        case At::publish:
            text = publish();
            break;
        case At::look_asleep: {
            const bool sleeps = load(asleep(other())) != 0;
            process.at = sleeps ? At::take_note : At::look;
            text = fmt::format("looks: the {} {}", names[other()], sleeps ? "sleeps" : "is awake");
            break;
        }
        case At::take_note: {  // an exchange: a locked instruction
            to_memory(state, me);
            const bool slept = state.memory[asleep(other())] != 0;
            state.memory[asleep(other())] = 0;
            process.at = slept ? At::wake : process.has_left ? At::ended : At::look;
            text = fmt::format("sets the {}'s word to awake", names[other()]);
            break;
        }
        case At::wake: {
            Process& sleeper = state.processes[other()];
            if (sleeper.at == At::sleeping) sleeper.at = At::look;
            process.at = process.has_left ? At::ended : At::look;
            text = fmt::format("wakes the {}", names[other()]);
            break;
        }
        case At::sleeping:
        case At::ended:
            return std::nullopt;
    }
    return Step{state, fmt::format("{} {}", names[me], text)};
}

}  // namespace

std::vector<Step> next_steps(const State& state, const Variant& variant) {
    static const std::array<std::string, words> told = {
        "messages published: {}", "messages given back: {}", "the producer sleeps: {}",
        "the consumer sleeps: {}", "the producer has left: {}"};
    std::vector<Step> steps;
    for (std::size_t who = 0; who < 2; ++who) {
        if (auto step = Turn(state, who, variant).take()) steps.push_back(std::move(*step));
        if (state.processes[who].buffer.empty()) continue;
        State later = state;
        const Store store = later.processes[who].buffer.front();
        later.processes[who].buffer.erase(later.processes[who].buffer.begin());
        later.memory[store.word] = store.value;
        steps.push_back({later, "         memory has: " +
                                    fmt::format(fmt::runtime(told[store.word]), store.value)});
    }
    return steps;
}

}  // namespace model
