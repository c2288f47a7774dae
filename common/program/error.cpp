#include "common/program/error.hpp"

#include <fmt/core.h>

#include <cerrno>

namespace shm {

namespace {

std::string describe(int error, std::string_view call, std::string_view object,
                     std::string_view remedy) {
    std::string text =
        fmt::format("{} {}: {}", call, object, std::generic_category().message(error));
    if (!remedy.empty()) {
        text += "; ";
        text += remedy;
    }
    return text;
}

}  // namespace

SystemError::SystemError(int error, std::string_view call, std::string_view object,
                         std::string_view remedy)
    : std::system_error(error, std::generic_category()),
      text_(describe(error, call, object, remedy)) {}

}  // namespace shm
