/// @file
/// System V segments (man 7 sysvipc): what the kernel knows of one, and who may take it. Lesson 02
/// teaches it.
#pragma once

#include "common/memory/layout.hpp"

#include <sys/shm.h>  // shmid_ds

#include <string>

namespace shm {

/// A segment as this process has it attached: detached when this ends. The segment itself stays. A
/// child of fork has an attachment of its own, and its copy of this detaches that one.
class Attachment {
public:
    /// @param shmid   the segment's id, as shmget() returned it
    /// @param flags   as shmat() takes them: 0, or SHM_RDONLY
    /// @throws SystemError if it cannot be attached: EINVAL or EIDRM once it has been removed
    explicit Attachment(int shmid, int flags = 0);
    Attachment(const Attachment&) = delete;
    Attachment& operator=(const Attachment&) = delete;
    Attachment(Attachment&& other) noexcept;  ///< Takes over; `other` then detaches nothing.
    Attachment& operator=(Attachment&&) = delete;
    ~Attachment();

    /// Returns where it lies in this process. It may lie at another address in each.
    void* address() const noexcept { return address_; }

private:
    void* address_;
};

/// Returns the kernel's record of the segment (man 2 shmctl, IPC_STAT): size, owner, how many have
/// it attached. An id still works on a segment that is marked for removal while it is attached.
/// @throws SystemError EINVAL or EIDRM if it has been removed
shmid_ds segment_record(int shmid);

/// Says whether the segment is marked for removal (man 2 shmctl, SHM_DEST): no longer to be found
/// by its key, and gone with the last who detaches.
bool is_removed(const shmid_ds& record);

/// Says whether the process that created the segment has ended for certain. False means "it runs,
/// or the kernel does not tell": it keeps the creator's number alone, which another process may
/// have by now, and which is 0 where the creator is of another pid namespace (see has_ended()). So
/// what must not be taken from a live creator stays as long as this is false.
bool creator_has_ended(const shmid_ds& record);

/// Throws Failure where the kernel does not tell whose a segment or a semaphore set is: see
/// strangers_look_like_us(). System V has no question that only the real owner gets answered.
/// @param what  how to call it in the message
void require_owners_known(const std::string& what);

/// Throws Failure unless the segment was made by this account, belongs to it, and has exactly the
/// layout's size. (An owner may give a segment away, and keep it attached: man 2 shmctl, IPC_SET.)
/// @param segment  how to call it in the message, e.g. "key 0x00003039"
void require_ours(const shmid_ds& record, const Layout& layout, const std::string& segment);

/// Removes the segment that killed processes left under `key`, if there is one, and says so. Where
/// there is none, it does nothing.
///
/// Removed is what has no attachment and is published (its creator attaches it first, so that one
/// has gone), and what is unfinished while its creator is certain to have ended.
///
/// @param layout  what must lie in it; a segment that holds anything else stays as it is
/// @throws Failure if it is in use, or being made, or may be; if it is another account's; or if
///         it is another program's
/// @throws SystemError EACCES where its mode keeps this account out
void remove_segment_of_the_dead(key_t key, const Layout& layout);

}  // namespace shm
