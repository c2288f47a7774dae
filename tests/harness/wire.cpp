#include "tests/harness/wire.hpp"

#include "common/program/check.hpp"
#include "common/program/stop.hpp"

#include <unistd.h>

namespace harness {

namespace {

struct Head {
    Message::Type type;
    int lane;
    pid_t pid;
    std::int64_t time;
    std::size_t size;  // of the text that follows
};

void write_all(const shm::Descriptor& to, const char* data, std::size_t size) {
    while (size > 0) {
        const ssize_t written = write(to.get(), data, size);
        if (written == -1 && errno == EINTR) continue;
        shm::check(written, "write", "the scene's events");
        data += written;
        size -= static_cast<std::size_t>(written);
    }
}

bool read_all(const shm::Descriptor& from, char* data, std::size_t size) {
    while (size > 0) {
        shm::wait_readable(from.get());
        const ssize_t got = read(from.get(), data, size);
        if (got == -1 && errno == EINTR) continue;
        if (shm::check(got, "read", "the scene's events") == 0) return false;
        data += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

}  // namespace

void send(const shm::Descriptor& to, const Message& message) {
    const Head head = {message.type, message.lane, message.pid, message.time.count(),
                       message.text.size()};
    write_all(to, reinterpret_cast<const char*>(&head), sizeof head);
    write_all(to, message.text.data(), message.text.size());
}

std::optional<Message> receive(const shm::Descriptor& from) {
    Head head{};
    if (!read_all(from, reinterpret_cast<char*>(&head), sizeof head)) return std::nullopt;
    std::string text(head.size, '\0');
    if (!read_all(from, text.data(), text.size())) return std::nullopt;
    return Message{head.type, head.lane, head.pid, std::chrono::milliseconds(head.time), text};
}

void Teller::starts(const Lane& lane, Time time) {
    send(to_, {Message::Type::starts, lane.index, lane.pid, time, ""});
}

void Teller::prints(const Lane& lane, Time time, Stream stream, const std::string& line) {
    const auto type = stream == Stream::out ? Message::Type::out : Message::Type::err;
    send(to_, {type, lane.index, lane.pid, time, line});
}

void Teller::is_given(const Lane& lane, Time time, const std::string& input) {
    send(to_, {Message::Type::is_given, lane.index, lane.pid, time, input});
}

void Teller::is_killed(const Lane& lane, Time time, const std::string& how) {
    send(to_, {Message::Type::is_killed, lane.index, lane.pid, time, how});
}

void Teller::ends(const Lane& lane, Time time, const std::string& how) {
    send(to_, {Message::Type::ends, lane.index, lane.pid, time, how});
}

bool tell(const Message& message, std::vector<Lane>& lanes, Observer& observer) {
    Lane& lane = lanes.at(static_cast<std::size_t>(message.lane));
    switch (message.type) {
        case Message::Type::starts:
            lane.pid = message.pid;
            observer.starts(lane, message.time);
            return true;
        case Message::Type::out:
            observer.prints(lane, message.time, Stream::out, message.text);
            return true;
        case Message::Type::err:
            observer.prints(lane, message.time, Stream::err, message.text);
            return true;
        case Message::Type::is_given:
            observer.is_given(lane, message.time, message.text);
            return true;
        case Message::Type::is_killed:
            observer.is_killed(lane, message.time, message.text);
            return true;
        case Message::Type::ends:
            observer.ends(lane, message.time, message.text);
            return true;
        default:
            return false;
    }
}

}  // namespace harness
