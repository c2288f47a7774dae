#include "common/memory/shared_object.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/object.hpp"
#include "common/memory/object_locks.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/console.hpp"
#include "common/program/error.hpp"
#include "common/program/shell.hpp"

#include <fmt/core.h>

#include <fcntl.h>   // O_RDWR
#include <unistd.h>  // getpid

#include <chrono>
#include <utility>

using namespace std::chrono_literals;

namespace shm {

namespace {

Failure may_be_left(const std::string& name, const std::string& why) {
    return Failure(
        fmt::format("{}; where no other process is attached, {} is left behind: the next one to "
                    "attach finds that out, or: rm {}",
                    why, name, object_for_shell(name)));
}

}  // namespace

SharedObject::SharedObject(std::string name, const ObjectRules& rules, const Deadline& deadline)
    : name_(std::move(name)), process_(getpid()) {
    // Again, if the last process has just removed the object, or another has just created it.
    for (int round = 1; !try_to_attach(rules, deadline); ++round) {
        check_stop();
        if (round > 3 && deadline.passed()) {
            throw Failure(name_ + ": is created and removed again and again; try once more");
        }
    }
}

bool SharedObject::try_to_attach(const ObjectRules& rules, const Deadline& deadline) {
    // No O_CREAT here: it would show an empty object under the name, which could be anybody's.
    object_ = open_object(name_, O_RDWR, deadline);
    Cleanup give_up([&] {
        shm::release_attach_lock(fd());  // a mapping that `check` made would keep it
        object_.reset();
    });
    const bool is_there = object_.is_open();
    if (!(is_there ? try_to_open(rules, deadline) : try_to_create(rules))) return false;
    give_up.cancel();
    has_attach_lock_ = true;
    is_creator_ = !is_there;
    return true;
}

bool SharedObject::try_to_open(const ObjectRules& rules, const Deadline& deadline) {
    require_own_account(fd(), name_);
    rules.check(fd());  // before the lock: another program's object is none of ours to lock

    //! [attach object]
    if (!take_attach_lock(fd(), name_, deadline)) return false;
    if (!has_name(fd(), name_)) return false;  // the last one removed it while this one waited

    if (!is_attached_by_others(fd())) {
        if (rules.left_behind == LeftBehind::remove) {
            note("{} was left behind by processes that are gone: removing it", name_);
            checked::shm_unlink(name_);
            return false;
        }
        note("{} was left by processes that are gone: goes on with it", name_);
    }
    entry_ = hold_free_entry(fd(), name_);
    //! [attach object]
    return true;
}

bool SharedObject::try_to_create(const ObjectRules& rules) {
    //! [create object]
    object_ = create_nameless(name_);
    rules.create(fd());
    // No other process has it open, so it need not wait.
    if (!take_attach_lock(fd(), name_, Deadline::after(0ms))) return false;
    entry_ = hold_free_entry(fd(), name_);
    // The name appears with the object whole, the attach lock taken and a process attached, or not
    // at all.
    return give_name(fd(), name_);
    //! [create object]
}

void SharedObject::release_attach_lock() noexcept {
    if (getpid() != process_) return;
    shm::release_attach_lock(fd());
    has_attach_lock_ = false;
}

bool SharedObject::detach() try {
    if (!object_.is_open()) return false;
    if (getpid() != process_) {  // a forked child: the attachment and its locks are its parent's
        object_.reset();
        return false;
    }
    //! [detach object]
    // Each of these may fail; what then is left to do, the kernel does when this process ends, and
    // the next one to attach finds an object to which no process is attached.
    bool is_last = false;
    const Cleanup close_object([&] {
        // Given back one by one: as long as it is mapped, close() alone gives nothing back.
        const bool is_detached = release_entry(fd(), entry_);
        shm::release_attach_lock(fd());
        object_.reset();
        if (!is_detached && !is_last) throw may_be_left(name_, name_ + ": its entry is still held");
    });
    if (!has_attach_lock_) take_attach_lock_to_detach(fd(), name_);
    is_last = !is_attached_by_others(fd());
    if (is_last && has_name(fd(), name_)) checked::shm_unlink(name_);
    return is_last;
    //! [detach object]
} catch (const SystemError& error) {
    throw may_be_left(name_, error.what());
}

SharedObject::~SharedObject() {
    try {
        detach();
    } catch (...) {
        note_failed_cleanup();
    }
}

}  // namespace shm
