/// @file
/// How a tour lays out its text.

#include "tests/catch.hpp"
#include "tests/harness/tour_layout.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace harness::tour;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

Screen plain(int width) {
    return {width, false, true};
}

int widest(const Lines& lines) {
    int most = 0;
    for (const std::string& line : lines) most = std::max(most, columns(line));
    return most;
}

}  // namespace

TEST_CASE("text is broken at blanks and nothing of it is lost") {
    CHECK(wrap("", 10) == Lines{""});
    CHECK(wrap("just right", 10) == Lines{"just right"});
    CHECK(wrap("one two three", 8) == Lines{"one two", "three"});
    CHECK(wrap("one two three", 7) == Lines{"one two", "three"});
    CHECK(wrap("one two three", 9, 2) == Lines{"one two", "  three"});
}

TEST_CASE("a word longer than the line is broken anywhere") {
    CHECK(wrap("abcdefghij", 4) == Lines{"abcd", "efgh", "ij"});
    CHECK(wrap("abcdefghij", 4, 1) == Lines{"abcd", " efg", " hij"});
    CHECK(wrap("    indented", 6) == Lines{"    in", "dented"});
}

TEST_CASE("a character is one column, however many bytes it has") {
    CHECK(columns("größer · ⏎") == 10);
    CHECK(wrap("ääää öööö", 4) == Lines{"ääää", "öööö"});
    CHECK(wrap("ääääöööö", 4) == Lines{"ääää", "öööö"});
}

TEST_CASE("what a program prints cannot steer the terminal") {
    CHECK(showable("\033[2Jx\r", plain(80)) == "\\x1b[2Jx\\x0d");
    CHECK(showable("a\tb", plain(80)) == "a    b");
    CHECK(showable("caf\xc3\xa9", plain(80)) == "café");
    CHECK(showable("\xff\xc3", plain(80)) == "\\xff\\xc3");
    CHECK(showable("\xc2\x9b", plain(80)) == "\\xc2\\x9b");
}

TEST_CASE("without UTF-8 everything is ASCII") {
    const Screen ascii{80, false, false};
    CHECK(showable("⏎ Enter · 5 µs → … “x”", ascii) == "<- Enter - 5 ?s -> ... \"x\"");
}

TEST_CASE("a paragraph has single blanks") {
    CHECK(paragraph("  The slot\n   is full.\n") == "The slot is full.");
}

TEST_CASE("two lanes stand side by side from 120 columns on") {
    CHECK(Lanes(plain(120), {"producer", "consumer"}).side_by_side());
    CHECK_FALSE(Lanes(plain(119), {"producer", "consumer"}).side_by_side());
    CHECK_FALSE(Lanes(plain(120), {"a", "b", "c"}).side_by_side());
    CHECK(Lanes(plain(60), {"writer"}).side_by_side());
}

TEST_CASE("a line stands in its lane, behind the time") {
    const Lanes lanes(plain(120), {"producer", "consumer"});
    const std::string heading = lanes.heading();
    const auto left = lanes.rows(0, 1ms, Lanes::Tone::command, "producer --key 0x5a01");
    const auto right = lanes.rows(1, 12345ms, Lanes::Tone::output, "Consumer: Connected");
    CHECK(left == Lines{"   0.001  $ producer --key 0x5a01"});
    REQUIRE(right.size() == 1);
    CHECK(right[0].substr(0, 10) == "  12.345  ");
    CHECK(right[0].find("Consumer") == heading.find("consumer"));
    CHECK(left[0].find("$ producer") == heading.find("producer"));
}

TEST_CASE("a narrow screen puts the name before each line") {
    const Lanes lanes(plain(60), {"producer", "consumer"});
    CHECK_FALSE(lanes.side_by_side());
    CHECK(lanes.rows(1, 301ms, Lanes::Tone::note, "waiting") ==
          Lines{"   0.301  consumer  ! waiting"});
}

TEST_CASE("a command of several lines is shown in as many") {
    const Lanes lanes(plain(120), {"python"});
    CHECK(lanes.rows(0, 1ms, Lanes::Tone::command, "python3 -c 'import os\nprint(1)'") ==
          Lines{"   0.001  $ python3 -c 'import os", "          print(1)'"});
}

TEST_CASE("no line is wider than the screen, and none is cut") {
    const std::string text =
        "Consumer: Received - Counter: 1, Message: Message number 1 from producer, and then a "
        "word_that_is_far_too_long_for_any_lane_and_must_be_broken_somewhere_in_its_middle";
    for (const int width : {40, 60, 79, 80, 119, 120, 180, 400}) {
        for (const std::size_t count : {1, 2, 3, 16}) {
            const Lanes lanes(plain(width), Lines(count, "a worker with a long name"));
            CAPTURE(width, count);
            CHECK(columns(lanes.heading()) <= width);
            for (const std::size_t lane : {std::size_t{0}, count - 1}) {
                const auto rows = lanes.rows(lane, 99999ms, Lanes::Tone::output, text);
                CHECK(widest(rows) <= width);
                std::string letters;
                for (std::string row : rows) {
                    const std::size_t names = lanes.side_by_side() ? 10 : row.size() >= 10 ? 10 : 0;
                    row.erase(0, names);
                    letters += row;
                }
                for (const char* piece : {"Received", "Counter:", "producer,", "then"})
                    CHECK(letters.find(piece) != std::string::npos);
            }
        }
    }
}

TEST_CASE("a table is as wide as the screen, and is not broken") {
    const Lanes lanes(plain(80), {"doctor", "writer"}, {true, false});
    const std::string row = std::string(39, 'x') + "  " + std::string(39, 'y');
    CHECK(lanes.rows(0, 301ms, Lanes::Tone::output, row) == Lines{row});
    CHECK(lanes.rows(1, 301ms, Lanes::Tone::output, row).size() == 2);
    CHECK(lanes.rows(0, 301ms, Lanes::Tone::note, "short") == Lines{"   0.301  doctor  ! short"});
}

TEST_CASE("where there is no terminal nothing is wrapped") {
    const Lanes lanes({Screen::endless, false, true}, {"producer", "consumer"});
    const std::string text(300, 'x');
    CHECK(lanes.rows(1, 301ms, Lanes::Tone::output, text + " y") ==
          Lines{"   0.301  consumer  " + text + " y"});
}

TEST_CASE("colours come only where they are wanted") {
    const Screen colourful{120, true, true};
    const Lanes with(colourful, {"a", "b"});
    const Lanes without(plain(120), {"a", "b"});
    CHECK(with.rows(1, 0ms, Lanes::Tone::output, "x")[0].find("\033[33mx\033[0m") !=
          std::string::npos);
    CHECK(without.rows(1, 0ms, Lanes::Tone::output, "x")[0].find('\033') == std::string::npos);
}

TEST_CASE("a longer line takes longer to read, a character of three bytes no longer than one") {
    CHECK(time_to_read("") > 0ms);
    CHECK(time_to_read("twenty characters  .") - time_to_read("ten chars.") ==
          time_to_read("ten chars.") - time_to_read(""));
    CHECK(time_to_read("─") == time_to_read("-"));
}
