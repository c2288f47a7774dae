/// @file
/// Lesson 05: asks for huge pages for the ring, for memory that stays in memory and lies near this
/// processor, and says what it got. Creates a ring if there is none; one that is there stays as is.

#include "common/kernel/huge_pages.hpp"  // what this machine allows
#include "common/kernel/reason.hpp"
#include "common/kernel/smaps.hpp"  // what the kernel really gave
#include "common/program/check.hpp"
#include "common/program/program.hpp"
#include "ring_object.hpp"

#include <linux/mempolicy.h>  // MPOL_PREFERRED, MPOL_MF_MOVE
#include <sched.h>            // getcpu
#include <sys/mman.h>         // madvise, mlock
#include <sys/syscall.h>      // SYS_mbind, SYS_move_pages: libnuma has the functions
#include <unistd.h>           // sysconf

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

std::size_t cache_line() {
    //! [cache line]
    const long bytes = sysconf(_SC_LEVEL1_DCACHE_LINESIZE);  // 0 where glibc does not know
    if (bytes > 0) return static_cast<std::size_t>(bytes);
    std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index0/coherency_line_size");
    if (std::size_t line = 0; file >> line) return line;
    throw shm::Failure("neither sysconf nor /sys knows how long a cache line is; see: lscpu -C");
    //! [cache line]
}

void say_huge_pages(const RingObject& object) {
    //! [huge pages]
    const int error = madvise(object.address(), object.size(), MADV_HUGEPAGE) == 0 ? 0 : errno;
    const shm::Given given = shm::given_to(object.address());
    if (given.huge != 0) {
        shm::say("Huge pages: asked for by madvise; got {} of {} bytes", given.huge, given.mapped);
        return;
    }
    //! [huge pages]
    const shm::HugePages settings = shm::read_huge_pages();
    std::string why, cure;
    if (error != 0) why = shm::reason_text(error, "this kernel has no transparent huge pages");
    if (object.size() < settings.huge) {
        why = fmt::format("a huge page has {} bytes, and the object {}", settings.huge,
                          object.size());
        cure = "; a larger ring may get some";
    }
    if (settings.dev_shm != "always" && settings.dev_shm != "advise") {
        why += fmt::format("{}/dev/shm is mounted with huge={}", why.empty() ? "" : "; ",
                           settings.dev_shm);
        cure += "; to allow them: mount -o remount,huge=advise /dev/shm";
    }
    shm::say("Huge pages: asked for by madvise; got none: {}{}",
             why.empty() ? "the kernel had none to give" : why, cure);
}

void say_locking(const RingObject& object) {
    //! [lock memory]
    if (mlock(object.address(), object.size()) == -1) {
        const int error = errno;
        shm::say("Locking: asked for by mlock; got none: {}",
                 shm::reason_text(error, shm::why_mlock(error, object.size())));
        return;
    }
    const shm::Given given = shm::given_to(object.address());
    shm::say("Locking: asked for by mlock; got {} of {} bytes{}", given.locked ? given.resident : 0,
             given.mapped, given.locked ? ", which now stay in memory" : "");
    //! [lock memory]
}

constexpr const char* in_docker = "containers need docker run --cap-add SYS_NICE";

/// Returns how many pages lie on `node`, as text. Asks, and moves nothing (man 2 move_pages).
std::string pages_on(unsigned node, const RingObject& object, std::size_t page) {
    std::vector<void*> pages;
    for (std::size_t at = 0; at < object.size(); at += page)
        pages.push_back(static_cast<std::byte*>(object.address()) + at);
    std::vector<int> nodes(pages.size(), -1);
    const long got = syscall(SYS_move_pages, 0, pages.size(), pages.data(), 0L, nodes.data(), 0);
    if (got == -1 && errno == EPERM) {  // by a container's filter of calls
        return "no error, and move_pages may not ask: " + shm::reason_text(EPERM, in_docker);
    }
    shm::check(got, "move_pages", "the ring's pages");
    const auto there = std::count(nodes.begin(), nodes.end(), static_cast<int>(node));
    return fmt::format("{} of {} pages there", there, pages.size());
}

void say_node(const RingObject& object) {
    // mbind of shared memory changes it for all that have it, for good
    if (!object.is_attached()) return shm::say("NUMA node: not asked for; the ring was there");
    //! [numa node]
    unsigned cpu = 0, node = 0;
    shm::check(getcpu(&cpu, &node), "getcpu", "this process");
    std::array<std::uint64_t, 16> nodes = {};  // a set of nodes, a bit for each: 1024 at most
    nodes.at(node / 64) = std::uint64_t{1} << node % 64;
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t whole = (object.size() + page - 1) / page * page;
    const long result =
        syscall(SYS_mbind, object.address(), whole, MPOL_PREFERRED, &nodes, 1025, MPOL_MF_MOVE);
    //! [numa node]
    const int error = result == -1 ? errno : 0;
    const std::string asked =
        fmt::format("NUMA node: asked for node {}, that of CPU {}, by mbind; got ", node, cpu);
    const char* why = error == EPERM ? in_docker : "all memory is equally far here";
    if (error != 0) return shm::say("{}none: {}", asked, shm::reason_text(error, why));
    std::string online;
    std::ifstream("/sys/devices/system/node/online") >> online;
    shm::say("{}{}; nodes of this machine: {}", asked, pages_on(node, object, page),
             online.empty() ? "unknown" : online);
}

int ring_info(const std::string& name, bool pause) {
    const RingObject object(name, shm::Deadline::after(60s), RingUse::look);
    shm::say("Optimized shared memory created at {}", object.address());
    shm::say("Cache line size: {} bytes", cache_line());
    say_huge_pages(object);
    say_locking(object);
    say_node(object);
    shm::note(
        "{} messages of {} bytes fit in; each takes {} bytes, "
        "the rest of {} is the header and what is free behind the last slot",
        object.ring().capacity(), sizeof(Number),
        shm::Ring<Number>::bytes(2) - shm::Ring<Number>::bytes(1), object.size());
    if (pause) shm::wait_for_enter("Press Enter to end...");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::string name = "/optimized_buffer";
    bool pause = false;
    return shm::program(
        argc, argv,
        "Creates a ring in shared memory, and says what was asked for and what was got.",
        [&](shm::Options& options) {
            options.object_name("--name", name, "The object's name");
            options.flag("--pause", pause, "Wait for Enter before it ends");
        },
        [&] { return ring_info(name, pause); });
}
