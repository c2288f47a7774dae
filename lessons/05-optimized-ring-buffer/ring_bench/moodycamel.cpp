/// @file
/// Lesson 05, ring_bench: moodycamel::ReaderWriterQueue. It allocates its blocks, and so cannot
/// lie in shared memory: it runs between two threads, and our ring does so as well.

#include "run.hpp"

#ifdef RING_BENCH_HAS_PEER  // CMakeLists.txt looks for it
#include <readerwriterqueue.h>

#include <new>

namespace ring_bench {

namespace {

template <std::size_t size>
struct Moodycamel {
    using Message = ring_bench::Message<size>;
    using Queue = moodycamel::ReaderWriterQueue<Message>;

    static std::size_t bytes(std::size_t) { return sizeof(Queue); }
    static void create(void* memory, std::size_t, std::size_t capacity) {
        new (memory) Queue(capacity);
    }
    static void destroy(void* memory) { open(memory, 0)->~Queue(); }
    static Queue* open(void* memory, std::size_t) { return static_cast<Queue*>(memory); }

    struct Producer {
        explicit Producer(Queue* ring) : queue(ring) {}
        [[gnu::always_inline]] bool try_push(const Message& message) {
            return queue->try_enqueue(message);
        }
        Queue* queue;
    };
    struct Consumer {
        explicit Consumer(Queue* ring) : queue(ring) {}
        [[gnu::always_inline]] bool try_pop(Message& message) {
            return queue->try_dequeue(message);
        }
        Queue* queue;
    };
};

}  // namespace

Contestant moodycamel_queue() {
    return {.name = "moodycamel",
            .between = Between::threads,
            .package = "libreaderwriterqueue-dev",
            .stream =
                [](const Task& task) {
                    return with_size(task.bytes, [&]<std::size_t size>() {
                        return stream<Moodycamel<size>, Between::threads>(task);
                    });
                },
            .round_trip =
                [](const Task& task) {
                    return with_size(task.bytes, [&]<std::size_t size>() {
                        return round_trip<Moodycamel<size>, Between::threads>(task);
                    });
                }};
}

}  // namespace ring_bench

#else

namespace ring_bench {
Contestant moodycamel_queue() {
    return {
        .name = "moodycamel", .between = Between::threads, .package = "libreaderwriterqueue-dev"};
}
}  // namespace ring_bench

#endif
