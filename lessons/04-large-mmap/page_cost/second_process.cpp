#include "second_process.hpp"

#include "common/kernel/checked.hpp"
#include "common/measure/arena.hpp"
#include "common/program/check.hpp"
#include "common/program/child.hpp"
#include "common/program/stop.hpp"

#include <sys/wait.h>  // waitpid
#include <unistd.h>    // getpid

#include <csignal>
#include <new>

using shm::check;

namespace page_cost {

namespace {

/// What the second process reports, through shared memory, of course.
struct Report {
    Cost touch;
    shm::Given given;
    std::size_t tables = 0;
};

//! [second process]
/// Runs in the second process: maps the same memory afresh, and touches it.
Report look(const Memory& memory, std::size_t size, const shm::HugePages& settings, Access access) {
    const std::size_t tables = shm::page_table_bytes();
    const Mapping mapping(memory, size, settings.huge);
    // Once for nothing: after a fork, the first write to each page of our own stack is a fault too.
    static_cast<void>(touch_pages(mapping, 0, settings.page, access));
    const Cost touch = touch_pages(mapping, size, settings.page, access);
    return {touch, shm::given_to(mapping.address()), shm::page_table_bytes() - tables};
}
//! [second process]

}  // namespace

Measured in_second_process(const Memory& memory, std::size_t size, const shm::HugePages& settings,
                           Access access) {
    const measure::Arena arena(sizeof(Report));
    auto* report = new (arena.ring(0)) Report{};

    const pid_t parent = getpid();
    const pid_t child = checked::fork();
    if (child == 0) {
        shm::run_as_child([&] {
            shm::end_with_parent(parent);
            *report = look(memory, size, settings, access);
        });
    }
    int status = 0;
    pid_t ended = 0;
    do {  // The second process ends soon, by itself: also after Ctrl-C we wait for that.
        ended = waitpid(child, &status, 0);
    } while (ended == -1 && errno == EINTR);
    check(ended, "waitpid", "the second process");
    shm::check_stop();
    if (status != 0) throw shm::Failure("the second process failed; see its message above");
    Measured measured;
    measured.touch = report->touch;
    measured.given = report->given;
    measured.tables = report->tables;
    return measured;
}

}  // namespace page_cost
