#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "common/kernel/limits.hpp"
#include "common/program/check.hpp"
#include "stage.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

// What belongs to another user, and what all users may have.

namespace {

std::string opened(int flags) {
    checked::shm_open(stage::name, flags, 0600);
    return {};
}

/// Leaves an object, or a segment, of the user nobody's.
void other_user_makes(void (*make)()) {
    stage::require_root("to be another user first");
    stage::in_killed_child([make] {
        stage::become_other_user();
        make();
    });
}

/// Makes root the segment's owner.
void give_away(int shmid) {
    shmid_ds record = {};
    checked::shmctl(shmid, IPC_STAT, &record);
    record.shm_perm.uid = 0;
    checked::shmctl(shmid, IPC_SET, &record);
}

int root_makes_segment(int mode) {
    stage::require_root("to become another user");
    const int shmid = stage::make_segment(100, mode);
    stage::become_other_user();
    return shmid;
}

const Row rows[] = {
    {"object-of-another", "another user's object of mode 0600", "shm_open", "EACCES",
     "its mode allows its owner alone",
     "its owner lets others in: fchmod after shm_open, or chgrp and chmod 660 of its file in "
     "/dev/shm; or take another name",
     [] {
         stage::require_root("to become another user");
         stage::make_object(1);
         stage::become_other_user();
         return opened(O_RDWR);
     }},
    {"object-sandboxed", "our own object of mode 0600, in a sandbox", "shm_open", "EACCES",
     "the mode allows it, but SELinux, AppArmor or Landlock may refuse it all the same",
     "look which it was (ls -Z, aa-status), and have it allow /dev/shm",
     [] {
         stage::make_object(1);
         stage::enter_sandbox();
         return opened(O_RDWR);
     }},
    {"unlink-of-another", "another user's object is unlinked", "shm_unlink", "EACCES",
     "/dev/shm is sticky: a name is its owner's, whatever the object's mode",
     "ask its owner; or rm as root. For a group: files in a folder of its own, which is not "
     "sticky",
     [] {
         stage::require_root("to become another user");
         umask(0);
         stage::make_object(1, 0666);
         stage::become_other_user();
         checked::shm_unlink(stage::name);
         return std::string();
     }},
    {"create-of-another", "O_CREAT on an object that another user owns", "shm_open", "EACCES",
     "fs.protected_regular: even for root, even where the mode allows it, unless its owner is the "
     "folder's",
     "open it without O_CREAT first; look at st_uid before you use it",
     [] {
         const auto setting = shm::sysctl_limit("fs.protected_regular", "", "");
         if (!setting || setting->most == 0) throw NotHere("fs.protected_regular is 0 here");
         other_user_makes([] { stage::make_object(1); });
         return opened(O_CREAT | O_RDWR);
     }},
    {"squatted", "a name that another user took first", "shm_open", "success",
     "its owner can change its content at any time", "look at st_uid before you use it",
     [] {
         other_user_makes([] { stage::make_object(1); });
         const int fd = checked::shm_open(stage::name, O_RDWR, 0);
         const struct stat facts = checked::fstat(fd);
         stage::expect(facts.st_uid != geteuid(), "it is ours");
         return fmt::format("opens the object of user {} as if it were ours", facts.st_uid);
     }},
    {"object-0666", "an object made with mode 0666", "shm_open", "success",
     "shm_open heeds the umask: with 022 it is 0644, and every user can read it", "0600",
     [] {
         umask(022);
         const struct stat facts = checked::fstat(stage::make_object(1, 0666));
         stage::expect((facts.st_mode & 0777U) == 0644, "another mode");
         return std::string("makes it 0644: every user can read it");
     }},
    {"segment-0666", "a segment made with mode 0666", "shmget", "success",
     "shmget heeds no umask: every user can write it", "0600",
     [] {
         umask(022);
         shmid_ds record = {};
         checked::shmctl(stage::make_segment(1, 0666), IPC_STAT, &record);
         stage::expect((record.shm_perm.mode & 0777U) == 0666, "another mode");
         return std::string("makes it 0666: every user can write it");
     }},
    {"segment-of-another", "another user's segment of mode 0600", "shmget", "EACCES",
     "the mode that shmget asks for is compared with the segment's",
     "its owner lets others in: shmctl with IPC_SET, mode 0660 and their group; or, if no "
     "process uses it (nattch 0 in ipcs -m, and in ipcs -mp a creator that is gone), ipcrm -m "
     "ID as its owner or root",
     [] {
         root_makes_segment(0600);
         checked::shmget(stage::key, 0, 0600);
         return std::string();
     }},
    {"segment-asked-nothing", "another account's segment of mode 0600, asked for with mode 0",
     "shmget", "success",
     "shmget refuses nothing to a caller that asks for no permission; the id gives none",
     "shmat decides, not shmget",
     [] {
         root_makes_segment(0600);
         checked::shmget(stage::key, 0, 0);
         return std::string("returns the id");
     }},
    {"segment-given-away", "a segment that another user made and gave us", "shmctl", "success",
     "IPC_SET changes the owner; the creator keeps the owner's rights, and what is attached",
     "look at IPC_STAT's cuid as well as at its uid",
     [] {
         other_user_makes([] { give_away(stage::make_segment(1)); });
         const int shmid = checked::shmget(stage::key, 0, 0);
         shmid_ds record = {};
         checked::shmctl(shmid, IPC_STAT, &record);
         stage::expect(record.shm_perm.uid == geteuid(), "its uid is not ours");
         const uid_t creator = record.shm_perm.cuid;
         stage::become_other_user();
         checked::shmat(shmid, nullptr, 0);
         return fmt::format("its uid is ours, its mode 0600, and user {} attaches it", creator);
     }},
    {"attach-of-another", "another user's segment is attached", "shmat", "EACCES",
     "its mode allows this account nothing; a container's root lacks CAP_IPC_OWNER",
     "ask its owner, who lets others in by IPC_SET, mode 0660 and their group; a container: "
     "docker run --user UID, or --cap-add IPC_OWNER",
     [] {
         const int shmid = root_makes_segment(0600);
         checked::shmat(shmid, nullptr, 0);
         return std::string();
     }},
    {"remove-of-another", "another user's segment is removed", "shmctl", "EPERM",
     "only its owner, its creator and who has CAP_SYS_ADMIN may, whatever its mode; a "
     "container's root does not have it",
     "ask its owner, or the machine's root; in a container: docker exec -u UID CONTAINER "
     "ipcrm -m ID, with the owner's UID",
     [] {
         const int shmid = root_makes_segment(0666);
         checked::shmctl(shmid, IPC_RMID, nullptr);
         return std::string();
     }},
    {"object-unmapped", "a stranger's object, in a user namespace that maps neither of us",
     "fcntl F_SETFL", "EPERM",
     "stat shows all unmapped accounts as one, 65534; this call compares the real ones",
     "ask for O_NOATIME before you use it: the kernel grants that to the owner only",
     [] {
         other_user_makes([] {
             umask(0);
             stage::make_object(1, 0666);
         });
         stage::become_unmapped();
         const int fd = checked::shm_open(stage::name, O_RDWR, 0);
         stage::expect(checked::fstat(fd).st_uid == geteuid(), "its uid is not ours");
         shm::check(fcntl(fd, F_SETFL, O_NOATIME), "fcntl F_SETFL", stage::name,
                    "stat shows it as ours, and it is not");
         return std::string();
     }},
    {"segment-unmapped", "a stranger's segment, in a user namespace that maps neither of us",
     "shmctl", "success",
     "IPC_STAT shows all unmapped accounts as one, and no call asks for the real one",
     "refuse, where this process is shown as 65534 (/proc/self/uid_map); run as one that is mapped",
     [] {
         other_user_makes([] { stage::make_segment(1, 0666); });
         const int shmid = checked::shmget(stage::key, 0, 0);
         stage::become_unmapped();
         shmid_ds record = {};
         checked::shmctl(shmid, IPC_STAT, &record);
         const ipc_perm& perm = record.shm_perm;
         stage::expect(perm.uid == geteuid() && perm.cuid == geteuid(), "its owner is not ours");
         return fmt::format("owner and creator are shown as {}, and so are we", perm.uid);
     }},
};

}  // namespace

const std::span<const Row> other_user_rows = rows;
