/// @file
/// Saying which memory it was when a process ends by SIGBUS: its object has become shorter, or the
/// file system had no memory for it. Serves every lesson's program; lesson 05 shows it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace shm {

/// From here on, where an access to memory ends this process by SIGBUS, one line on standard error
/// says what the memory was. The process still ends by SIGBUS: nothing is cleaned up, since
/// it is not known in the middle of which step it was. Called once, by shm::program().
void catch_bus_errors();

/// What to say about the `size` bytes from `memory` on: `text`, cut after 400 characters, as one
/// line. It replaces what was to be said about any of them. There is room for 16 ranges; about
/// further ones nothing is said. Any thread may call it.
void explain_bus_errors_in(const void* memory, std::size_t size, std::string_view text);

/// What was to be said about a range, for explain_bus_errors_again().
struct BusErrorText {
    const void* memory = nullptr;  ///< where the range begins
    std::size_t size = 0;          ///< 0: nothing was to be said
    std::string text;              ///< without a newline
};

/// Takes back what was to be said about the range that begins at `memory`, if anything was. Called
/// before that is unmapped: afterwards another thread may have been given the same addresses.
[[nodiscard]] BusErrorText forget_bus_errors_in(const void* memory);

/// Says it again, where the range was not unmapped after all.
void explain_bus_errors_again(const BusErrorText& text);

}  // namespace shm
