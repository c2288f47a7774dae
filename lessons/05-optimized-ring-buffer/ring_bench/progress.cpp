#include "progress.hpp"

#include <fmt/format.h>

#include <unistd.h>  // isatty, write

namespace ring_bench {

namespace {

void put(const std::string& text) {
    // What cannot be shown is not worth an error.
    if (write(STDERR_FILENO, text.data(), text.size()) == -1) return;
}

}  // namespace

Progress::Progress(const std::vector<Cell>& cells, std::size_t rounds)
    : shown_(isatty(STDERR_FILENO) == 1), steps_(0) {
    for (const Cell& cell : cells) steps_ += cell.entries.size();
    steps_ *= rounds;
}

Progress::~Progress() {
    if (shown_) put("\r\033[K");  // to the line's beginning, and erase it
}

void Progress::step(const std::string& part, const Cell& cell) {
    const std::size_t percent = 100 * done_++ / steps_;
    const std::string text =
        fmt::format("{} %, {}: {}, {} bytes x {}", percent, part,
                    cell.kind == Kind::stream ? "stream" : "round trip", cell.bytes, cell.capacity);
    if (!shown_ || text == last_) return;
    last_ = text;
    put("\r\033[K" + text);
}

}  // namespace ring_bench
