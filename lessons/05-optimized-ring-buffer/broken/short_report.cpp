#include "short_report.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/child.hpp"
#include "common/program/console.hpp"
#include "common/program/descriptor.hpp"

#include <fcntl.h>     // O_CLOEXEC
#include <sys/wait.h>  // WIFSIGNALED
#include <unistd.h>    // pipe2, dup2

#include <array>
#include <csignal>
#include <string>
#include <string_view>

using shm::check;

namespace {

/// Takes the lines one by one, and knows what each belongs to.
class Shortener {
public:
    void take(std::string_view line) {
        if (line.starts_with("=====")) {
            is_inside_ = !is_inside_;
            return;  // no line of a report, and none that is missed
        }
        if (!is_inside_ || is_wanted(line)) {
            const std::string whole = std::string(line) + '\n';
            check(write(STDERR_FILENO, whole.data(), whole.size()), "write", "standard error");
        } else if (!line.empty()) {
            ++left_out_;
        }
    }

    std::uint64_t left_out() const { return left_out_; }

private:
    /// "WARNING: ...", "  Write of size 8 at ...", "  Previous read of ...", and where that was.
    bool is_wanted(std::string_view line) {
        const bool is_frame = line.starts_with("    #");
        const bool was_access = is_access_;
        if (!is_frame) is_access_ = line.find(" of size ") != std::string_view::npos;
        return line.starts_with("WARNING: ") || (is_access_ && !is_frame) ||
               (was_access && line.starts_with("    #0 "));
    }

    bool is_inside_ = false;  ///< a report
    bool is_access_ = false;  ///< the stack of one of the two accesses
    std::uint64_t left_out_ = 0;
};

/// Reads to the end, line by line. Ctrl-C ends it.
void pass_on(int from, Shortener& shortener) {
    std::string rest;
    std::array<char, 4096> bytes{};
    for (;;) {
        shm::wait_readable(from);
        const ssize_t got = read(from, bytes.data(), bytes.size());
        if (check(got, "read", "the child's errors") == 0) break;
        rest.append(bytes.data(), static_cast<std::size_t>(got));
        for (std::size_t end = 0; (end = rest.find('\n')) != std::string::npos;) {
            shortener.take(std::string_view(rest).substr(0, end));
            rest.erase(0, end + 1);
        }
    }
    if (!rest.empty()) shortener.take(rest);
}

}  // namespace

int with_short_report(const std::function<int()>& body) {
    std::array<int, 2> ends{};
    check(pipe2(ends.data(), O_CLOEXEC), "pipe2", "the child's errors");
    const shm::Descriptor from(ends[0]);
    shm::Descriptor into(ends[1]);
    const pid_t parent = getpid();
    const pid_t child = checked::fork();
    if (child == 0) {
        shm::end_with_parent(parent);
        check(dup2(into.get(), STDERR_FILENO), "dup2", "standard error");
        return body();
    }
    into.reset();
    Shortener shortener;
    pass_on(from.get(), shortener);
    const int status = checked::waitpid(child);
    if (WIFSIGNALED(status)) shm::end_by_signal(WTERMSIG(status));
    if (shortener.left_out() != 0) {
        shm::note(
            "{} of the reports left out (who called, where the thread began); all: {} --whole",
            shm::count_text(shortener.left_out(), "line"),
            shm::command_beside(shm::program_name()));
    }
    return WEXITSTATUS(status);
}
