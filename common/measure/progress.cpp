#include "progress.hpp"

#include <fmt/core.h>

#include <unistd.h>  // isatty, write

namespace measure {

namespace {

constexpr const char* erased = "\r\033[K";  // to the line's beginning, and erase it

void put(const std::string& text) {
    // What cannot be shown is not worth an error.
    if (write(STDERR_FILENO, text.data(), text.size()) == -1) return;
}

}  // namespace

Progress::Progress(std::uint64_t steps) : shown_(isatty(STDERR_FILENO) == 1), steps_(steps) {}

Progress::~Progress() {
    if (shown_) put(erased);
}

void Progress::step(const std::string& what) {
    const std::uint64_t percent = 100 * done_++ / steps_;
    if (!shown_) return;
    const std::string text = fmt::format("{} %, {}", percent, what);
    if (text == last_) return;
    last_ = text;
    put(erased + text);
}

}  // namespace measure
