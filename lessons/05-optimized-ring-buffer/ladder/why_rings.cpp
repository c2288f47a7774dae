/// @file
/// Lesson 05, ladder: the same ring twice, one thing about it varied.

#include "why.hpp"

#include "asking.hpp"
#include "looking.hpp"
#include "step_ends.hpp"
#include "step_mutex.hpp"
#include "writing.hpp"

#include "../ring_bench/ours.hpp"

namespace ladder {

namespace {

using measure::Between;
using ring_bench::Task;
using Final = ring_bench::Ours<4>;

template <typename Step>
double stream(const Task& task) {
    return ring_bench::stream<Step, Between::processes>(task);
}

/// Fills a ring and empties it again, all in one process.
template <typename Step>
double alone(const Task& task) {
    const measure::Arena arena(Step::bytes(task.capacity));
    Step::create(arena.ring(0), Step::bytes(task.capacity), task.capacity);
    const auto both = [&] {
        auto&& ring = Step::open(arena.ring(0), Step::bytes(task.capacity));
        typename Step::Producer producer(ring);
        typename Step::Consumer consumer(ring);
        arena.start();
        std::uint64_t sum = 0;
        const auto start = measure::Clock::now();
        for (std::uint64_t sent = 0, taken = 0; taken < task.messages;) {
            while (sent < task.messages && producer.try_push(Step::Message::number(sent))) ++sent;
            for (typename Step::Message message; consumer.try_pop(message); ++taken) {
                sum += message.sum();
            }
        }
        arena.report().seconds = measure::seconds_since(start);
        arena.report().sum = sum;
    };
    run_pair(task.cpus, Between::processes, both, [&] { arena.start(); });
    ring_bench::check_sum<typename Step::Message>(task, arena.report());
    return static_cast<double>(task.messages) / arena.report().seconds;
}

//! [ends inside]
/// The ring of step 8, and its ends: word for word those of that step, but in shared memory.
struct EndsInside : EndsRing {
    alignas(2 * line) EndsRing::Producer producer{*this};
    alignas(2 * line) EndsRing::Consumer consumer{*this};

    bool try_push(std::uint32_t message) { return producer.try_push(message); }
    bool try_pop(std::uint32_t& message) { return consumer.try_pop(message); }
};
//! [ends inside]

/// The final ring, whose sides pause so long after a look in vain.
template <int ns>
double stream_pausing(Task task) {
    task.pauses = measure::pauses_for(ns);
    return stream<Final>(task);
}
template <int ns>
double answer_pausing(Task task) {
    task.pauses = measure::pauses_for(ns);
    return 1e9 / ring_bench::round_trip<Final, Between::processes>(task);
}

/// Who fills and empties the ring: one process, or two; and where its ends are.
std::vector<Experiment> one_process_or_two() {
    return {
        {"mutex",
         "Filled and emptied by one process, which no peer keeps waiting; or by two.",
         "M messages/s",
         {{"one process", "", alone<Whole<MutexRing>>},
          {"two processes", "", stream<Whole<MutexRing>>}}},
        {"not the instructions, the lines",
         "The ring of step 8, filled and emptied by one process, or by two.",
         "M messages/s",
         {{"one process", "", alone<WithEnds<EndsRing>>},
          {"two processes", "", stream<WithEnds<EndsRing>>}}},
        {"ends in registers",
         "The ring of step 8, and where its ends keep what only they need.",
         "M messages/s",
         {{"in registers", "", stream<WithEnds<EndsRing>>},
          {"in the ring", "", stream<Whole<EndsInside>>}}},
        {"ends in registers, one process",
         "The same, filled and emptied by one process.",
         "M messages/s",
         {{"in registers", "", alone<WithEnds<EndsRing>>},
          {"in the ring", "", alone<Whole<EndsInside>>}}},
    };
}

/// When a side looks at what the other one has done, and where that lies.
std::vector<Experiment> looking_differently() {
    return {
        {"cached indices",
         "The ring of step 8, giving back each message; and when a side looks at the other's "
         "index.",
         "M messages/s",
         {{"when its copy is used up", "", stream<WithEnds<LookingRing<false>>>},
          {"at each call", "", stream<WithEnds<LookingRing<true>>>}}},
        {"messages and numbers on one line",
         "The ring of step 8, and the same with a number beside each message.",
         "M messages/s",
         {{"numbers beside messages", "", stream<WithEnds<AskingRing<0>>>},
          {"one count for all", "", stream<WithEnds<EndsRing>>}}},
        {"lines asked for ahead",
         "The ring of step 8 with a number beside each message; and how many lines ahead the "
         "consumer asks for one.",
         "M messages/s",
         {{"not at all", "", stream<WithEnds<AskingRing<0>>>},
          {"1 line", "", stream<WithEnds<AskingRing<1>>>},
          {"4 lines", "", stream<WithEnds<AskingRing<4>>>},
          {"16 lines", "", stream<WithEnds<AskingRing<16>>>}}},
        {"lines asked for to write",
         "A ring like that of step 8, for messages of 40 bytes; and how many lines ahead the "
         "producer asks for one, to write to it.",
         "M messages/s",
         {{"not at all", "", stream<WritingRing<0>>},
          {"1 line", "", stream<WritingRing<1>>},
          {"6 lines", "", stream<WritingRing<6>>}}},
    };
}

/// How long a side pauses after a look in vain.
std::vector<Experiment> pausing_differently() {
    return {
        {"polling: throughput",
         "The final ring; after a look in vain each side pauses.",
         "M messages/s",
         {{"not at all", "", stream_pausing<0>},
          {"20 ns", "", stream_pausing<20>},
          {"80 ns", "", stream_pausing<80>},
          {"400 ns", "", stream_pausing<400>}}},
        {"polling: round trip",
         "Two final rings, one each way; after a look in vain each side pauses.",
         "M round trips/s",
         {{"not at all", "", answer_pausing<0>},
          {"20 ns", "", answer_pausing<20>},
          {"80 ns", "", answer_pausing<80>},
          {"400 ns", "", answer_pausing<400>}}},
    };
}

}  // namespace

std::vector<Experiment> rings_that_differ() {
    std::vector<Experiment> all;
    for (const auto& some : {one_process_or_two(), looking_differently(), pausing_differently()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

std::vector<Experiment> experiments() {
    std::vector<Experiment> all;
    for (const auto& some :
         {rings_that_differ(), lines_that_change_hands(), places_in_the_queue()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace ladder
