/// @file
/// common/memory/layout.hpp.

#include "common/memory/layout.hpp"
#include "common/program/error.hpp"
#include "tests/unit/support.hpp"

#include <fmt/core.h>

#include <cstring>
#include <memory>
#include <thread>

using unit::has;
using unit::message_of;

namespace {

struct Thing {
    shm::LayoutHeader header;
    std::uint64_t payload[30];
};
constexpr shm::Layout thing = {.magic = 0x1234567890abcdef, .version = 3, .size = sizeof(Thing)};

}  // namespace

TEST_CASE("new memory is not published, and may be anybody's beginning") {
    const Thing memory{};
    CHECK_FALSE(shm::is_published(memory.header, thing, "/a"));
    CHECK(shm::is_unfinished(memory.header, thing));
}

TEST_CASE("prepared memory is ours and unfinished, published memory is whole") {
    Thing memory{};
    shm::prepare(memory.header, thing);
    memory.payload[29] = 1;
    CHECK_FALSE(shm::is_published(memory.header, thing, "/a"));
    CHECK(shm::is_unfinished(memory.header, thing));
    shm::publish(memory.header, thing);
    CHECK(shm::is_published(memory.header, thing, "/a"));
    CHECK_FALSE(shm::is_unfinished(memory.header, thing));
}

TEST_CASE("memory with anything in it that was not prepared by us is not our unfinished work") {
    Thing data{};
    data.payload[29] = std::uint64_t{1} << 56U;  // its very last byte
    CHECK_FALSE(shm::is_unfinished(data.header, thing));
    Thing other{};
    shm::prepare(other.header, {.magic = 1, .version = 4, .size = sizeof(Thing)});
    CHECK_FALSE(shm::is_unfinished(other.header, thing));
    Thing larger{};
    shm::prepare(larger.header, {.magic = 1, .version = 3, .size = sizeof(Thing) + 8});
    CHECK_FALSE(shm::is_unfinished(larger.header, thing));
}

TEST_CASE("memory of another program is refused with both numbers") {
    Thing memory{};
    memory.header.magic = 0xfeed;
    const std::string text = message_of<shm::Failure>(
        [&] { static_cast<void>(shm::is_published(memory.header, thing, "/a")); });
    CHECK(has(text, "/a: holds another program's data"));
    CHECK(has(text, "0x000000000000feed"));
    CHECK(has(text, "0x1234567890abcdef"));
}

TEST_CASE("another version or another size is refused with both values") {
    Thing memory{};
    shm::prepare(memory.header, {.magic = 1, .version = 2, .size = 99});
    shm::publish(memory.header, thing);
    const std::string text = message_of<shm::Failure>(
        [&] { static_cast<void>(shm::is_published(memory.header, thing, "/a")); });
    CHECK(has(text, "layout 2 of 99 bytes"));
    CHECK(has(text, "layout 3 of 256 bytes"));
    memory.header.size = sizeof(Thing);
    CHECK_THROWS_AS(shm::is_published(memory.header, thing, "/a"), shm::Failure);
    memory.header.size = 99;
    memory.header.version = 3;
    CHECK_THROWS_AS(shm::is_published(memory.header, thing, "/a"), shm::Failure);
    memory.header.size = sizeof(Thing);
    CHECK(shm::is_published(memory.header, thing, "/a"));
}

TEST_CASE("memory of a program that lays out its structs otherwise is refused with both sizes") {
    Thing memory{};
    shm::prepare(memory.header, thing);
    CHECK(memory.header.abi == shm::layout_abi);
    const bool is_64 = sizeof(void*) == 8;
    memory.header.abi = is_64 ? 0x432 : 0x854;  // as a PC's with -m32, and without
    memory.payload[0] = 1;
    CHECK_FALSE(shm::is_unfinished(memory.header, thing));
    shm::publish(memory.header, thing);
    const std::string text = message_of<shm::Failure>(
        [&] { static_cast<void>(shm::is_published(memory.header, thing, "/a")); });
    CHECK(has(text, fmt::format("/a: made by a program with pointers of {} bytes, mutexes of {}, "
                                "semaphores of {}, but this one has pointers of",
                                is_64 ? 4 : 8, is_64 ? 24 : 40, is_64 ? 16 : 32)));
    CHECK(has(text, fmt::format("of {} bytes, mutexes of {}, semaphores of {};", sizeof(void*),
                                sizeof(pthread_mutex_t), sizeof(sem_t))));
}

TEST_CASE("what was written before it was published is whole for whoever sees it published") {
    for (int round = 0; round < 200; ++round) {
        const auto memory = std::make_unique<Thing>();
        std::thread creator([&] {
            shm::prepare(memory->header, thing);
            for (std::uint64_t& word : memory->payload) word = 42;
            shm::publish(memory->header, thing);
        });
        while (!shm::is_published(memory->header, thing, "/a")) std::this_thread::yield();
        std::uint64_t sum = 0;
        for (const std::uint64_t word : memory->payload) sum += word;
        creator.join();
        REQUIRE(sum == std::uint64_t{42} * 30);
    }
}
