#include "ring_object.hpp"

#include "common/kernel/checked.hpp"
#include "common/memory/object.hpp"
#include "common/memory/object_locks.hpp"
#include "common/program/cleanup.hpp"
#include "common/program/console.hpp"
#include "common/program/descriptor.hpp"
#include "common/program/error.hpp"
#include "common/program/shell.hpp"

#include <fmt/core.h>

#include <fcntl.h>     // O_RDWR
#include <sys/mman.h>  // PROT_READ, PROT_WRITE, MAP_SHARED

#include <algorithm>
#include <utility>

namespace {

constexpr std::size_t capacity = 1024;

}  // namespace

RingObject::RingObject(const std::string& name, const shm::Deadline& deadline, RingUse use)
    : name_(name) {
    shm::Cleanup give_up([&] { unmap(); });
    try {
        const bool looks = use == RingUse::look && try_to_look(name, deadline);
        if (!looks) attach(name, deadline);
    } catch (const shm::RingError& error) {
        throw shm::Failure(fmt::format(
            "{0}: {1}; choose another --name, or, if no program needs it any more: rm {2}", name,
            error.what(), shm::object_for_shell(name)));
    }
    give_up.cancel();
}

bool RingObject::try_to_look(const std::string& name, const shm::Deadline& deadline) {
    const shm::Descriptor object = shm::open_object(name, O_RDWR, deadline);
    if (!object.is_open()) return false;
    shm::require_own_account(object.get(), name);
    open_ring(object.get());
    // In this order: a process that detaches last removes the name before it gives its entry back.
    if (!shm::is_attached_by_others(object.get()) && shm::has_name(object.get(), name)) {
        shm::note("{} was left by processes that are gone: looks at it, and leaves it there", name);
    }
    return true;
}

void RingObject::attach(const std::string& name, const shm::Deadline& deadline) {
    //! [attach ring]
    shm::ObjectRules rules;
    rules.create = [&](int fd) { create_ring(fd); };
    rules.check = [&](int fd) { open_ring(fd); };
    rules.left_behind = shm::LeftBehind::go_on;  // with the messages that are there
    object_.emplace(name, rules, deadline);
    object_->release_attach_lock();
    //! [attach ring]
}

void RingObject::create_ring(int fd) {
    //! [create ring]
    const std::size_t size = shm::Ring<Number>::bytes(capacity);
    checked::posix_fallocate(fd, 0, size);  // its length, and its memory
    map(fd, size);
    ring_ = shm::Ring<Number>::create(memory_, size_, capacity);
    //! [create ring]
}

void RingObject::open_ring(int fd) {
    map(fd, static_cast<std::size_t>(checked::fstat(fd).st_size));
    ring_ = shm::Ring<Number>::open(memory_, size_);
}

void RingObject::map(int fd, std::size_t size) {
    unmap();  // an object that another process was faster to remove, or to create
    const std::size_t mapped = std::max<std::size_t>(size, 1);
    memory_ = checked::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    size_ = size;
}

void RingObject::unmap() noexcept {
    ring_.reset();
    if (memory_ == nullptr) return;
    try {
        checked::munmap(std::exchange(memory_, nullptr), std::max<std::size_t>(size_, 1));
    } catch (...) {
        shm::note_failed_cleanup();
    }
}

bool RingObject::has_name() const {
    return shm::has_name(object_->fd(), name_);
}

bool RingObject::is_shared() const {
    return shm::is_attached_by_others(object_->fd());
}

RingObject::~RingObject() {
    object_.reset();  // detaches
    unmap();
}
