#include "common/program/name.hpp"

#include "common/program/error.hpp"

#include <fmt/core.h>

namespace shm {

void require_object_name(std::string_view name) {
    constexpr std::size_t longest = 255;
    const auto refuse = [&](std::string_view why) {
        throw UsageError(
            fmt::format("the name '{}' {}: a name is one slash, then 1 to {} characters "
                        "without a slash, e.g. /my_shared_memory",
                        name.substr(0, 40), why, longest));
    };
    if (name.empty()) refuse("is empty");
    if (name.front() != '/') refuse("does not begin with a slash");
    const std::string_view rest = name.substr(1);
    if (rest.empty()) refuse("has nothing after the slash");
    if (rest.size() > longest) refuse(fmt::format("... has {} characters", rest.size()));
    if (rest.find('/') != std::string_view::npos) refuse("has a second slash");
    if (rest.find('\0') != std::string_view::npos) refuse("has a zero byte in it");
    if (rest == "." || rest == "..") refuse("is a directory");
    if (rest.substr(0, 4) == "sem.") refuse("is the file of a semaphore (sem.)");
}

}  // namespace shm
