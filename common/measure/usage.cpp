#include "usage.hpp"

#include "common/program/check.hpp"

#include <sys/resource.h>  // getrusage

#include <ctime>  // clock_gettime

namespace measure {

Usage usage() {
    rusage used = {};
    shm::check(getrusage(RUSAGE_THREAD, &used), "getrusage", "this thread");
    timespec cpu = {};  // not getrusage's times: a running thread's are as old as the last tick
    shm::check(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu), "clock_gettime", "this thread");
    return {used.ru_nvcsw,
            static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) * 1e-9};
}

std::uint64_t minor_faults() {
    rusage used = {};
    shm::check(getrusage(RUSAGE_SELF, &used), "getrusage", "this process");
    return static_cast<std::uint64_t>(used.ru_minflt);
}

}  // namespace measure
