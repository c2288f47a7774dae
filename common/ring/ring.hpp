/// @file
/// A ring of messages from one process to another, in memory that both have mapped; lesson 05. It
/// needs the standard library and Linux, nothing else: copy it into your own code.
///
///     auto ring = shm::Ring<Quote>::create(memory, size, 1024);  // once; everybody else: open()
///     shm::Producer producer(ring);                              // one at a time
///     producer.push(quote, 1s);
///     shm::Consumer consumer(ring);                              // one at a time
///     consumer.pop(quote, 1s);
///
/// Messages are numbered from 0. A place has a mark: how many messages had been sent when it was
/// written; all below that number are there. So there is no index that both ends want at once. In a
/// Ring each message has a mark beside it, which changes hands with it; in a SpanRing messages lie
/// side by side, with one mark for each 64 places.
///
/// Keep the ends as local variables: what they know then stays in the processor's registers. For
/// that reason nothing here that is not inlined takes an end's address.
#pragma once

#include <linux/futex.h>       // FUTEX_WAIT, FUTEX_WAKE
#include <linux/membarrier.h>  // MEMBARRIER_CMD_GLOBAL_EXPEDITED
#include <pthread.h>           // robust mutexes, and with time.h nanosleep
#include <sched.h>             // sched_getcpu
#include <sys/syscall.h>       // SYS_futex, SYS_membarrier
#include <unistd.h>            // syscall

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace shm {

/// The memory holds no such ring, or what no correct peer would have written. what() says which.
struct RingError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// How a wait ended.
enum class Waited {
    ready,     ///< there is what was waited for
    late,      ///< nothing until the time was up
    finished,  ///< nothing will come: the peer has left, and everything it sent was taken
    died,      ///< the same, but the peer was killed, or ended without a word
};

/// Where the marks lie: beside the messages (Ring), or apart from them (SpanRing).
enum class Marks : std::uint64_t {
    beside,  ///< each beside its message
    apart,   ///< one for each 64 places
};

/// @cond  What a ring consists of; not for users.
namespace ring {

using Clock = std::chrono::steady_clock;
using Futex = std::atomic<std::uint32_t>;
constexpr std::size_t two_lines = 128;  // processors fetch lines in pairs

struct alignas(two_lines) Seat {  // NOLINT(clang-analyzer-optin.performance.Padding): wanted
    pthread_mutex_t taken;        // robust, and locked while an end sits here: it dies with it
    std::atomic<std::uint32_t> state, fenced, cpu;  // 1: came, 2: left; 1: membarrier reaches it
    alignas(two_lines) Futex asleep;  // 1: or about to be. The peer looks at it all the time
};

struct Header {  // NOLINT(clang-analyzer-optin.performance.Padding): it is wanted
    std::atomic<std::uint64_t> magic;  // stored last
    std::uint64_t message_size, message_alignment;
    std::atomic<std::uint64_t> capacity;  // atomic, lest it be read twice where it is read once
    Marks marks;
    Seat producer, consumer;
    alignas(two_lines) std::atomic<std::uint64_t> released;  // messages that were given back
};
constexpr std::uint64_t magic = 0x5350'5343'5249'4732;  // "SPSCRIG2"

[[noreturn, gnu::noinline]] inline void fail(const char* what, const std::string& more = {}) {
    throw RingError("the ring " + (what + more));
}

inline std::uint32_t note_cpu(Seat& mine) {
    const auto cpu = static_cast<std::uint32_t>(sched_getcpu() + 1);
    mine.cpu.store(cpu, std::memory_order_relaxed);  // relaxed: a hint, nothing depends on it
    return cpu;
}

//! [wake peer]
[[gnu::noinline]] inline void wake(Seat& mine, Seat& peer) {
    note_cpu(mine);
    // release: who finds 0 here, and so does not sleep, finds what was published before, too
    if (peer.asleep.exchange(0, std::memory_order_release) != 0)
        syscall(SYS_futex, &peer.asleep, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

// Called after something was published: a store, then a load, which processors swap. Each message
// would have to pay for a fence between them: the sleeper makes us execute one instead (wait()).
[[gnu::always_inline]] inline void wake_sleeper(Seat& mine, Seat& peer) {
    std::atomic_signal_fence(std::memory_order_seq_cst);  // the compiler must not swap them either
    // relaxed: decides only whether to look closer
    if (peer.asleep.load(std::memory_order_relaxed) != 0) [[unlikely]]
        wake(mine, peer);
}
//! [wake peer]

inline int take(Seat& seat) {  // 0: nobody alive sat there, and we do now; else EBUSY
    const int error = pthread_mutex_trylock(&seat.taken);
    return error == EOWNERDEAD ? pthread_mutex_consistent(&seat.taken) : error;
}

[[gnu::noinline]] inline void sit_down(Seat& mine, const char* who) {
    int error = take(mine);
    const timespec pause = {0, 100'000};  // perhaps the peer only looks whether we live; slowly,
    for (int tries = 0; tries < 2000 && error == EBUSY; ++tries, error = take(mine))
        nanosleep(&pause, nullptr);  // where the processors are busy
    if (error != 0) fail("cannot have a second live ", who);
    const long refused = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0);
    mine.fenced.store(refused == 0, std::memory_order_relaxed);  // relaxed: published by `state`
    mine.asleep.store(0, std::memory_order_relaxed);             // relaxed: likewise
    note_cpu(mine);
    mine.state.store(1, std::memory_order_release);  // release: who reads it knows `fenced`
}

[[gnu::noinline]] inline void stand_up(Seat& mine, Seat& peer) {
    mine.state.store(2, std::memory_order_release);  // release: with all that was published
    pthread_mutex_unlock(&mine.taken);
    wake(mine, peer);
}

struct Sitter {  // sits in a seat, from constructor to destructor
    [[gnu::always_inline]] Sitter(Seat& seat, Seat& other, const char* who)
        : mine(seat), peer(other) {
        sit_down(mine, who);
    }
    Sitter(const Sitter&) = delete;
    [[gnu::always_inline]] ~Sitter() { stand_up(mine, peer); }
    Seat &mine, &peer;
};

// Waits until `word` is no longer `seen`: first awake, since a peer that runs answers in less time
// than a sleep takes, then asleep, looking now and then whether the peer still lives.
//
// "I sleep" and the last look are a store and a load as well. The membarrier between them makes
// every running thread of the peer execute a fence (man 2 membarrier): if its look at `asleep` came
// before that, so did its publication, and our look sees it. Where either side has no membarrier,
// sleeps are short instead; and so is the first one if both are on one processor, where a switch
// from one to the other does the same: the hint may be old. (Not shorter than a tick of the kernel:
// for that it would have to set its timer, which costs more than all the rest.)
template <typename Word>
[[gnu::noinline]] Waited wait(const std::atomic<Word>& word, Word seen, Seat& mine, Seat& peer,
                              Clock::time_point end) {
    using namespace std::chrono_literals;
    // acquire: what was published with it is read next
    const auto is_ready = [&] { return word.load(std::memory_order_acquire) != seen; };
    // relaxed: a hint. On the peer's own processor we would only keep it from running.
    bool beside_peer = peer.cpu.load(std::memory_order_relaxed) == note_cpu(mine);
    if (!beside_peer) {
        const auto awake_until = std::min(end, Clock::now() + 20us);
        do {
            for (int looks = 0; looks < 64; ++looks) {
                if (is_ready()) return Waited::ready;
#if defined(__x86_64__) || defined(__i386__)
                __builtin_ia32_pause();  // 10 to 50 ns, in which the peer keeps its line
#elif defined(__aarch64__)
                asm volatile("isb");
#endif
            }
        } while (Clock::now() < awake_until);
    }
    //! [fall asleep]
    Waited result = Waited::ready;
    while (!is_ready()) {
        mine.asleep.store(1, std::memory_order_relaxed);  // relaxed: the membarrier orders it
        // acquire: with `state` comes `fenced`, and everything that a peer sent before it left
        std::uint32_t state = peer.state.load(std::memory_order_acquire);
        const bool fenced = !beside_peer && peer.fenced.load(std::memory_order_relaxed) != 0 &&
                            state == 1 &&
                            syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0;
        const bool gone = state != 0 && take(peer) == 0;  // looked at before the last look
        if (gone) {
            state = peer.state.load(std::memory_order_relaxed);  // its last word; from the lock
            pthread_mutex_unlock(&peer.taken);
        }
        if (is_ready()) break;
        const auto left = end - Clock::now();
        if (gone || left <= 0ns) {
            result = !gone ? Waited::late : state == 2 ? Waited::finished : Waited::died;
            break;
        }
        const Clock::duration slice = fenced ? 250ms : beside_peer || state == 0 ? 10ms : 1ms;
        const timespec timeout = {0, static_cast<long>(std::min(left, slice).count())};
        syscall(SYS_futex, &mine.asleep, FUTEX_WAIT, 1, &timeout, nullptr, 0);  // or look again
        beside_peer = false;
    }
    mine.asleep.store(0, std::memory_order_relaxed);  // relaxed: at worst we are woken in vain
    //! [fall asleep]
    return result;
}

[[gnu::noinline]] inline Clock::time_point end_of(std::chrono::nanoseconds time) {
    return Clock::now() + std::min<std::chrono::nanoseconds>(time, std::chrono::hours(24 * 365));
}

//! [ring places]
template <typename T, Marks marks>
struct Places {  // where they lie, and `at`: the one that an end comes to next
    static constexpr bool beside = marks == Marks::beside;
    // Modulo 2^32 where that is enough: beside its message, a mark is never older than a round.
    using Mark = std::conditional_t<beside && sizeof(T) <= 4, std::uint32_t, std::uint64_t>;
    struct alignas(T) alignas(Mark) Place {
        std::atomic<Mark> mark;
        alignas(T) std::byte message[sizeof(T)];
    };
    static constexpr std::size_t step = beside ? sizeof(Place) : sizeof(T);
    static constexpr std::size_t group = beside ? 1 : 64;  // so many places have one mark
    static constexpr std::size_t marks_bytes(std::size_t capacity) {
        const std::size_t bytes = beside ? 0 : (capacity / group + 1) * sizeof(Mark);
        return (bytes + two_lines - 1) / two_lines * two_lines;
    }
    //! [ring places]

    Places(void* memory, std::uint64_t capacity, std::uint64_t number)
        : first(static_cast<std::byte*>(memory) + sizeof(Header) + marks_bytes(capacity)),
          end(first + capacity * step),
          at(first + number % capacity * step),
          apart(reinterpret_cast<Mark*>(static_cast<std::byte*>(memory) + sizeof(Header))) {}

    std::size_t place() const { return static_cast<std::size_t>(at - first) / step; }
    std::atomic<Mark>& mark() const {
        void* const mark = beside ? static_cast<void*>(at) : apart + place() / group;
        return *static_cast<std::atomic<Mark>*>(mark);
    }
    T* message() const { return reinterpret_cast<T*>(beside ? at + offsetof(Place, message) : at); }
    std::size_t left() const { return static_cast<std::size_t>(end - at) / step; }  // to the end
    // Returns how many places from here on have this mark.
    std::size_t row() const { return beside ? 1 : std::min(left(), group - place() % group); }
    //! [look mark]
    [[gnu::always_inline]] std::size_t run(std::uint64_t number) const {  // messages that are here
        // acquire: the messages that the mark counts are there
        const Mark run = mark().load(std::memory_order_acquire) - static_cast<Mark>(number);
        if (run - 1 < row()) [[likely]]
            return run;
        if (static_cast<std::make_signed_t<Mark>>(run) <= 0) return 0;  // an older mark
        const auto capacity = static_cast<std::size_t>(end - first) / step;
        if (beside || run > capacity) fail("is broken: a mark is too high");
        return row();  // written a round later: all these places were filled before it
    }
    //! [look mark]
    [[gnu::always_inline]] void wrap() {  // before a place is used
        // So improbable, lest gcc make it a conditional move: those depend on each other.
        if (__builtin_expect_with_probability(at == end, 0, 0.999)) at = first;
    }

    std::byte *first, *end, *at;
    Mark* apart;
};

}  // namespace ring
/// @endcond

/// A process's handle of a ring. Copy it freely; no end may outlive it, nor it the mapping.
/// @tparam T  a message; trivially copyable, aligned to 64 at most, and without pointers
template <typename T, Marks marks = Marks::beside>
class Ring {
    static_assert(std::is_trivially_copyable_v<T> && std::is_copy_assignable_v<T>);
    static_assert(alignof(T) <= 64 && std::atomic<std::uint64_t>::is_always_lock_free);
    using Places = ring::Places<T, marks>;

public:
    /// Returns how many bytes of memory a ring for `capacity` messages takes.
    static constexpr std::size_t bytes(std::size_t capacity) {
        return sizeof(ring::Header) + Places::marks_bytes(capacity) + capacity * Places::step;
    }

    /// Makes a ring, in memory that nobody else uses yet.
    /// @param memory    a mapping, aligned to 128 bytes; any process may map it anywhere
    /// @param size      of the memory, in bytes
    /// @param capacity  how many messages fit in, 1 to 2^30
    /// @param begin     the first message's number; a test begins near an edge
    /// @throws RingError if the memory is too small, or not aligned
    static Ring create(void* memory, std::size_t size, std::size_t capacity,
                       std::uint64_t begin = 0) {
        if (capacity < 1 || capacity > std::size_t{1} << 30 || size < bytes(capacity) ||
            reinterpret_cast<std::uintptr_t>(memory) % ring::two_lines != 0) {
            ring::fail("needs ", std::to_string(bytes(capacity)) + " bytes, aligned to 128, for " +
                                     std::to_string(capacity) + " messages; it got " +
                                     std::to_string(size));
        }
        auto* header = new (memory)
            ring::Header{{}, sizeof(T), alignof(T), {capacity}, marks, {}, {}, {begin}};
        pthread_mutexattr_t robust;
        pthread_mutexattr_init(&robust);  // with these arguments none of them fails in glibc
        pthread_mutexattr_setpshared(&robust, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
        pthread_mutex_init(&header->producer.taken, &robust);
        pthread_mutex_init(&header->consumer.taken, &robust);
        pthread_mutexattr_destroy(&robust);
        for (Places places(memory, capacity, 0); places.at != places.end;
             places.at += Places::step) {
            new (&places.mark()) std::atomic(static_cast<typename Places::Mark>(begin));
        }
        header->magic.store(ring::magic, std::memory_order_release);  // release: the rest is whole
        return Ring(header, capacity);
    }

    /// Returns the ring that another process has made.
    /// @param size  of the memory, in bytes, from the kernel (fstat), not from the memory
    /// @throws RingError if there is none (yet), or one of other messages or another size
    static Ring open(void* memory, std::size_t size) {
        auto* header = static_cast<ring::Header*>(memory);
        // acquire: what create() stored before is there
        if (size < sizeof(*header) || header->magic.load(std::memory_order_acquire) != ring::magic)
            ring::fail("is not there: this memory holds none, or none that is complete");
        const std::uint64_t capacity = header->capacity;  // read once (order: magic's), and kept
        if (header->message_size != sizeof(T) || header->message_alignment != alignof(T) ||
            header->marks != marks || capacity - 1 >= size || bytes(capacity) > size) {
            ring::fail("is another: ", std::to_string(capacity) + " messages of " +
                                           std::to_string(header->message_size) + " bytes, in " +
                                           std::to_string(size));
        }
        return Ring(header, capacity);
    }

    /// Returns how many messages fit in.
    std::size_t capacity() const { return capacity_; }

private:
    Ring(ring::Header* header, std::uint64_t capacity) : header_(header), capacity_(capacity) {}

    // Returns the number of the first message that is not there, if all before `from` were.
    [[gnu::noinline]] std::uint64_t sent(std::uint64_t from) const {
        for (std::uint64_t sent = from; sent - from <= capacity_;) {
            const std::size_t run = Places(header_, capacity_, sent).run(sent);
            if (run == 0) return sent;
            sent += run;
        }
        ring::fail("is broken: more is there than fits in");
    }

    ring::Header* header_;
    std::uint64_t capacity_;  // our own copy: the peer may write the header's
    template <typename, Marks>
    friend class Producer;
    template <typename, Marks>
    friend class Consumer;
};

/// A ring whose messages lie side by side: for spans.
template <typename T>
using SpanRing = Ring<T, Marks::apart>;

/// The end that sends. Belongs to one thread, from constructor to destructor.
template <typename T, Marks marks = Marks::beside>
class Producer {
public:
    /// Becomes the ring's producer; goes on where the one before stopped, however it ended.
    /// @throws RingError if there is a live one, or if the ring holds nonsense
    [[gnu::always_inline]] explicit Producer(const Ring<T, marks>& ring)
        : header_(ring.header_),
          seat_(header_->producer, header_->consumer, "producer"),
          capacity_(ring.capacity_),
          // acquire: what the consumer gave back it has read
          limit_(header_->released.load(std::memory_order_acquire) + capacity_),
          until_(ring.sent(limit_ - capacity_)),
          sent_(until_),
          places_(header_, capacity_, sent_) {}

    /// Sends a message, or returns false if the ring is full. Makes no system call, unless the
    /// consumer sleeps and has to be woken; that holds for everything here but waiting.
    [[gnu::always_inline]] bool try_push(const T& message) {
        if (!has_room()) [[unlikely]]
            return false;
        *places_.message() = message;
        publish(1);
        return true;
    }

    /// Sends a message; waits for room, `time` at most.
    /// @returns ready if it was sent; else why not
    [[gnu::always_inline]] Waited push(const T& message, std::chrono::nanoseconds time) {
        const Waited waited = wait(time);
        if (waited == Waited::ready) try_push(message);
        return waited;
    }

    /// Returns the next free places, as many as lie side by side, `most` at most; empty if the ring
    /// is full. Write there, then publish() some or all; what is not published can be had again.
    [[gnu::always_inline]] std::span<T> reserve(std::size_t most) {
        if (!has_room()) return {};
        most = std::min<std::size_t>(most, marks == Marks::beside ? 1 : until_ - sent_);
        return {places_.message(), most};
    }

    //! [publish mark]
    /// Sends the first `count` messages of what reserve() returned. Those of one mark become
    /// visible together; in a SpanRing, a span that has several does so part by part.
    [[gnu::always_inline]] void publish(std::size_t count) {
        while (count != 0) {  // every mark, lest a successor who begins between two finds none
            const std::size_t some = std::min(count, places_.row());
            sent_ += some;
            // release: the messages are whole first. (Weaker, Arm may show the mark before them.)
            places_.mark().store(static_cast<Mark>(sent_), std::memory_order_release);
            places_.at += some * ring::Places<T, marks>::step;
            count -= some;
        }
        ring::wake_sleeper(seat_.mine, seat_.peer);
    }
    //! [publish mark]

    /// Waits until there is room, `time` at most.
    [[gnu::always_inline]] Waited wait(std::chrono::nanoseconds time) {
        if (has_room()) [[likely]]
            return Waited::ready;
        const auto end = ring::end_of(time);
        while (!has_room()) {
            const Waited waited =
                ring::wait(header_->released, limit_ - capacity_, seat_.mine, seat_.peer, end);
            if (waited != Waited::ready) return waited;
        }
        return Waited::ready;
    }

    /// Waits until the consumer has given back all that was sent, `time` at most: for a producer
    /// that must not leave before.
    [[gnu::always_inline]] Waited flush(std::chrono::nanoseconds time) {
        const auto end = ring::end_of(time);
        for (;;) {
            // relaxed: it is only compared; what the consumer has read is not touched here
            const auto seen = header_->released.load(std::memory_order_relaxed);
            if (seen == sent_) return Waited::ready;
            const Waited waited = ring::wait(header_->released, seen, seat_.mine, seat_.peer, end);
            if (waited != Waited::ready) return waited;
            if (ring::Clock::now() >= end) return Waited::late;
        }
    }

    /// Returns how many messages the ring has ever been sent: the number of the next.
    std::uint64_t sent() const { return sent_; }

private:
    using Mark = typename ring::Places<T, marks>::Mark;

    [[gnu::always_inline]] bool has_room() {
        if (sent_ != until_) [[likely]]
            return true;
        places_.wrap();
        // acquire: the consumer has read what lies there before we overwrite it
        const auto limit = header_->released.load(std::memory_order_acquire) + capacity_;
        if (limit - limit_ > sent_ + capacity_ - limit_)
            ring::fail("is broken: too much given back");
        limit_ = limit;
        until_ = std::min(limit, sent_ + places_.left());
        return sent_ != until_;
    }

    ring::Header* header_;
    ring::Sitter seat_;
    std::uint64_t capacity_;
    std::uint64_t limit_;  // the first message that has no place, when we last looked
    std::uint64_t until_;  // the same, or the end of the memory, if that comes first
    std::uint64_t sent_;
    ring::Places<T, marks> places_;
};

/// The end that receives. Belongs to one thread, from constructor to destructor.
template <typename T, Marks marks = Marks::beside>
class Consumer {
public:
    /// Becomes the ring's consumer; goes on with the first message that was not given back. (One
    /// that was killed may have taken it, and not given it back yet.)
    /// @throws RingError if there is a live one, or if the ring holds nonsense
    [[gnu::always_inline]] explicit Consumer(const Ring<T, marks>& ring)
        : header_(ring.header_),
          seat_(header_->consumer, header_->producer, "consumer"),
          // relaxed: the predecessor's own number, and its seat has come to us by a lock
          taken_(header_->released.load(std::memory_order_relaxed)),
          there_(taken_),
          places_(header_, ring.capacity_, taken_) {}

    /// Takes the next message, or returns false if there is none.
    /// @throws RingError if the mark makes no sense
    [[gnu::always_inline]] bool try_pop(T& message) {
        if (!has_message()) [[unlikely]]
            return false;
        message = *places_.message();
        release(1);
        return true;
    }

    /// Takes the next message; waits for it, `time` at most.
    /// @returns ready, or why not: finished and died only after all that was sent has been taken
    [[gnu::always_inline]] Waited pop(T& message, std::chrono::nanoseconds time) {
        const Waited waited = wait(time);
        if (waited == Waited::ready) try_pop(message);
        return waited;
    }

    /// Returns the next messages, as many as are there side by side, `most` at most; empty if there
    /// is none. A peer that means harm can change them while you read: copy what you check.
    [[gnu::always_inline]] std::span<const T> peek(std::size_t most) {
        if (!has_message()) return {};
        return {places_.message(), std::min<std::size_t>(most, there_ - taken_)};
    }

    //! [give back]
    /// Gives the places of the first `count` of them back: 1 at least.
    [[gnu::always_inline]] void release(std::size_t count) {
        taken_ += count;
        places_.at += count * ring::Places<T, marks>::step;
        // release: we have read it. (Weaker, Arm may still read what the producer overwrites.)
        header_->released.store(taken_, std::memory_order_release);
        ring::wake_sleeper(seat_.mine, seat_.peer);
    }
    //! [give back]

    /// Waits until there is a message, `time` at most.
    [[gnu::always_inline]] Waited wait(std::chrono::nanoseconds time) {
        if (has_message()) [[likely]]
            return Waited::ready;
        const auto end = ring::end_of(time);
        for (Waited waited = Waited::ready; waited == Waited::ready;) {
            const auto seen = places_.mark().load(std::memory_order_relaxed);  // only to compare
            if (has_message()) break;
            waited = ring::wait(places_.mark(), seen, seat_.mine, seat_.peer, end);
            if (waited != Waited::ready) return waited;
            if (!has_message() && ring::Clock::now() >= end) return Waited::late;  // it means harm
        }
        return Waited::ready;
    }
    /// Returns how many messages have ever been taken: the number of the next.
    std::uint64_t taken() const { return taken_; }

private:
    [[gnu::always_inline]] bool has_message() {
        places_.wrap();
        if (marks == Marks::beside || there_ == taken_) there_ = taken_ + places_.run(taken_);
        return there_ != taken_;
    }

    ring::Header* header_;
    ring::Sitter seat_;
    std::uint64_t taken_;
    std::uint64_t there_;  // the first message that was not there, when we last looked
    ring::Places<T, marks> places_;
};

}  // namespace shm
