#include "tlb_counter.hpp"

#include "common/program/check.hpp"

#include <linux/perf_event.h>  // perf_event_attr
#include <sys/syscall.h>       // SYS_perf_event_open: glibc has no function for it
#include <unistd.h>            // syscall, read, close

#include <system_error>

namespace page_cost {

TlbCounter::TlbCounter()
    : TlbCounter(PERF_TYPE_HW_CACHE, PERF_COUNT_HW_CACHE_DTLB |
                                         (PERF_COUNT_HW_CACHE_OP_READ << 8U) |
                                         (PERF_COUNT_HW_CACHE_RESULT_MISS << 16U)) {}

TlbCounter::TlbCounter(std::uint32_t type, std::uint64_t config) {
    perf_event_attr event = {};
    event.size = sizeof(event);
    event.type = type;
    event.config = config;
    event.exclude_kernel = 1;  // what an ordinary user may count
    event.exclude_hv = 1;
    const pid_t this_process = 0;
    const int any_processor = -1;
    fd_ = static_cast<int>(syscall(SYS_perf_event_open, &event, this_process, any_processor, -1,
                                   PERF_FLAG_FD_CLOEXEC));
    if (fd_ == -1) reason_ = std::generic_category().message(errno);
}

TlbCounter::~TlbCounter() {
    if (fd_ != -1) close(fd_);
}

std::uint64_t TlbCounter::misses() const {
    if (fd_ == -1) return 0;
    std::uint64_t count = 0;
    shm::check(read(fd_, &count, sizeof(count)), "read", "the counter of TLB misses");
    return count;
}

}  // namespace page_cost
