#include "names.hpp"

#include "common/program/error.hpp"
#include "common/program/shell.hpp"

#include <fmt/core.h>

#include <array>
#include <charconv>

namespace doctor {

namespace {

bool is_plain(char letter) {
    return letter >= ' ' && letter <= '~' && letter != '\\';
}

/// What comes before the colon of a target; nothing for an object in /dev/shm.
std::string_view prefix(Kind kind) {
    switch (kind) {
        case Kind::segment:
            return "segment:";
        case Kind::semaphore_set:
            return "semaphore:";
        case Kind::queue:
            return "queue:";
        case Kind::semaphore:
            return "sem:";
        case Kind::posix_queue:
            return "mqueue:";
        case Kind::memfd:
            return "memfd:";
        case Kind::nameless:
            return "nameless:";
        case Kind::object:
            break;
    }
    return "";
}

/// What comes after it: an id, an inode, a name.
std::string own_name(const Object& object) {
    if (object.id != -1) return std::to_string(object.id);
    if (object.kind == Kind::memfd || object.kind == Kind::nameless) {
        return std::to_string(object.inode);
    }
    return "/" + object.name;
}

/// The key that a text like 0x3039 stands for; 0, which is none, for any other text.
std::uint32_t key_of(std::string_view text) {
    std::uint32_t key = 0;
    if (!text.starts_with("0x")) return 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + 2, end, key, 16);
    return read.ec == std::errc{} && read.ptr == end ? key : 0;
}

}  // namespace

std::string escaped(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        if (is_plain(byte)) {
            text += byte;
        } else if (byte == '\\') {
            text += "\\\\";
        } else {
            text += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
        }
    }
    return text;
}

std::string target(const Object& object) {
    return std::string(prefix(object.kind)) + own_name(object);
}

std::string_view kind_text(Kind kind) {
    constexpr std::array<std::string_view, 8> texts = {
        "segment",   "semaphore set",       "message queue", "object",
        "semaphore", "POSIX message queue", "memfd",         "nameless object"};
    return texts[static_cast<std::size_t>(kind)];
}

bool is_meant(const Object& object, std::string_view text) {
    if (object.key != 0 && key_of(text) == object.key) return true;
    const std::string own = own_name(object);
    return text == target(object) || text == own || (own.starts_with('/') && text == object.name);
}

const Object& find(const std::vector<Object>& objects, const std::string& text) {
    std::vector<const Object*> meant;
    for (const Object& object : objects) {
        if (text == target(object)) return object;
        if (is_meant(object, text)) meant.push_back(&object);
    }
    if (meant.empty()) throw shm::Failure(shm::for_shell(text) + ": nothing of that name is here");
    if (meant.size() > 1) {
        std::string choice;
        for (const Object* object : meant) choice += " " + shm::for_shell(target(*object));
        throw shm::UsageError(
            fmt::format("'{}' is not one thing only: give one of{}", escaped(text), choice));
    }
    return *meant.front();
}

}  // namespace doctor
