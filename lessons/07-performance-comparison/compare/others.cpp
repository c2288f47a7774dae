#include "mechanism.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/ring/ring.hpp"

#include <fmt/core.h>

#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>    // memfd_create, mmap
#include <sys/prctl.h>   // PR_SET_PTRACER
#include <sys/socket.h>  // SCM_RIGHTS
#include <sys/uio.h>     // process_vm_readv
#include <sys/wait.h>    // WIFEXITED
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

using shm::check;
using namespace std::chrono_literals;

namespace comparison {

namespace {

void* shared(std::size_t bytes) {
    return checked::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
}

/// Where a message lies in the memory of the process that sends it.
struct Letter {
    std::uint64_t address;
    std::uint64_t pid;
};
using Letters = shm::Ring<Letter>;

/// The receiver copies straight out of the sender's memory (man 2 process_vm_readv): one copy. A
/// ring says where from, and when it has been read.
class RemoteEnd : public BufferedEnd {
public:
    RemoteEnd(std::size_t bytes, const Letters& out, const Letters& in)
        : BufferedEnd(bytes), producer_(out), consumer_(in), buffers_(out.capacity()) {
        for (auto& buffer : buffers_) buffer.resize(bytes);
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);  // EINVAL without Yama: then it needs none
    }
    ~RemoteEnd() override {
        try {
            static_cast<void>(producer_.flush(10s));  // the last one is still to be read here
        } catch (const shm::RingError&) {  // the ring is broken: no peer reads there any more
        }
    }
    Bytes place() override {
        if (producer_.wait(10s) != shm::WaitResult::ready) throw shm::Failure("the peer has ended");
        return buffers_[producer_.sent() % buffers_.size()];
    }
    void send() override {
        auto& buffer = buffers_[producer_.sent() % buffers_.size()];
        const Letter letter = {reinterpret_cast<std::uint64_t>(buffer.data()),
                               static_cast<std::uint64_t>(getpid())};
        if (!producer_.try_push(letter)) throw shm::Failure("no room, where place() found some");
    }
    std::span<const std::byte> receive() override {
        if (consumer_.wait(10s) != shm::WaitResult::ready) throw shm::Failure("the peer has ended");
        const Letter letter = consumer_.peek(1).front();
        const iovec here = {incoming_.data(), incoming_.size()};
        // NOLINTNEXTLINE(performance-no-int-to-ptr): an address in the other process
        const iovec there = {reinterpret_cast<void*>(letter.address), incoming_.size()};
        check(process_vm_readv(static_cast<pid_t>(letter.pid), &here, 1, &there, 1, 0),
              "process_vm_readv", "the peer");
        consumer_.release(1);
        return incoming_;
    }

private:
    shm::Producer<Letter> producer_;
    shm::Consumer<Letter> consumer_;
    std::vector<std::vector<std::byte>> buffers_;
};

class RemoteChannel : public Channel {
public:
    explicit RemoteChannel(std::size_t bytes) : bytes_(bytes), memory_(shared(2 * each)) {
        for (int i = 0; i < 2; ++i) static_cast<void>(Letters::create(ring(i), each, capacity));
    }
    ~RemoteChannel() override { munmap(memory_, 2 * each); }
    std::unique_ptr<End> open(Side side) override {
        const int out = side == Side::client ? 0 : 1;
        return std::make_unique<RemoteEnd>(bytes_, Letters::open(ring(out), each),
                                           Letters::open(ring(1 - out), each));
    }

private:
    static constexpr std::size_t capacity = 8;
    static constexpr std::size_t each = 4096;
    static_assert(Letters::bytes(capacity) <= each);
    void* ring(int number) { return static_cast<std::byte*>(memory_) + number * each; }
    std::size_t bytes_;
    void* memory_;
};

/// May one child of ours read from another?
void require_remote_reads() {
    static const int error = [] {
        prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
        const pid_t parent = getpid();
        const pid_t child = checked::fork();
        if (child == 0) {
            long there = 0;
            const iovec ours = {&there, sizeof(there)}, theirs = {&there, sizeof(there)};
            _exit(process_vm_readv(parent, &ours, 1, &theirs, 1, 0) == -1 ? errno : 0);
        }
        const int status = checked::waitpid(child);
        return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
    }();
    if (error != 0) {
        throw Skipped("refused: " + std::generic_category().message(error) +
                      "; kernel.yama.ptrace_scope");
    }
}

/// Is there memfd_create? Older kernels, emulators and filters have none.
void require_memfd() {
    const Descriptor probe(memfd_create("compare", MFD_CLOEXEC));
    if (!probe.is_open()) {
        throw Skipped("memfd_create: " + std::generic_category().message(errno));
    }
}

/// A memfd for each message, handed over by a socket (man 7 unix, SCM_RIGHTS): the receiver maps
/// what the sender has written. The calls are those of the system, and not checked:: ones, which
/// would ask for the descriptor's name: they are measured, and counted.
class HandedEnd : public End {
public:
    HandedEnd(std::size_t bytes, Descriptor socket) : bytes_(bytes), socket_(std::move(socket)) {}
    ~HandedEnd() override { unmap(received_); }
    Bytes place() override {
        fd_ = Descriptor(check(memfd_create("compare", MFD_CLOEXEC), "memfd_create", "a message"));
        check(ftruncate(fd_.get(), static_cast<off_t>(bytes_)), "ftruncate", "a memfd");
        sent_ = map(fd_.get(), PROT_READ | PROT_WRITE);
        return {static_cast<std::byte*>(sent_), bytes_};
    }
    void send() override {
        Note note;
        auto* header = CMSG_FIRSTHDR(&note.message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        const int fd = fd_.get();
        std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
        check(sendmsg(socket_.get(), &note.message, MSG_NOSIGNAL), "sendmsg", "a socket");
        unmap(sent_);
        fd_ = Descriptor();
    }
    std::span<const std::byte> receive() override {
        unmap(received_);
        Note note;
        const ssize_t got =
            check(recvmsg(socket_.get(), &note.message, MSG_CMSG_CLOEXEC), "recvmsg", "a socket");
        const auto* header = CMSG_FIRSTHDR(&note.message);
        if (got == 0 || header == nullptr) throw shm::Failure("the other side has ended");
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(header), sizeof(fd));
        const Descriptor handed(fd);
        received_ = map(fd, PROT_READ);
        return {static_cast<const std::byte*>(received_), bytes_};
    }

private:
    struct Note {  // one byte, and a descriptor
        char byte = 0;
        iovec part = {&byte, 1};
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
        msghdr message = {};
        Note() {
            message.msg_iov = &part;
            message.msg_iovlen = 1;
            message.msg_control = control;
            message.msg_controllen = sizeof(control);
        }
    };
    void* map(int fd, int protection) const {
        return shm::check_mapped(
            mmap(nullptr, bytes_, protection, MAP_SHARED | MAP_POPULATE, fd, 0), "mmap", "a memfd");
    }
    void unmap(void*& memory) const {
        if (memory != nullptr) munmap(memory, bytes_);
        memory = nullptr;
    }
    std::size_t bytes_;
    Descriptor socket_, fd_;
    void *sent_ = nullptr, *received_ = nullptr;
};

class HandedChannel : public Channel {
public:
    explicit HandedChannel(std::size_t bytes) : bytes_(bytes) {
        int fds[2];
        check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), "socketpair", "AF_UNIX");
        sockets_ = {Descriptor(fds[0]), Descriptor(fds[1])};
    }
    std::unique_ptr<End> open(Side side) override {
        const std::size_t mine = side == Side::client ? 0 : 1;
        sockets_[1 - mine] = Descriptor();
        return std::make_unique<HandedEnd>(bytes_, std::move(sockets_[mine]));
    }

private:
    std::size_t bytes_;
    std::array<Descriptor, 2> sockets_;
};

/// A place in shared memory for each direction, and an eventfd that says "it is there", and one
/// that says "it is free" (man 2 eventfd).
class EventEnd : public End {
public:
    EventEnd(Bytes out, Bytes in, std::array<int, 4> fds) : out_(out), in_(in), fds_(fds) {}
    Bytes place() override {
        wait(fds_[1]);
        return out_;
    }
    void send() override { tell(fds_[0]); }
    std::span<const std::byte> receive() override {
        if (holds_) tell(fds_[3]);
        wait(fds_[2]);
        holds_ = true;
        return in_;
    }

private:
    static void tell(int fd) {
        const std::uint64_t one = 1;
        write_all(fd, std::as_bytes(std::span(&one, 1)), "an eventfd");
    }
    static void wait(int fd) {
        std::uint64_t count = 0;
        read_all(fd, std::as_writable_bytes(std::span(&count, 1)), "an eventfd");
    }
    Bytes out_, in_;
    std::array<int, 4> fds_;  // out: there, free; in: there, free
    bool holds_ = false;
};

class EventChannel : public Channel {
public:
    explicit EventChannel(std::size_t bytes) : bytes_(bytes), memory_(shared(2 * bytes)) {
        for (std::size_t i = 0; i < fds_.size(); ++i) {
            const unsigned free_at_first = i % 2;
            fds_[i] = Descriptor(
                check(eventfd(free_at_first, EFD_CLOEXEC | EFD_SEMAPHORE), "eventfd", "a wake-up"));
        }
    }
    ~EventChannel() override { munmap(memory_, 2 * bytes_); }
    std::unique_ptr<End> open(Side side) override {
        const Bytes first(static_cast<std::byte*>(memory_), bytes_);
        const Bytes second(static_cast<std::byte*>(memory_) + bytes_, bytes_);
        const int a = fds_[0].get(), b = fds_[1].get(), c = fds_[2].get(), d = fds_[3].get();
        if (side == Side::client) {
            return std::make_unique<EventEnd>(first, second, std::array{a, b, c, d});
        }
        return std::make_unique<EventEnd>(second, first, std::array{c, d, a, b});
    }

private:
    std::size_t bytes_;
    void* memory_;
    std::array<Descriptor, 4> fds_;
};

/// The same with signals (man 7 signal): queued ones, since ordinary ones of a kind become one.
class SignalEnd : public End {
public:
    SignalEnd(Bytes out, Bytes in, std::atomic<pid_t>& mine, std::atomic<pid_t>& peer)
        : out_(out), in_(in), peer_(peer) {
        mine.store(getpid(), std::memory_order_relaxed);  // relaxed: nothing comes with it
    }
    Bytes place() override {
        if (used_) wait(is_free());  // the first is free
        used_ = true;
        return out_;
    }
    void send() override { tell(is_there()); }
    std::span<const std::byte> receive() override {
        if (holds_) tell(is_free());
        wait(is_there());
        holds_ = true;
        return in_;
    }

    static int is_there() { return SIGRTMIN; }
    static int is_free() { return SIGRTMIN + 1; }
    static sigset_t both() {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, is_there());
        sigaddset(&set, is_free());
        return set;
    }

private:
    void tell(int signal) const {
        while (peer_.load(std::memory_order_relaxed) == 0) sched_yield();  // it is just starting
        const int error = kill(peer_.load(std::memory_order_relaxed), signal);
        if (error == -1 && errno != ESRCH) shm::fail(errno, "kill", "the peer");
    }
    static void wait(int signal) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, signal);
        while (sigwaitinfo(&set, nullptr) == -1) {
            if (errno != EINTR) shm::fail(errno, "sigwaitinfo", "a signal");
        }
    }
    Bytes out_, in_;
    std::atomic<pid_t>& peer_;
    bool used_ = false, holds_ = false;
};

class SignalChannel : public Channel {
public:
    explicit SignalChannel(std::size_t bytes) : bytes_(bytes), memory_(shared(128 + 2 * bytes)) {
        const sigset_t set = SignalEnd::both();  // blocked before there are two: none comes early
        check(sigprocmask(SIG_BLOCK, &set, nullptr), "sigprocmask", "two signals");
    }
    ~SignalChannel() override { munmap(memory_, 128 + 2 * bytes_); }
    std::unique_ptr<End> open(Side side) override {
        auto* pids = static_cast<std::atomic<pid_t>*>(memory_);
        auto* bytes = static_cast<std::byte*>(memory_) + 128;
        const std::size_t out = side == Side::client ? 0 : 1;
        return std::make_unique<SignalEnd>(Bytes(bytes + out * bytes_, bytes_),
                                           Bytes(bytes + (1 - out) * bytes_, bytes_), pids[out],
                                           pids[1 - out]);
    }

private:
    std::size_t bytes_;
    void* memory_;
};

}  // namespace

std::vector<Mechanism> others() {
    return {{"process_vm_readv", 1,
             [](std::size_t bytes) -> std::unique_ptr<Channel> {
                 require_remote_reads();
                 return std::make_unique<RemoteChannel>(bytes);
             }},
            {"memfd, handed over", 0,
             [](std::size_t bytes) -> std::unique_ptr<Channel> {
                 if (bytes < 65536)
                     throw Skipped("it takes a page at least: for large messages only");
                 require_memfd();
                 return std::make_unique<HandedChannel>(bytes);
             }},
            {"eventfd, in place", 0,
             [](std::size_t bytes) -> std::unique_ptr<Channel> {
                 return std::make_unique<EventChannel>(bytes);
             }},
            {"signal, in place", 0, [](std::size_t bytes) -> std::unique_ptr<Channel> {
                 return std::make_unique<SignalChannel>(bytes);
             }}};
}

}  // namespace comparison
