#include "common/kernel/reason.hpp"
#include "common/kernel/reason_system_v.hpp"
#include "common/program/console.hpp"  // count_text

#include <fmt/core.h>

#include <sys/sem.h>  // GETVAL, SETVAL

#include <algorithm>
#include <cerrno>
#include <map>
#include <span>

namespace shm {

using looking::Kind;
using looking::raise_text;
using looking::reading;
using looking::writing;
using namespace system_v;

std::string why_semget(int error, key_t key, int count, int flags) {
    const auto entry = looking::entry_under(Kind::set, key);
    if (error == EINVAL) {
        const Limit largest = semmsl();
        if (entry && count > static_cast<int>(entry->size)) {
            return fmt::format(
                "set {} has this key and {}, {} were asked for; ask for "
                "no more, choose another key, or, {}",
                entry->id, count_text(entry->size, "semaphore"), count,
                remove_by_key(Kind::set, key));
        }
        if (count > 0 && static_cast<std::uint64_t>(count) > largest.most) {
            return fmt::format("{} semaphores: {}", count, raise_text(largest));
        }
        if (count <= 0) return fmt::format("a new set has at least 1 semaphore, not {}", count);
    }
    if (error == ENOSPC) {
        const Limit sets = semmni();
        if (sets.used >= sets.most) return raise_text(sets);
        return fmt::format("{} more: {}",
                           count_text(static_cast<std::uint64_t>(count), "semaphore"),
                           raise_text(semmns()));
    }
    return why_key(error, Kind::set, entry, key, flags);
}

namespace {

/// Why one of the changes cannot be made to the values as they are now: each finds what those
/// before it left (man 2 semop). "" where all can be made by now, or the values may not be read.
std::string why_not_now(int error, int semid, std::span<const sembuf> changes) {
    std::map<unsigned short, int> values;  // by the semaphore's number, as they were left
    for (const sembuf& change : changes) {
        const auto left = values.find(change.sem_num);
        const bool is_first = left == values.end();
        const int value = is_first ? semctl(semid, change.sem_num, GETVAL) : left->second;
        if (value == -1) return {};
        const char* const when = is_first ? "" : " after the operations before";
        const int result = value + change.sem_op;
        if (error == ERANGE && result > 32767) {
            return fmt::format("semaphore {} is {}{}, and {} more exceed 32767 (SEMVMX)",
                               change.sem_num, value, when, change.sem_op);
        }
        const bool is_zero_wanted = change.sem_op == 0;
        if (error == EAGAIN && (is_zero_wanted ? value != 0 : result < 0)) {
            return fmt::format("semaphore {} is {}{}, and would have to be {}{}; try again later",
                               change.sem_num, value, when, is_zero_wanted ? "" : "at least ",
                               -change.sem_op);
        }
        values[change.sem_num] = result;
    }
    return {};
}

}  // namespace

std::string why_semop(int error, int semid, const sembuf* operations, std::size_t count) {
    const auto entry = looking::entry_with_id(Kind::set, semid);
    if (error == E2BIG) return fmt::format("{} operations: {}", count, raise_text(semopm()));
    if (error == EINVAL && entry && count == 0) return "there is no operation";
    const std::span<const sembuf> changes(operations, count);
    if (error == EFBIG && entry) {
        for (const sembuf& change : changes) {
            if (change.sem_num < entry->size) continue;
            return fmt::format("semaphore {} was meant, the set has {}, counted from 0",
                               change.sem_num, entry->size);
        }
    }
    if (error == ERANGE || error == EAGAIN) {
        std::string reason = why_not_now(error, semid, changes);
        if (!reason.empty()) return reason;
    }
    if (error == ERANGE) {
        const bool undoes = std::any_of(changes.begin(), changes.end(), [](const sembuf& change) {
            return (change.sem_flg & SEM_UNDO) != 0;
        });
        return undoes
                   ? "a value, or what SEM_UNDO would have to undo, exceeds 32767 (SEMVMX, SEMAEM)"
                   : "a value would exceed 32767 (SEMVMX)";
    }
    const bool alters = std::any_of(changes.begin(), changes.end(),
                                    [](const sembuf& change) { return change.sem_op != 0; });
    return why_id(error, Kind::set, entry, alters ? writing : reading);
}

std::string why_semctl(int error, int semid, int index, int command, int value) {
    const auto entry = looking::entry_with_id(Kind::set, semid);
    if (error == EINVAL && entry) {
        if (command == IPC_SET) return unmapped_owner;  // `index` is of no meaning to it
        if (index < 0 || static_cast<std::size_t>(index) >= entry->size) {
            return fmt::format("semaphore {} was meant, the set has {}, counted from 0", index,
                               entry->size);
        }
        return fmt::format("semctl has no command {}", command);
    }
    if (error == ERANGE && command == SETVAL) {
        return fmt::format("a semaphore is 0 to 32767 (SEMVMX), not {}", value);
    }
    if (error == ERANGE) return "a semaphore is 0 to 32767 (SEMVMX)";
    return why_id(error, Kind::set, entry, command == SETVAL ? writing : reading);
}

}  // namespace shm
