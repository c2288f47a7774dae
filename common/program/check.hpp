/// @file
/// A check on the line that makes a call. It is for calls that common/kernel/checked.hpp does not
/// have, and for calls inside a measurement: the checked ones also keep names for their messages,
/// which takes time.
#pragma once

#include "common/program/error.hpp"
#include "common/program/stop.hpp"

#include <sys/mman.h>  // MAP_FAILED

#include <cerrno>
#include <string>
#include <string_view>

namespace shm {

/// Reports a failed call: throws SystemError, or Stopped if a stop signal has interrupted the call.
[[noreturn]] inline void fail(int error, std::string_view call, std::string_view object,
                              std::string_view remedy = {}) {
    if (error == EINTR) check_stop();
    throw SystemError(error, call, object, remedy);
}

/// Returns `result`, or throws SystemError if it is -1, the way most POSIX calls report failure.
///
/// @param result  what the call returned
/// @param call    the call's name as its man page spells it, e.g. "shm_open"
/// @param object  what it was applied to, e.g. "/my_shared_memory". Have it ready before the call:
///                making a string in between may change errno
/// @param remedy  the reason here and what to do about it, where the caller knows
/// @throws SystemError carrying errno as it stood after the call
template <typename Result>
Result check(Result result, std::string_view call, std::string_view object,
             std::string_view remedy = {}) {
    if (result == static_cast<Result>(-1)) fail(errno, call, object, remedy);
    return result;
}

/// Returns `address`, or throws SystemError if it is `MAP_FAILED` ((void*)-1), the way `mmap` and
/// `shmat` report failure (man 2 mmap, man 2 shmat).
inline void* check_mapped(void* address, std::string_view call, std::string_view object,
                          std::string_view remedy = {}) {
    if (address == MAP_FAILED) fail(errno, call, object, remedy);
    return address;
}

/// Throws SystemError if `error` is not 0: for the calls that return the error instead of setting
/// errno, which are `posix_fallocate` and everything that begins with `pthread_`.
inline void check_returned(int error, std::string_view call, std::string_view object,
                           std::string_view remedy = {}) {
    if (error != 0) fail(error, call, object, remedy);
}

}  // namespace shm
