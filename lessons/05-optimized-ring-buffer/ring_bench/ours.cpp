/// @file
/// Lesson 05, ring_bench: the ring of this course, one message a call.

#include "ours.hpp"

namespace ring_bench {

namespace {

template <Between between>
double stream_of(const Task& task) {
    return with_size(task.bytes,
                     [&]<std::size_t size>() { return stream<Ours<size>, between>(task); });
}

template <Between between>
double round_trip_of(const Task& task) {
    return with_size(task.bytes,
                     [&]<std::size_t size>() { return round_trip<Ours<size>, between>(task); });
}

std::size_t memory_of(const Task& task) {
    return with_size(task.bytes, [&]<std::size_t size>() {
        return task.span == 0 ? Ours<size>::bytes(task.capacity)
                              : OursInSpans<size>::bytes(task.capacity);
    });
}

}  // namespace

Contestant ours() {
    return {.name = "ours",
            .between = Between::processes,
            .package = "",
            .stream =
                [](const Task& task) {
                    return task.span != 0 ? stream_in_spans(task)
                                          : stream_of<Between::processes>(task);
                },
            .round_trip = round_trip_of<Between::processes>,
            .memory = memory_of,
            .has_spans = true};
}

Contestant ours_in_threads() {
    return {.name = "ours (threads)",
            .between = Between::threads,
            .package = "",
            .stream = stream_of<Between::threads>,
            .round_trip = round_trip_of<Between::threads>,
            .memory = memory_of,
            .has_spans = false};
}

}  // namespace ring_bench
