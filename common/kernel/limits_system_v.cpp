#include "common/kernel/limits_make.hpp"
#include "common/program/check.hpp"

#include <sys/msg.h>  // msgctl
#include <sys/sem.h>  // semctl
#include <sys/shm.h>  // shmctl

namespace shm {

using limiting::make;

namespace {

shminfo segment_limits() {
    shminfo info = {};
    check(shmctl(0, IPC_INFO, reinterpret_cast<shmid_ds*>(&info)), "shmctl IPC_INFO", "segments");
    return info;
}

shm_info segments_in_use() {
    shm_info info = {};
    check(shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&info)), "shmctl SHM_INFO", "segments");
    return info;
}

/// IPC_INFO and SEM_INFO fill the same struct; SEM_INFO's semusz counts sets, its semaem counts
/// semaphores.
seminfo semaphore_info() {
    union {
        seminfo* info;
    } argument;
    seminfo info = {};
    argument.info = &info;
    check(semctl(0, 0, SEM_INFO, argument), "semctl SEM_INFO", "semaphores");
    return info;
}

/// All four numbers of kernel.sem are set together.
Limit semaphore_limit(std::string_view name, std::string_view what, std::string_view unit, int most,
                      std::optional<std::uint64_t> used = {}) {
    const seminfo info = semaphore_info();
    const auto shown = [&](std::string_view which, int value) {
        return name == which ? "N" : std::to_string(value);
    };
    Limit limit = make(fmt::format("kernel.sem ({})", name), what, unit, most, used);
    limit.raise = limiting::by_sysctl(
        "kernel.sem",
        fmt::format("'{} {} {} {}'", shown("semmsl", info.semmsl), shown("semmns", info.semmns),
                    shown("semopm", info.semopm), shown("semmni", info.semmni)));
    return limit;
}

msginfo queue_info(int command) {
    msginfo info = {};
    check(msgctl(0, command, reinterpret_cast<msqid_ds*>(&info)), "msgctl MSG_INFO", "queues");
    return info;
}

}  // namespace

Limit shmmax() {
    return make("kernel.shmmax", "bytes of one segment", "bytes", segment_limits().shmmax);
}

Limit shmall() {
    return make("kernel.shmall", "pages of all segments", "pages", segment_limits().shmall,
                segments_in_use().shm_tot);
}

Limit shmmni() {
    return make("kernel.shmmni", "segments", "segments", segment_limits().shmmni,
                static_cast<std::uint64_t>(segments_in_use().used_ids));
}

Limit semmsl() {
    return semaphore_limit("semmsl", "semaphores of one set", "semaphores",
                           semaphore_info().semmsl);
}

Limit semmns() {
    const seminfo info = semaphore_info();
    return semaphore_limit("semmns", "semaphores of all sets", "semaphores", info.semmns,
                           static_cast<std::uint64_t>(info.semaem));
}

Limit semopm() {
    return semaphore_limit("semopm", "operations of one semop", "operations",
                           semaphore_info().semopm);
}

Limit semmni() {
    const seminfo info = semaphore_info();
    return semaphore_limit("semmni", "semaphore sets", "sets", info.semmni,
                           static_cast<std::uint64_t>(info.semusz));
}

Limit msgmax() {
    return make("kernel.msgmax", "bytes of one message", "bytes", queue_info(IPC_INFO).msgmax);
}

Limit msgmnb() {
    return make("kernel.msgmnb", "bytes of one queue", "bytes", queue_info(IPC_INFO).msgmnb);
}

Limit msgmni() {
    return make("kernel.msgmni", "System V queues", "queues", queue_info(IPC_INFO).msgmni,
                static_cast<std::uint64_t>(queue_info(MSG_INFO).msgpool));
}

}  // namespace shm
