#include "steps.hpp"

#include "step_apart.hpp"
#include "step_atomic.hpp"
#include "step_cached.hpp"
#include "step_ends.hpp"
#include "step_mutex.hpp"
#include "step_padded.hpp"
#include "step_seldom.hpp"
#include "step_volatile.hpp"

#include "../ring_bench/ours.hpp"

namespace ladder {

namespace {

using ring_bench::Task;

template <typename Step>
double stream(const Task& task) {
    return ring_bench::stream<Step, measure::Between::processes>(task);
}

double spans(Task task) {
    task.span = 64;
    return ring_bench::stream_in_spans(task);
}

double line_there_and_back(Task task) {
    return 1e9 / ring_bench::line_limit().round_trip(task);
}

double bulk(const Task& task) {
    return ring_bench::bulk_limit().stream(task) / static_cast<double>(task.bytes);
}

}  // namespace

std::vector<Row> steps() {
    return {
        {"mutex", "Each call locks, and waits for the other side, asleep if need be.",
         stream<Whole<MutexRing>>},
        {"volatile, as in the article",
         "Each index has one writer: no process locks. Not correct C++: on x86 it works by luck.",
         stream<Whole<VolatileRing>>},
        {"atomics, side by side",
         "The same loads and stores on x86, and correct everywhere. Both indices on one line: "
         "the side that writes takes it away from the other.",
         stream<Whole<AtomicRing>>},
        {"padded to 64 bytes",
         "A line for each index; but each side still looks at the other's at every call.",
         stream<Whole<PaddedRing>>},
        {"cached indices",
         "Looks at the other's index only when its own copy of it says full, or empty.",
         stream<Whole<CachedRing<line>>>},
        {"128 bytes apart", "The neighbour of a line that is fetched may come along with it.",
         stream<Whole<ApartRing>>},
        {"gives back seldom", "The consumer's index changes 16 times a round, not 1024 times.",
         stream<Whole<SeldomRing>>},
        {"ends in registers", "What only one side needs is read from no line and stored in none.",
         stream<WithEnds<EndsRing>>},
        {"final ring, shm::Ring",
         "Each message has its number beside it: one that comes alone costs one line, not two. "
         "The consumer asks for lines before it needs them.",
         stream<ring_bench::Ours<4>>},
        {"final ring, spans of 64",
         "Messages side by side, written where they lie; one count tells of all 64.", spans},
    };
}

std::vector<Row> limits() {
    return {
        {"latency", "One cache line there and one back, before the next message.",
         line_there_and_back},
        {"bulk", "Whole blocks of 16 KiB, four in turn, every byte read.", bulk},
    };
}

}  // namespace ladder
