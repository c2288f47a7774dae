#include "common/program/wait_notice.hpp"

#include "common/program/console.hpp"

#include <charconv>
#include <cstdlib>

using namespace std::chrono_literals;

namespace shm {

namespace {

/// Returns when a wait that begins now is to be told of; nothing for never.
std::optional<Deadline> next_notice() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread here changes the environment
    const char* text = std::getenv("SHM_WAIT_NOTICE_MS");
    if (text == nullptr) return Deadline::after(500ms);
    const std::string_view given = text;
    int number = 0;
    const auto read = std::from_chars(given.begin(), given.end(), number);
    if (read.ec != std::errc{} || read.ptr != given.end() || number < 0) return std::nullopt;
    return Deadline::after(std::chrono::milliseconds(number));
}

}  // namespace

void note_wait(std::chrono::milliseconds at_most, std::string_view for_whom,
               std::string_view cure) {
    note("waiting up to {} for {}; {}", time_text(at_most), for_whom, cure);
}

WaitNotice::WaitNotice(std::chrono::milliseconds at_most)
    : at_most_(at_most), speaks_(next_notice()) {}

void WaitNotice::look(std::string_view for_whom, std::string_view cure) {
    if (!speaks_ || !speaks_->passed()) return;
    speaks_.reset();
    note_wait(at_most_, for_whom, cure);
}

void WaitNotice::begin_again() {
    if (speaks_) speaks_ = next_notice();
}

std::string_view if_stopped() {
    return "is it stopped (Ctrl-Z)? In its terminal: fg";
}

std::string time_text(std::chrono::milliseconds time) {
    const auto count = time.count();
    return count != 0 && count % 1000 == 0 ? fmt::format("{} s", count / 1000)
                                           : fmt::format("{} ms", count);
}

}  // namespace shm
