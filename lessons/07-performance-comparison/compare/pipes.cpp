#include "mechanism.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/room.hpp"    // page_size
#include "common/memory/object.hpp"  // is_own_account
#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"

#include <fmt/core.h>

#include <fcntl.h>     // F_SETPIPE_SZ, vmsplice
#include <sys/file.h>  // flock
#include <sys/mman.h>  // mmap
#include <sys/stat.h>  // mkfifo
#include <sys/uio.h>   // iovec
#include <unistd.h>    // pipe2, unlink, rmdir

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

using shm::check;

namespace comparison {

namespace {

/// As much as an ordinary user may have (man 7 pipe, /proc/sys/fs/pipe-max-size).
constexpr int pipe_bytes = 1 << 20;

void make_large(int fd) {
    fcntl(fd, F_SETPIPE_SZ, pipe_bytes);  // refused: it stays as it is, which is less
}

class PipeEnd : public BufferedEnd {
public:
    PipeEnd(std::size_t bytes, int in, int out) : BufferedEnd(bytes), in_(in), out_(out) {}
    void send() override { write_all(out_, outgoing_, "a pipe"); }
    std::span<const std::byte> receive() override {
        read_all(in_, incoming_, "a pipe");
        return incoming_;
    }

protected:
    int in_, out_;
};

/// The pages of the message are put into the pipe, not their bytes (man 2 vmsplice). They may be
/// written again only when the other side has read them. So as many messages take turns as the
/// pipe holds, and a few more. They are mapped: munmap() leaves a page that is in the pipe as it
/// is, free() may write into it.
class SplicingEnd : public PipeEnd {
public:
    SplicingEnd(std::size_t bytes, int in, int out)
        : PipeEnd(bytes, in, out), turns_(pipe_bytes / bytes + 3) {
        pages_ = static_cast<std::byte*>(
            checked::mmap(nullptr, turns_ * bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));
    }
    ~SplicingEnd() override { munmap(pages_, turns_ * outgoing_.size()); }
    Bytes place() override { return {pages_ + turn_ * outgoing_.size(), outgoing_.size()}; }
    void send() override {
        iovec rest = {place().data(), outgoing_.size()};
        while (rest.iov_len != 0) {
            const auto some =
                static_cast<std::size_t>(check(vmsplice(out_, &rest, 1, 0), "vmsplice", "a pipe"));
            rest.iov_base = static_cast<std::byte*>(rest.iov_base) + some;
            rest.iov_len -= some;
        }
        turn_ = (turn_ + 1) % turns_;
    }

private:
    std::size_t turns_, turn_ = 0;
    std::byte* pages_;
};

enum class Kind { pipe, fifo, vmsplice };

class PipeChannel : public Channel {
public:
    PipeChannel(std::size_t bytes, Kind kind) : bytes_(bytes), kind_(kind) {
        for (auto& [in, out] : pipes_) {
            std::tie(in, out) = kind == Kind::fifo ? open_fifo() : open_pipe();
            make_large(out.get());
        }
    }
    std::unique_ptr<End> open(Side side) override {
        const std::size_t out = side == Side::client ? 0 : 1;
        // Two of the four are this side's.
        pipes_[out].first = Descriptor();
        pipes_[1 - out].second = Descriptor();
        const int in_fd = pipes_[1 - out].first.get(), out_fd = pipes_[out].second.get();
        if (kind_ == Kind::vmsplice) return std::make_unique<SplicingEnd>(bytes_, in_fd, out_fd);
        return std::make_unique<PipeEnd>(bytes_, in_fd, out_fd);
    }

private:
    using Pipe = std::pair<Descriptor, Descriptor>;  // the end to read from, the end to write to

    static Pipe open_pipe() {
        int fds[2];
        check(pipe2(fds, O_CLOEXEC), "pipe2", "a pipe");
        return {Descriptor(fds[0]), Descriptor(fds[1])};
    }
    /// A FIFO has a name, for a moment: open for both, so that neither side waits, then gone. It is
    /// in a folder that one run uses at a time, so that what a killed run left there can be
    /// removed.
    static Pipe open_fifo() {
        const std::string folder = fmt::format(
            "{}/compare-{}", std::filesystem::temp_directory_path().string(), geteuid());
        const std::string name = folder + "/fifo";
        const Descriptor turn = take_turn(folder);
        unlink(name.c_str());  // a killed run's
        const shm::Cleanup remove([&] {
            unlink(name.c_str());
            rmdir(folder.c_str());
        });
        check(mkfifo(name.c_str(), 0600), "mkfifo", name);
        const Descriptor both(checked::open(name, O_RDWR));
        Descriptor in(checked::open(name, O_RDONLY));
        return {std::move(in), Descriptor(checked::open(name, O_WRONLY))};
    }
    static std::string error_text(int error) { return std::generic_category().message(error); }
    static std::string taken_text(const std::string& folder, const std::string& why) {
        return fmt::format("{}: {}; remove it, or set TMPDIR", folder, why);
    }
    /// Returns the folder, made if need be, and locked.
    /// @throws Skipped if something else is there in its place
    static Descriptor take_turn(const std::string& folder) {
        while (true) {
            if (mkdir(folder.c_str(), 0700) == -1 && errno != EEXIST) {
                throw Skipped(fmt::format("mkdir {}: {}", folder, error_text(errno)));
            }
            Descriptor turn(
                ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
            if (!turn.is_open() && errno == ENOENT) continue;  // removed by who had it before
            // Any account may have put something there: that must not end the run.
            if (!turn.is_open()) throw Skipped(taken_text(folder, error_text(errno)));
            if (!shm::is_own_account(turn.get())) {
                throw Skipped(taken_text(folder, "belongs to another account"));
            }
            while (flock(turn.get(), LOCK_EX) == -1) {
                if (errno != EINTR) shm::fail(errno, "flock", folder);
                shm::check_stop();
            }
            if (checked::fstat(turn.get()).st_nlink != 0) return turn;  // else removed meanwhile
        }
    }

    std::size_t bytes_;
    Kind kind_;
    std::array<Pipe, 2> pipes_;
};

/// May vmsplice be called? The filters of some container engines refuse it.
void require_vmsplice() {
    if (vmsplice(-1, nullptr, 0, 0) == -1 && errno != EBADF) {
        throw Skipped("vmsplice: " + std::generic_category().message(errno));
    }
}

std::unique_ptr<Channel> make(std::size_t bytes, Kind kind) {
    if (kind == Kind::vmsplice) {
        if (bytes < shm::page_size()) {
            throw Skipped("hands over pages: a smaller message gains nothing");
        }
        require_vmsplice();
    }
    return std::make_unique<PipeChannel>(bytes, kind);
}

}  // namespace

std::vector<Mechanism> pipes() {
    return {{"pipe", 2, [](std::size_t bytes) { return make(bytes, Kind::pipe); }},
            {"pipe, vmsplice", 1, [](std::size_t bytes) { return make(bytes, Kind::vmsplice); }},
            {"FIFO", 2, [](std::size_t bytes) { return make(bytes, Kind::fifo); }}};
}

}  // namespace comparison
