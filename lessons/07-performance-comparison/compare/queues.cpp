#include "mechanism.hpp"
#include "own_ipc.hpp"

#include "common/kernel/limits.hpp"
#include "common/program/check.hpp"

#include <fmt/core.h>

#include <fcntl.h>    // O_CREAT
#include <mqueue.h>   // mq_open
#include <sys/msg.h>  // msgget
#include <unistd.h>   // geteuid

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

using shm::check;

namespace comparison {

namespace {

/// A System V message: its type first, then the bytes.
class SystemVEnd : public End {
public:
    SystemVEnd(std::size_t bytes, int in, int out)
        : bytes_(bytes), in_(in), out_(out), outgoing_(longs(bytes)), incoming_(longs(bytes)) {
        outgoing_[0] = 1;
    }
    Bytes place() override { return {reinterpret_cast<std::byte*>(outgoing_.data() + 1), bytes_}; }
    void send() override { check(msgsnd(out_, outgoing_.data(), bytes_, 0), "msgsnd", "a queue"); }
    std::span<const std::byte> receive() override {
        check(msgrcv(in_, incoming_.data(), bytes_, 0, 0), "msgrcv", "a queue");
        return {reinterpret_cast<const std::byte*>(incoming_.data() + 1), bytes_};
    }

private:
    /// Returns how many a message takes with its type, which is one.
    static std::size_t longs(std::size_t bytes) {
        return 1 + (bytes + sizeof(long) - 1) / sizeof(long);
    }

    std::size_t bytes_;
    int in_, out_;
    std::vector<long> outgoing_, incoming_;
};

/// System V queues have no descriptor: they stay until a process removes them. So they are made in
/// an IPC namespace of this program's own (enter_own_ipc), which ends with its last process.
class SystemVChannel : public Channel {
public:
    explicit SystemVChannel(std::size_t bytes) : bytes_(bytes) {
        for (int& id : ids_) id = check(msgget(IPC_PRIVATE, 0600), "msgget", "a queue");
        for (const int id : ids_) {
            msqid_ds record = {};
            check(msgctl(id, IPC_STAT, &record), "msgctl IPC_STAT", "a queue");
            if (record.msg_qbytes < bytes) {
                throw Skipped(
                    fmt::format("a queue holds {} bytes: kernel.msgmnb", record.msg_qbytes));
            }
        }
    }
    ~SystemVChannel() override {
        for (const int id : ids_) msgctl(id, IPC_RMID, nullptr);
    }
    std::unique_ptr<End> open(Side side) override {
        const std::size_t out = side == Side::client ? 0 : 1;
        return std::make_unique<SystemVEnd>(bytes_, ids_[1 - out], ids_[out]);
    }

private:
    std::size_t bytes_;
    std::array<int, 2> ids_ = {-1, -1};
};

std::unique_ptr<Channel> system_v(std::size_t bytes) {
    if (!has_own_ipc()) {
        throw Skipped("kill -9 would leave it; needs an IPC namespace of its own");
    }
    const shm::Limit most = shm::msgmax();
    if (bytes > most.most) throw Skipped("too long: " + shm::limit_text(most));
    return std::make_unique<SystemVChannel>(bytes);
}

class PosixEnd : public BufferedEnd {
public:
    PosixEnd(std::size_t bytes, mqd_t in, mqd_t out) : BufferedEnd(bytes), in_(in), out_(out) {}
    void send() override {
        check(mq_send(out_, reinterpret_cast<const char*>(outgoing_.data()), outgoing_.size(), 0),
              "mq_send", "a queue");
    }
    std::span<const std::byte> receive() override {
        check(mq_receive(in_, reinterpret_cast<char*>(incoming_.data()), incoming_.size(), nullptr),
              "mq_receive", "a queue");
        return incoming_;
    }

private:
    mqd_t in_, out_;
};

/// A POSIX queue is a file descriptor (man 7 mq_overview); its name goes as soon as it is open.
class PosixChannel : public Channel {
public:
    explicit PosixChannel(std::size_t bytes) : bytes_(bytes) {
        mq_attr attributes = {};
        // What an ordinary user may have: 10 messages, and 800 KiB in all queues together, of which
        // the kernel's own overhead is a part (man 7 mq_overview, man 2 getrlimit).
        attributes.mq_maxmsg = std::clamp<long>(350'000 / static_cast<long>(bytes), 1, 10);
        attributes.mq_msgsize = static_cast<long>(bytes);
        const std::string name = fmt::format("/compare-{}", geteuid());
        for (Descriptor& queue : queues_) {
            const auto create = [&] {
                const int flags = O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC;
                queue = Descriptor(mq_open(name.c_str(), flags, 0600, &attributes));
                return queue.is_open();
            };
            while (!create() && errno == EEXIST) remove(name);  // a killed run's
            if (!queue.is_open() && (errno == EINVAL || errno == EMFILE)) {
                throw Skipped(errno == EINVAL ? "too long: fs.mqueue.msgsize_max"
                                              : "too much: RLIMIT_MSGQUEUE");
            }
            if (!queue.is_open()) shm::fail(errno, "mq_open", name);
            remove(name);
        }
    }
    std::unique_ptr<End> open(Side side) override {
        const std::size_t out = side == Side::client ? 0 : 1;
        return std::make_unique<PosixEnd>(bytes_, queues_[1 - out].get(), queues_[out].get());
    }

private:
    static void remove(const std::string& name) {
        if (mq_unlink(name.c_str()) == -1 && errno != ENOENT) shm::fail(errno, "mq_unlink", name);
    }
    std::size_t bytes_;
    std::array<Descriptor, 2> queues_;
};

}  // namespace

std::vector<Mechanism> queues() {
    return {{"System V queue", 2, [](std::size_t bytes) { return system_v(bytes); }},
            {"POSIX queue", 2, [](std::size_t bytes) -> std::unique_ptr<Channel> {
                 return std::make_unique<PosixChannel>(bytes);
             }}};
}

}  // namespace comparison
