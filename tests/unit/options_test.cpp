/// @file
/// common/program/name.hpp, options.hpp.

#include "common/program/options.hpp"
#include "common/program/console.hpp"
#include "common/program/error.hpp"
#include "common/program/name.hpp"
#include "tests/unit/support.hpp"

#include <fmt/core.h>

#include <sys/types.h>  // off_t

#include <algorithm>
#include <limits>

using namespace std::chrono_literals;
using unit::has;
using unit::in_child;
using unit::message_of;

namespace {

bool parse(shm::Options& options, std::vector<std::string> words) {
    words.insert(words.begin(), "program");
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    return options.parse(static_cast<int>(words.size()), argv.data());
}

/// Every kind of option, with its default.
struct All {
    std::string name = "/my_shared_memory";
    std::size_t size = 4096;
    key_t key = 12345;
    std::uint64_t messages = 5;
    std::chrono::milliseconds timeout = 10s;
    std::string lock = "sysv";
    bool pause = false;
    std::string file;

    bool read(std::vector<std::string> words) {
        shm::Options options("What it does.");
        options.object_name("--name", name, "The name");
        options.size("--size", size, "The size");
        options.key("--key", key, "The key");
        options.number("--messages", messages, 1, 1'000'000, "How many");
        options.milliseconds("--timeout-ms", timeout, "How long");
        options.choice("--lock", lock, {"sysv", "posix", "mutex"}, "Which");
        options.flag("--pause", pause, "Whether");
        options.positional("file", file, "The file");
        return parse(options, std::move(words));
    }
};

std::string refused(const std::vector<std::string>& words) {
    return message_of<shm::UsageError>([&] { All().read(words); });
}

std::string refused_name(const std::string& name) {
    return message_of<shm::UsageError>([&] { shm::require_object_name(name); });
}

}  // namespace

TEST_CASE("a name that every system takes is taken") {
    const auto longest = [](std::size_t characters) { return "/" + std::string(characters, 'a'); };
    for (const char* name :
         {"/a", "/my_shared_memory", "/...", "/.a", "/a.b", "/sem", "/semaphore", "/a b"}) {
        CHECK_NOTHROW(shm::require_object_name(name));
    }
    CHECK_NOTHROW(shm::require_object_name(longest(255)));
    CHECK_THROWS_AS(shm::require_object_name(longest(256)), shm::UsageError);
}

TEST_CASE("a name that breaks a rule is refused with the rule") {
    const std::pair<std::string, const char*> wrong[] = {
        {"", "is empty"},
        {"a", "does not begin with a slash"},
        {"/", "has nothing after the slash"},
        {"/a/b", "has a second slash"},
        {"//", "has a second slash"},
        {"/.", "is a directory"},
        {"/..", "is a directory"},
        {"/sem.a", "is the file of a semaphore"},
        {"/" + std::string(256, 'a'), "has 256 characters"},
    };
    for (const auto& [name, why] : wrong) {
        CHECK(has(refused_name(name), why));
        CHECK(has(refused_name(name), "a name is one slash, then 1 to 255 characters"));
    }
    CHECK_THROWS_AS(shm::require_object_name({"/a\0b", 4}), shm::UsageError);
}

TEST_CASE("sizes are bytes, or powers of 1024") {
    CHECK(shm::parse_size("1") == 1);
    CHECK(shm::parse_size("4096") == 4096);
    CHECK(shm::parse_size("64K") == 65536);
    CHECK(shm::parse_size("1M") == 1048576);
    CHECK(shm::parse_size("1G") == 1073741824);
}

TEST_CASE("what is no size is refused") {
    for (const char* text : {"", "K", "-1", "+1", " 1", "1 ", "1k", "1T", "1KB", "0x10", "1.5M",
                             "18446744073709551616"}) {
        CHECK(has(message_of<shm::UsageError>([&] { shm::parse_size(text); }), "is no size"));
    }
    for (const char* text : {"0", "0K", "0G"}) {
        CHECK(has(message_of<shm::UsageError>([&] { shm::parse_size(text); }), "at least 1"));
    }
}

TEST_CASE("a size that no address or offset can hold is refused, also where the unit makes it so") {
    constexpr std::uint64_t edge = std::min<std::uint64_t>(std::numeric_limits<std::size_t>::max(),
                                                           std::numeric_limits<off_t>::max()) -
                                   (1U << 21U);
    constexpr std::uint64_t edge_g = edge >> 30U;
    CHECK(shm::parse_size(std::to_string(edge)) == edge);
    CHECK(shm::parse_size(std::to_string(edge_g) + "G") == edge_g << 30U);
    for (const std::string& text :
         {std::to_string(edge + 1), std::to_string(edge_g + 1) + "G",
          std::string("9223372036854775807"), std::string("9223372036854775808"),
          std::string("18446744073709551615"), std::string("8589934592G"),
          std::string("17179869184G"), std::string("17179869185G"), std::string("8796093022208M"),
          std::string("18014398509481984K")}) {
        CHECK(has(message_of<shm::UsageError>([&] { shm::parse_size(text); }), " can address"));
    }
    if (sizeof(std::size_t) == 4) {
        CHECK(has(message_of<shm::UsageError>([] { shm::parse_size("8G"); }),
                  "'8G' is more than a program of 32 bits can address"));
    }
}

TEST_CASE("keys are decimal or hexadecimal, of 32 bits") {
    CHECK(shm::parse_key("12345") == 12345);
    CHECK(shm::parse_key("0x3039") == 12345);
    CHECK(shm::parse_key("0X3039") == 12345);
    CHECK(shm::parse_key("0xffffffff") == -1);
    CHECK(shm::parse_key("4294967295") == -1);
    CHECK(shm::parse_key("0x80000000") == std::numeric_limits<key_t>::min());
    for (const char* text : {"", "0x", "-1", "-0x1", "12a", "0x100000000", "4294967296", " 1",
                             "99999999999999999999"}) {
        CHECK(has(message_of<shm::UsageError>([&] { shm::parse_key(text); }), "is no key"));
    }
    for (const char* text : {"0", "0x0", "000"}) {
        CHECK(has(message_of<shm::UsageError>([&] { shm::parse_key(text); }), "IPC_PRIVATE"));
    }
}

TEST_CASE("a key is shown as ipcs shows it, and can be given back so") {
    CHECK(shm::key_text(12345) == "0x00003039");
    CHECK(shm::key_text(-1) == "0xffffffff");
    for (const key_t key : {1, 12345, -1, std::numeric_limits<key_t>::min()}) {
        CHECK(shm::parse_key(shm::key_text(key)) == key);
    }
}

TEST_CASE("help shows every option with its default, and is the only output") {
    const unit::Ended ended = in_child([] { return All().read({"--help"}) ? 1 : 0; });
    CHECK(ended.status == "0");
    CHECK(ended.err.empty());
    INFO(ended.out);
    for (const char* part : {"What it does.", "--pause", "--help"}) CHECK(has(ended.out, part));
    const std::pair<std::string, std::string> standards[] = {{"--name /NAME", "/my_shared_memory"},
                                                             {"--size SIZE", "4K"},
                                                             {"--key KEY", "12345"},
                                                             {"--messages N", "5"},
                                                             {"--timeout-ms MS", "10000"},
                                                             {"--lock sysv|posix|mutex", "sysv"}};
    for (const auto& [option, standard] : standards) {
        INFO(option << ", " << standard);
        // CLI11 2.1 and 2.4 write it so and so.
        const std::string older = fmt::format("{}={}", option, standard);
        const std::string newer = fmt::format("{} [{}]", option, standard);
        CHECK((has(ended.out, older) || has(ended.out, newer)));
    }
}

TEST_CASE("what is not given keeps its default") {
    All all;
    REQUIRE(all.read({"a-file"}));
    CHECK(all.name == "/my_shared_memory");
    CHECK(all.size == 4096);
    CHECK(all.key == 12345);
    CHECK(all.messages == 5);
    CHECK(all.timeout == 10s);
    CHECK(all.lock == "sysv");
    CHECK_FALSE(all.pause);
    CHECK(all.file == "a-file");
}

TEST_CASE("what is given is read") {
    All all;
    REQUIRE(all.read({"--name", "/b", "--size=64K", "--key", "0x10", "--messages", "1000000",
                      "--timeout-ms", "0", "--lock", "mutex", "--pause", "a-file"}));
    CHECK(all.name == "/b");
    CHECK(all.size == 65536);
    CHECK(all.key == 16);
    CHECK(all.messages == 1'000'000);
    CHECK(all.timeout == 0ms);
    CHECK(all.lock == "mutex");
    CHECK(all.pause);
}

TEST_CASE("a bad value is refused with the option's name and the rule") {
    const std::tuple<const char*, const char*, const char*> wrong[] = {
        {"--name", "a", "a name is one slash"},
        {"--size", "0", "at least 1 byte"},
        {"--size", "many", "give bytes, or a number with K, M or G"},
        {"--key", "0", "IPC_PRIVATE"},
        {"--key", "key", "give 12345 or 0x3039"},
        {"--messages", "0", "no whole number from 1 to 1000000"},
        {"--messages", "1000001", "no whole number from 1 to 1000000"},
        {"--messages", "-1", "no whole number from 1 to 1000000"},
        {"--messages", "1.5", "no whole number from 1 to 1000000"},
        {"--timeout-ms", "86400001", "no time in whole milliseconds from 0 to 86400000"},
        {"--timeout-ms", "1s", "no time in whole milliseconds from 0 to 86400000"},
        {"--lock", "spin", "'spin' is none of: sysv, posix, mutex"},
    };
    for (const auto& [option, value, rule] : wrong) {
        const std::string text = refused({std::string(option) + "=" + value, "a-file"});
        INFO(text);
        CHECK(has(text, std::string(option) + ": "));
        CHECK(has(text, rule));
    }
}

TEST_CASE("an option that is not there, or has no value, or is missing, is refused") {
    CHECK(has(refused({"--no-such-option", "a-file"}), "--no-such-option"));
    CHECK(refused({"a-file", "--size"}) == "--size: its value is missing: give --size SIZE");
    CHECK(has(refused({}), "file"));
    CHECK(has(refused({"a-file", "another-file"}), "another-file"));
}
