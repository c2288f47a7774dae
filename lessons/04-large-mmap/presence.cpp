#include "presence.hpp"

#include "common/kernel/reason.hpp"
#include "common/memory/object.hpp"
#include "common/program/check.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/console.hpp"
#include "gate.hpp"
#include "segment.hpp"
#include "slots.hpp"

#include <fmt/format.h>

#include <fcntl.h>     // O_RDWR
#include <sys/mman.h>  // shm_open, shm_unlink
#include <unistd.h>    // pwrite

#include <algorithm>
#include <cerrno>
#include <chrono>

using shm::check;
using namespace std::chrono_literals;

Presence::Presence(std::string name, const shm::Deadline& deadline) : name_(std::move(name)) {
    // Again, if the last one has just removed it, or somebody has just created it.
    for (int round = 1; !try_to_come(deadline); ++round) {
        shm::check_stop();
        if (round > 3 && deadline.passed()) {
            throw shm::Failure(name_ + ": comes and goes; try again, with more --timeout-ms");
        }
    }
}

bool Presence::try_to_come(const shm::Deadline& deadline) {
    shm::Cleanup close_fd([&] {
        close(fd_);  // and with it the gate and our slot
        fd_ = -1;
    });
    //! [open object]
    // No O_CREAT here: it would show an empty object under the name, which could be anybody's.
    fd_ = shm_open(name_.c_str(), O_RDWR, 0);
    if (fd_ == -1 && errno == ENOENT) {
        if (!try_to_create()) return false;
        close_fd.cancel();
        return true;
    }
    check(fd_, "shm_open", name_, shm::why_shm_open, name_.c_str(), O_RDWR);
    //! [open object]
    require_ours(fd_, name_);

    //! [come in]
    take_gate(fd_, name_, deadline);
    if (!shm::has_name(fd_, name_)) return false;  // the last one removed it while we waited

    const std::vector<bool> held = held_slots(fd_, name_);
    const auto others = static_cast<unsigned>(std::count(held.begin(), held.end(), true));
    if (others == 0) {
        shm::note("{} was left behind by processes that are gone: removing it", name_);
        check(shm_unlink(name_.c_str()), "shm_unlink", name_);
        return false;
    }
    const auto free = std::find(held.begin(), held.end(), false);
    if (free == held.end()) {
        throw shm::Failure(fmt::format("{}: all {} slots are held; wait until somebody leaves",
                                       name_, slot_count));
    }
    stay(static_cast<unsigned>(free - held.begin()), others + 1);
    //! [come in]
    close_fd.cancel();
    return true;
}

bool Presence::try_to_create() {
    //! [create object]
    fd_ = shm::create_nameless();
    Segment begin = {};
    shm::prepare(begin.header, segment_layout);
    shm::publish(begin.header, segment_layout);  // in our own memory; written as a whole:
    check(pwrite(fd_, &begin, sizeof(begin), 0), "pwrite", name_);
    take_gate(fd_, name_, shm::Deadline::after(0ms));  // nobody else has it open
    stay(0, 1);
    // The name appears with the header, the gate shut and somebody present, or not at all.
    return shm::give_name(fd_, name_);
    //! [create object]
}

void Presence::stay(unsigned slot, unsigned number) {
    hold_slot(fd_, slot, name_);
    slot_ = slot;
    number_ = number;
    gate_is_ours_ = true;
}

void Presence::open_gate() noexcept {
    ::open_gate(fd_);
    gate_is_ours_ = false;
}

//! [leave]
bool Presence::leave() {
    if (fd_ == -1) return false;
    // Each of these may fail; what then is left to do, the kernel does when this process ends, and
    // the next one to come removes the name.
    const shm::Cleanup close_fd([&] {
        // Given back one by one: as long as we have it mapped, close() gives nothing back.
        give_back_slot(fd_, slot_);
        open_gate();
        close(fd_);
        fd_ = -1;
    });
    if (!gate_is_ours_) take_gate_to_leave(fd_, name_);
    const bool is_last = !any_slot_is_held(fd_, name_);  // our own is not in our way
    if (is_last && shm::has_name(fd_, name_)) check(shm_unlink(name_.c_str()), "shm_unlink", name_);
    return is_last;
}
//! [leave]

Presence::~Presence() {
    try {
        leave();
    } catch (const std::exception& error) {
        shm::note_line(error.what());
    }
}
