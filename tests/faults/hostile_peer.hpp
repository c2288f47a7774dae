/// @file
/// A process that writes nonsense into a ring, and another one that uses it.
#pragma once

#include "common/ring/ring.hpp"

#include "tests/faults/support.hpp"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <random>
#include <utility>
#include <vector>

namespace faults {

constexpr std::size_t page = 65536;  // or as many as these bytes are

/// A child process, killed with this object.
class Child {
public:
    template <typename Life>
    explicit Child(Life life) : pid_(fork()) {
        REQUIRE(pid_ >= 0);
        if (pid_ != 0) return;
        life();
        _exit(0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid_ == 0) return;
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    /// Returns the status that it ended with.
    int wait() {
        int status = -1;
        REQUIRE(waitpid(std::exchange(pid_, 0), &status, 0) > 0);
        return status;
    }

private:
    pid_t pid_;
};

/// Counts how the calls of one side ended. Lies in memory that its parent sees, too.
struct Ends {
    std::array<std::atomic<unsigned>, 4> results = {};  // by WaitResult
    std::atomic<unsigned> errors = 0;

    void count(shm::WaitResult how) {
        ++results.at(static_cast<std::size_t>(how));
    }  // else: it throws
};

/// What two processes share besides the ring.
struct Table {
    Ends ends;
    sem_t asked = {}, written = {};  // "write it", and "it is written"
    std::size_t at = 0;
    std::uint64_t value = 0;
    int moment = 0;
};

/// A table in memory that children share.
class SharedTable {
public:
    SharedTable() {
        void* memory =
            mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        REQUIRE(memory != MAP_FAILED);
        table_ = new (memory) Table;
        REQUIRE(sem_init(&table_->asked, 1, 0) == 0);
        REQUIRE(sem_init(&table_->written, 1, 0) == 0);
    }
    SharedTable(const SharedTable&) = delete;
    SharedTable& operator=(const SharedTable&) = delete;
    ~SharedTable() { munmap(table_, page); }
    Table* operator->() const { return table_; }

private:
    Table* table_;
};

constexpr std::array moments = {"before open()", "while a producer works", "while a producer waits",
                                "while a consumer works", "while a consumer waits"};

/// Says whether a word of 8 bytes is to be left alone: those of the two robust mutexes. There glibc
/// keeps the pointers of a list (man 3 pthread_mutexattr_setrobust), which it follows when it locks
/// or unlocks: whoever writes them can have the other side store what he likes where he likes.
template <typename Header>
bool is_lock(const Header& header, std::size_t at) {
    const auto is_in = [&](const pthread_mutex_t& lock) {
        const auto* first = reinterpret_cast<const std::byte*>(&lock);
        const auto* word = reinterpret_cast<const std::byte*>(&header) + at;
        return word + 8 > first && word < first + sizeof(lock);
    };
    return is_in(header.producer.lock) || is_in(header.consumer.lock);
}

/// Writes what the table says, each time that it is asked.
template <typename Memory>
[[noreturn]] void write_when_asked(const Memory& memory, const SharedTable& table) {
    for (;;) {
        sem_wait(&table->asked);
        if (table->moment == 2 || table->moment == 4) usleep(30);  // by then it waits
        memory.write(table->at, table->value);
        sem_post(&table->written);
    }
}

/// Lets each value be written into each word at each moment, while `use(ring, ends, ask)` uses a
/// new ring, and calls `ask` with each moment.
template <typename Memory, typename Use>
void meet_all(const Memory& memory, const SharedTable& table, const std::vector<std::size_t>& words,
              const std::vector<std::uint64_t>& values, Use use) {
    bool is_asked = false;
    const auto until_written = [&] {
        if (std::exchange(is_asked, false)) sem_wait(&table->written);
    };
    const auto ask = [&](int moment) {
        if (moment != table->moment) return;
        is_asked = true;
        sem_post(&table->asked);
        if (moment != 2 && moment != 4) until_written();
    };
    for (const std::size_t word : words) {
        for (const std::uint64_t value : values) {
            for (int moment = 0; moment < static_cast<int>(moments.size()); ++moment) {
                auto ring = memory.renew();
                table->at = word;
                table->value = value;
                table->moment = moment;
                try {
                    if (moment == 0) {
                        ask(0);
                        ring = memory.open();
                    }
                    use(ring, table->ends, ask);
                } catch (const shm::RingError&) {
                    ++table->ends.errors;
                }
                until_written();
            }
        }
    }
}

/// Writes nonsense all the time: often one of the words of the header, which decide, else any.
template <typename Memory>
[[noreturn]] void scribble(const Memory& memory, unsigned seed, std::size_t header_bytes,
                           std::size_t all_bytes) {
    std::mt19937_64 random(seed);
    for (std::uint64_t turn = 0;; ++turn) {
        const std::size_t end = random() % 2 == 0 ? header_bytes : all_bytes;
        const auto at = static_cast<std::size_t>(random() % (end / 8) * 8);
        const std::uint64_t values[] = {random(), random() % 200, ~0ULL, 1ULL << 63, turn % 2};
        if (!memory.is_lock(at)) memory.write(at, values[random() % 5]);
    }
}

}  // namespace faults
