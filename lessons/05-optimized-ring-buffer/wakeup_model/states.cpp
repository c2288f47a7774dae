// What comes to memory, all that can happen next, and what can have gone wrong.
#include "protocol.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace model {

void to_memory(State& state, std::size_t who) {
    for (const Store& store : state.processes[who].buffer) state.memory[store.word] = store.value;
    state.processes[who].buffer.clear();
}

namespace {

// The stores of a process that can come to memory next: its oldest one; on weak memory others, too.
std::vector<Step> arrivals(const State& state, std::size_t who, Memory memory) {
    static const std::array<std::string, words> told = {
        "messages published: {}",  "messages given back: {}",   "the producer sleeps: {}",
        "the consumer sleeps: {}", "the producer has left: {}", "the consumer has left: {}"};
    std::vector<Step> steps;
    const std::vector<Store>& buffer = state.processes[who].buffer;
    for (auto store = buffer.begin(); store != buffer.end(); ++store) {
        const bool is_release = store->word != producer_asleep && store->word != consumer_asleep;
        const bool may_overtake = memory == Memory::weak && !is_release &&
                                  std::none_of(buffer.begin(), store, [&](const Store& older) {
                                      return older.word == store->word;
                                  });
        if (store != buffer.begin() && !may_overtake) continue;
        State later = state;
        later.memory[store->word] = store->value;
        later.processes[who].buffer.erase(later.processes[who].buffer.begin() +
                                          (store - buffer.begin()));
        steps.push_back({later, "         memory has: " +
                                    fmt::format(fmt::runtime(told[store->word]), store->value)});
    }
    return steps;
}

}  // namespace

std::vector<Step> next_steps(const State& state, const Variant& variant) {
    std::vector<Step> steps;
    for (std::size_t who = 0; who < 2; ++who) {
        if (auto step = turn(state, who, variant)) steps.push_back(std::move(*step));
        for (Step& step : arrivals(state, who, variant.memory)) steps.push_back(std::move(step));
    }
    return steps;
}

std::string lost(const State& state, const std::vector<Step>& steps) {
    const auto& [producer, consumer] = state.processes;
    const auto will_wake = [](const Process& process) {
        return process.at == At::look_asleep || process.at == At::take_note ||
               process.at == At::wake;
    };
    if (consumer.at == At::sleeping && !will_wake(producer) &&
        (state.memory[published] > consumer.number || state.memory[producer_left] != 0))
        return "the consumer sleeps, what it waits for is there, and no process is about to wake "
               "it";
    if (producer.at == At::sleeping && !will_wake(consumer) &&
        (state.memory[given_back] == producer.number || state.memory[consumer_left] != 0))
        return "the producer sleeps, what it waits for is there, and no process is about to wake "
               "it";
    if (steps.empty() && (producer.at != At::ended || consumer.at != At::ended))
        return "a process sleeps, and nothing happens any more";
    return {};
}

}  // namespace model
