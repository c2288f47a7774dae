#include "common/kernel/reason_system_v.hpp"
#include "common/kernel/namespaces.hpp"
#include "common/kernel/reason.hpp"
#include "common/kernel/room.hpp"  // page_size
#include "common/program/console.hpp"
#include "common/program/options.hpp"  // key_text

#include <fmt/core.h>

#include <signal.h>        // kill
#include <sys/resource.h>  // RLIMIT_MEMLOCK
#include <sys/shm.h>       // SHM_RDONLY

#include <algorithm>
#include <cerrno>
#include <optional>

namespace shm {

using looking::Entry;
using looking::Kind;
using looking::raise_text;
using looking::reading;
using looking::refused_reason;
using looking::user_text;
using looking::writing;
using namespace system_v;

namespace {

/// What the two kinds are called, and how they are shown and removed.
struct Words {
    const char* one;     ///< "segment"
    const char* list;    ///< the command that shows all
    const char* by_key;  ///< ipcrm's option for a key
};

constexpr Words words_of(Kind kind) {
    return kind == Kind::segment ? Words{"segment", "ipcs -m", "-M"}
                                 : Words{"set", "ipcs -s", "-S"};
}

/// Who made it, where that is kept.
std::string made_by(const Entry& entry) {
    if (!entry.maker || *entry.maker == 0) return {};
    const bool ended = kill(*entry.maker, 0) == -1 && errno == ESRCH;
    return fmt::format(", made by process {}{}", *entry.maker, ended ? ", which has ended" : "");
}

std::uint64_t pages(std::size_t size) {
    const std::size_t page = page_size();
    return size / page + (size % page != 0 ? 1 : 0);
}

}  // namespace

namespace system_v {

std::string whose(Kind kind, const Entry& entry) {
    return fmt::format("{} {} belongs to {}, mode {:04o}", words_of(kind).one, entry.id,
                       user_text(entry.uid), entry.mode);
}

std::string remove_by_key(Kind kind, key_t key) {
    return fmt::format("if no program uses it any more, remove it: ipcrm {} {}",
                       words_of(kind).by_key, key_text(key));
}

std::string why_key(int error, Kind kind, const std::optional<Entry>& entry, key_t key, int flags) {
    if (error == ENOENT && !entry) {
        return fmt::format("no {} has this key; start the program that makes it (see: {})",
                           words_of(kind).one, words_of(kind).list);
    }
    if (!entry) return why_any_call(error);  // gone since the call
    if (error == EEXIST && !looking::may_remove_ipc(entry->uid)) {
        return whose(kind, *entry) + "; choose another key, or ask its owner";
    }
    if (error == EEXIST) {
        return fmt::format("{} {} has this key{}; {}", words_of(kind).one, entry->id,
                           made_by(*entry), remove_by_key(kind, key));
    }
    if (error == EACCES) {
        const auto bits = static_cast<unsigned>(flags);
        return refused_reason(*entry, whose(kind, *entry),
                              (bits >> 6U | bits >> 3U | bits) & (reading | writing),
                              "choose another key, or ask its owner");
    }
    return why_any_call(error);
}

std::string why_id(int error, Kind kind, const std::optional<Entry>& entry, unsigned wanted) {
    if (error == EINVAL && !entry) {
        return fmt::format("no {} has this id: it was removed, or never was (see: {})",
                           words_of(kind).one, words_of(kind).list);
    }
    if (!entry) return why_any_call(error);
    if (error == EACCES)
        return refused_reason(*entry, whose(kind, *entry), wanted, "ask its owner");
    if (error == EPERM) return whose(kind, *entry) + ": only its owner may do that";
    return why_any_call(error);
}

}  // namespace system_v

//! [four meanings]
std::string why_shmget(int error, key_t key, std::size_t size, int flags) {
    const auto entry = looking::entry_under(Kind::segment, key);
    if (error == EINVAL) {
        if (entry && size > entry->size) {
            return fmt::format(
                "segment {} has this key and {}, {} were asked for; ask for "
                "no more, choose another key, or, {}",
                entry->id, count_text(entry->size, "byte"), size,
                remove_by_key(Kind::segment, key));
        }
        if (size == 0)
            return "a new segment has at least 1 byte; only one that stands takes size 0";
        std::string too_large = looking::too_large_reason(size);
        if (!too_large.empty()) return too_large;
        const Limit largest = shmmax();
        if (size > largest.most) return fmt::format("{} bytes: {}", size, raise_text(largest));
        if ((flags & SHM_HUGETLB) != 0) return "this machine has no huge pages of that size";
    }
    //! [four meanings]
    if (error == ENOSPC) {
        const Limit number = shmmni();
        if (number.used >= number.most) return raise_text(number);
        return fmt::format("{} more: {}", count_text(pages(size), "page"), raise_text(shmall()));
    }
    if (error == ENOMEM && (flags & SHM_HUGETLB) != 0) {
        const auto pool = huge_pages();
        return pool ? raise_text(*pool) + ", or leave SHM_HUGETLB out" : why_any_call(error);
    }
    if (error == ENOMEM) {  // nothing is mapped yet
        std::string reason = looking::memory_reason(size);
        return reason.empty() ? why_any_call(error) : reason;
    }
    if (error == EPERM && (flags & SHM_HUGETLB) != 0) {
        return fmt::format("SHM_HUGETLB needs CAP_IPC_LOCK{}, or the group of vm.hugetlb_shm_group",
                           in_first_user_namespace() ? "" : " (a user namespace's does not count)");
    }
    return why_key(error, Kind::segment, entry, key, flags);
}

std::string why_shmat(int error, int shmid, const void* address, int flags) {
    const auto entry = looking::entry_with_id(Kind::segment, shmid);
    if (error == EINVAL && entry) {
        if (address == nullptr) return "SHM_REMAP needs an address";
        const bool rounded = (flags & SHM_RND) != 0;
        const auto lba = static_cast<std::uintptr_t>(SHMLBA);
        if (!rounded && reinterpret_cast<std::uintptr_t>(address) % lba != 0) {
            return fmt::format(
                "the address is no multiple of {} (SHMLBA); give nullptr: the kernel chooses one",
                lba);
        }
        return "something is mapped at that address; give nullptr: the kernel chooses a free one";
    }
    if (error == EACCES && entry && (flags & SHM_RDONLY) == 0) {
        return refused_reason(*entry, whose(Kind::segment, *entry), reading | writing,
                              "ask its owner, or attach it with SHM_RDONLY if reading is allowed");
    }
    if (error == ENOMEM && entry) {
        std::string reason = looking::address_space_reason(entry->size);
        return reason.empty() ? why_any_call(error) : reason;
    }
    return why_id(error, Kind::segment, entry);
}

std::string why_shmctl(int error, int shmid, int command) {
    const auto entry = looking::entry_with_id(Kind::segment, shmid);
    if (error == EINVAL && entry && command == IPC_SET) return unmapped_owner;
    if (error == EINVAL && entry) return fmt::format("shmctl has no command {}", command);
    const bool is_ours = entry && looking::is_us(entry->uid);
    if (command == SHM_LOCK && (error == ENOMEM || (error == EPERM && is_ours))) {
        Limit locked = process_limit(RLIMIT_MEMLOCK);
        // This process's by mlock(), and counted apart from segments (man 2 getrlimit).
        locked.used.reset();
        return fmt::format(
            "{} (it holds for all locked segments of this user together); raise it: {}",
            limit_text(locked), locked.raise);
    }
    return why_id(error, Kind::segment, entry);
}

}  // namespace shm
