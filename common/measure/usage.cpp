#include "usage.hpp"

#include "common/program/check.hpp"

#include <sys/resource.h>  // getrusage

namespace measure {

Usage usage() {
    rusage used = {};
    shm::check(getrusage(RUSAGE_THREAD, &used), "getrusage", "this thread");
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return {used.ru_nvcsw, seconds(used.ru_utime) + seconds(used.ru_stime)};
}

std::uint64_t minor_faults() {
    rusage used = {};
    shm::check(getrusage(RUSAGE_SELF, &used), "getrusage", "this process");
    return static_cast<std::uint64_t>(used.ru_minflt);
}

}  // namespace measure
