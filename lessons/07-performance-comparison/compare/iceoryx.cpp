#include "mechanism.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"

#ifdef COMPARE_HAS_ICEORYX
#include <fmt/core.h>

#include <iceoryx_posh/popo/untyped_publisher.hpp>
#include <iceoryx_posh/popo/untyped_subscriber.hpp>
#include <iceoryx_posh/popo/wait_set.hpp>
#include <iceoryx_posh/runtime/posh_runtime.hpp>

#include <poll.h>
#include <sched.h>      // unshare
#include <sys/mount.h>  // mount
#include <sys/prctl.h>  // PR_SET_PDEATHSIG
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <thread>

using shm::check;
using namespace std::chrono_literals;
#endif

namespace comparison {

namespace {

/// How a side waits for a message.
enum class Wait { spinning, sleeping };

#ifdef COMPARE_HAS_ICEORYX

namespace popo = iox::popo;

std::size_t messages_at_once(std::size_t bytes) {
    return std::clamp<std::size_t>((std::size_t{4} << 20) / bytes, 4, 256);  // as the rings have
}

/// iceoryx' daemon, which owns the shared memory that messages lie in; one for all runs, since it
/// takes a tenth of a second to start. It has names below /dev/shm and /tmp: so it gets those two
/// of its own, in a mount namespace that ends with the last process in it, however it ends.
class Daemon {
public:
    /// @throws Skipped if it does not start
    Daemon() {
        int said[2];
        check(pipe2(said, O_CLOEXEC), "pipe2", "iox-roudi");
        const Descriptor says(said[0]);
        Descriptor its_end(said[1]);
        const pid_t parent = getpid();
        pid_ = checked::fork();
        if (pid_ == 0) become_daemon(parent, its_end.get());
        its_end = Descriptor();
        try {
            wait_until_ready(says.get());
        } catch (...) {
            end();
            throw;
        }
    }
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    ~Daemon() { end(); }

    /// Takes its root for ours: from then on this process sees its files.
    void join() const {
        const std::string root = fmt::format("/proc/{}/root", pid_);
        check(chroot(root.c_str()), "chroot", root);
        check(chdir("/"), "chdir", root);
    }

private:
    [[noreturn]] static void become_daemon(pid_t parent, int output) {
        try {
            check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl", "PR_SET_PDEATHSIG");
            if (getppid() != parent) _exit(1);
            dup2(output, STDOUT_FILENO);
            dup2(output, STDERR_FILENO);
            check(unshare(CLONE_NEWNS), "unshare", "a mount namespace");
            check(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount", "/");
            for (const char* place : {"/dev/shm", "/tmp"}) {
                check(mount("compare", place, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"), "mount",
                      place);
            }
            const char* const path = "/tmp/roudi.toml";
            std::ofstream(path) << configuration();
            signal(SIGPIPE, SIG_IGN);  // stays so: it talks on when we no longer listen
            execlp("iox-roudi", "iox-roudi", "-c", path, "-m", "off", nullptr);
            throw shm::SystemError(errno, "exec", "iox-roudi", "install it: apt install iceoryx");
        } catch (const std::exception& error) {
            fmt::print("{}", error.what());
            std::fflush(stdout);
        }
        _exit(1);
    }
    static std::string configuration() {
        std::string text = "[general]\nversion = 1\n[[segment]]\n";
        for (const std::size_t bytes : {64, 4096, 65536, 1048576}) {
            // For both directions: what waits, and a few that are being written and read.
            text += fmt::format("[[segment.mempool]]\nsize = {}\ncount = {}\n", bytes,
                                2 * (messages_at_once(bytes) + 8));
        }
        return text;
    }
    static void wait_until_ready(int says) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        for (std::string text; text.find("RouDi is ready") == std::string::npos;) {
            shm::check_stop();
            if (std::chrono::steady_clock::now() > deadline) {
                throw Skipped("iox-roudi was not ready within 10 s");
            }
            pollfd readable = {says, POLLIN, 0};
            if (poll(&readable, 1, 100) != 1) continue;
            char some[256];
            const ssize_t got = check(read(says, some, sizeof(some)), "read", "a pipe");
            if (got == 0) throw Skipped("iox-roudi does not start: " + last_line(text));
            text.append(some, static_cast<std::size_t>(got));
        }
    }
    static std::string last_line(std::string text) {
        while (!text.empty() && text.back() == '\n') text.pop_back();
        return text.substr(text.find_last_of('\n') + 1);
    }
    void end() const {
        // -1: it has ended, and another thread has waited for it; the number may be another's by
        // now
        if (waitpid(pid_, nullptr, WNOHANG) != 0) return;
        kill(pid_, SIGKILL);
        while (waitpid(pid_, nullptr, 0) == -1 && errno == EINTR) {
        }
    }

    pid_t pid_;
};

const Daemon& daemon() {
    static const Daemon one;
    return one;
}

/// Lends messages out of the daemon's memory: written in place, and read there.
class IceoryxEnd : public End {
public:
    IceoryxEnd(std::size_t bytes, Wait wait, const std::string& out, const std::string& in)
        : bytes_(bytes),
          publisher_({"compare", "messages", {iox::cxx::TruncateToCapacity, out}}, policy_out()),
          subscriber_({"compare", "messages", {iox::cxx::TruncateToCapacity, in}},
                      policy_in(bytes)) {
        if (wait == Wait::sleeping) {
            waiting_.emplace();
            auto attached = waiting_->attachState(subscriber_, popo::SubscriberState::HAS_DATA);
            if (attached.has_error()) throw shm::Failure("iceoryx: a WaitSet takes no subscriber");
        }
        while (!publisher_.hasSubscribers() ||
               subscriber_.getSubscriptionState() != iox::SubscribeState::SUBSCRIBED) {
            std::this_thread::sleep_for(1ms);  // the daemon introduces them, in turn with others
        }
    }
    ~IceoryxEnd() override { give_back(); }

    Bytes place() override {
        while (place_ == nullptr) {
            publisher_.loan(static_cast<std::uint32_t>(bytes_))
                .and_then([this](void* there) { place_ = there; })
                .or_else([](popo::AllocationError&) { sched_yield(); });  // all are on their way
        }
        return {static_cast<std::byte*>(place_), bytes_};
    }
    void send() override {
        publisher_.publish(place_);
        place_ = nullptr;
    }
    std::span<const std::byte> receive() override {
        give_back();
        for (take(); held_ == nullptr; take()) {
            if (waiting_) waiting_->wait();
        }
        return {static_cast<const std::byte*>(held_), bytes_};
    }

private:
    // Nothing is lost: who publishes waits while the other's queue is full.
    static popo::PublisherOptions policy_out() {
        popo::PublisherOptions options;
        options.subscriberTooSlowPolicy = popo::ConsumerTooSlowPolicy::WAIT_FOR_CONSUMER;
        return options;
    }
    static popo::SubscriberOptions policy_in(std::size_t bytes) {
        popo::SubscriberOptions options;
        options.queueCapacity = messages_at_once(bytes);
        options.queueFullPolicy = popo::QueueFullPolicy::BLOCK_PRODUCER;
        return options;
    }
    void take() {
        subscriber_.take().and_then([this](const void* there) { held_ = there; });
    }
    void give_back() {
        if (held_ != nullptr) subscriber_.release(held_);
        held_ = nullptr;
    }

    std::size_t bytes_;
    popo::UntypedPublisher publisher_;
    popo::UntypedSubscriber subscriber_;
    std::optional<popo::WaitSet<1>> waiting_;
    void* place_ = nullptr;
    const void* held_ = nullptr;
};

class IceoryxChannel : public Channel {
public:
    IceoryxChannel(std::size_t bytes, Wait wait) : bytes_(bytes), wait_(wait) {
        static unsigned made = 0;
        number_ = ++made;
        daemon();
    }
    std::unique_ptr<End> open(Side side) override {
        daemon().join();
        iox::log::LogManager::GetLogManager().SetDefaultLogLevel(
            iox::log::LogLevel::kOff, iox::log::LogLevelOutput::kHideLogLevel);
        // The daemon takes a process of a name that it has for that one started again, and takes
        // away what the former had; the topics are new in each run, so that none meets the former.
        const bool asks = side == Side::client;
        iox::runtime::PoshRuntime::initRuntime(asks ? "client" : "server");
        const std::string there = fmt::format("there {}", number_),
                          back = fmt::format("back {}", number_);
        return std::make_unique<IceoryxEnd>(bytes_, wait_, asks ? there : back,
                                            asks ? back : there);
    }

private:
    std::size_t bytes_;
    Wait wait_;
    unsigned number_;
};

std::unique_ptr<Channel> make(std::size_t bytes, Wait wait) {
    return std::make_unique<IceoryxChannel>(bytes, wait);
}

#else

std::unique_ptr<Channel> make(std::size_t, Wait) {
    throw Skipped("not built in: apt install libiceoryx-posh-dev iceoryx");
}

#endif

}  // namespace

std::vector<Mechanism> iceoryx() {
    return {
        {"iceoryx, spinning", 0, [](std::size_t bytes) { return make(bytes, Wait::spinning); }},
        {"iceoryx, sleeping", 0, [](std::size_t bytes) { return make(bytes, Wait::sleeping); }}};
}

}  // namespace comparison
