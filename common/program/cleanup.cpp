#include "common/program/cleanup.hpp"

#include "common/program/console.hpp"

#include <exception>

namespace shm {

namespace {

bool& failed() {
    static bool any = false;
    return any;
}

}  // namespace

void note_failed_cleanup() noexcept {
    failed() = true;
    try {
        throw;
    } catch (const std::exception& error) {
        note_line(error.what());
    } catch (...) {
        note_line("a clean-up failed");
    }
}

bool has_failed_cleanup() {
    return failed();
}

}  // namespace shm
