/// @file
/// A word that for_shell() has quoted is read back by a real shell.

#include "common/program/shell.hpp"
#include "tests/unit/support.hpp"

#include <string>

TEST_CASE("a word of a command stays one word, whatever is in it") {
    const std::string words[] = {"/dev/shm/plain",
                                 "",
                                 "/a b",
                                 "it's",
                                 "$(echo no)",
                                 "`echo no`",
                                 "*",
                                 "~",
                                 "#x",
                                 "a;b&c|d",
                                 "back\\slash",
                                 "\"quote\"",
                                 "a\nb",
                                 "\x1b[31m",
                                 "\xff'\\0",
                                 "-rf",
                                 "$HOME",
                                 "!x \\x41",
                                 "{a,b}",
                                 "tab\tx'y"};
    for (const std::string& word : words) {
        INFO(shm::for_shell(word));
        CHECK(unit::printed("bash", "printf '<%s>' " + shm::for_shell(word)) == "<" + word + ">");
    }
}

TEST_CASE("what needs no quotes has none, and what needs them is read by any shell") {
    CHECK(shm::for_shell("/dev/shm/my_shared-memory.1") == "/dev/shm/my_shared-memory.1");
    CHECK(unit::printed("sh", "printf '<%s>' " + shm::for_shell("a 'b' \\ $c")) == "<a 'b' \\ $c>");
    CHECK(shm::object_for_shell("/a b") == "'/dev/shm/a b'");
}

TEST_CASE("an escape ends where it has to, whatever digit comes next") {
    CHECK(shm::for_shell("\nabc") == "$'\\012abc'");  // \x0a before a digit: POSIX leaves it open
    CHECK(shm::for_shell("\xff"
                         "7") == "$'\\3777'");
    CHECK(unit::printed("bash", "printf %s " + shm::for_shell("\x01"
                                                              "7f")) ==
          "\x01"
          "7f");
}

TEST_CASE("a quoted word shows nothing that a terminal obeys") {
    for (const char byte : shm::for_shell("\x1b[2J\n\xe2\x80\xae")) {
        CHECK(byte >= ' ');
        CHECK(byte <= '~');
    }
}
