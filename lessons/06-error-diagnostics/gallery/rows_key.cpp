#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "stage.hpp"

#include <fmt/core.h>
#include <sys/ipc.h>
#include <sys/shm.h>

// System V keys and ids.

namespace {

const char* const key_text = "0x67616c6c";

std::string got(std::size_t size, int flags) {
    checked::shmget(stage::key, size, flags);
    return {};
}

std::string attached(int shmid, const void* address, int flags) {
    checked::shmat(shmid, address, flags);
    return {};
}

void remove(int shmid) {
    checked::shmctl(shmid, IPC_RMID, nullptr);
}

const Row rows[] = {
    {"key-missing", "a segment that no process has made", "shmget", "ENOENT",
     "its creator has not been started, or uses another key, or is in another container",
     "start the creator first; compare the keys: ipcs -m on both sides",
     [] { return got(0, 0600); }},
    {"key-taken", "a key that is taken", "shmget", "EEXIST",
     "another process, another program with the same number in its source, or a run that was "
     "killed, or ended without IPC_RMID",
     "another key; ftok, or IPC_PRIVATE where a parent can hand over the id. One that was "
     "left has nattch 0 in ipcs -m, and in ipcs -mp a creator that is gone: ipcrm -M KEY",
     [] {
         stage::make_segment(100);
         return got(100, IPC_CREAT | IPC_EXCL | 0600);
     }},
    {"key-smaller", "the segment under this key is smaller than ours", "shmget", "EINVAL",
     "another program's, or an older version's; sizes are not rounded up to pages here",
     "ask for size 0 and look at IPC_STAT's shm_segsz",
     [] {
         stage::make_segment(1000);
         return got(4096, IPC_CREAT | 0600);
     }},
    {"key-shared", "the segment under this key is large enough, and another program's", "shmget",
     "success", "shmget does not ask whose it is: both write the same memory",
     "a magic number and a layout version, checked before use",
     [] {
         stage::make_segment(4096);
         got(1000, IPC_CREAT | 0600);
         return std::string("returns the other program's segment");
     }},
    {"ftok-missing", "ftok of a file that is not there", "ftok", "ENOENT",
     "it returns -1; unchecked, -1 is a key that all such programs share",
     "check it, and give the full path of a file that is always there, for both: /tmp is "
     "another one in a service with PrivateTmp, and in a container",
     [] {
         checked::ftok("/no/such/file", 1);
         return std::string();
     }},
    {"key-after-removal", "the key of a segment that was removed while in use", "shmget", "ENOENT",
     "removal takes the key away at once; the memory goes when the last process detaches",
     "begin again with shmget: it creates a second segment",
     [] {
         const int shmid = stage::make_segment(100);
         attached(shmid, nullptr, 0);
         remove(shmid);
         return got(0, 0600);
     }},
    {"id-after-removal", "the id of a segment that was removed while in use", "shmat", "success",
     "on Linux the id works as long as a process is attached",
     "look at SHM_DEST in IPC_STAT's mode",
     [] {
         const int shmid = stage::make_segment(100);
         attached(shmid, nullptr, 0);
         remove(shmid);
         attached(shmid, nullptr, 0);
         shmid_ds record = {};
         checked::shmctl(shmid, IPC_STAT, &record);
         stage::expect((record.shm_perm.mode & SHM_DEST) != 0 && record.shm_perm.__key == 0,
                       "it is not marked");
         return std::string("attaches; IPC_STAT shows mode bit 01000 (SHM_DEST) and key 0");
     }},
    {"id-removed", "the id of a segment that is gone", "shmat", "EINVAL",
     "another process removed it between shmget and shmat, or systemd at logout; or the id is "
     "of another IPC namespace, as a container has",
     "begin again with shmget; a container: both in one IPC namespace (--ipc); systemd: "
     "RemoveIPC=no",
     [] {
         const int shmid = stage::make_segment(100);
         remove(shmid);
         return attached(shmid, nullptr, 0);
     }},
    {"stat-removed", "the record of a segment that is gone", "shmctl", "EINVAL",
     "without a check, the record is what happened to be in the variable",
     "check it, and begin again",
     [] {
         const int shmid = stage::make_segment(100);
         remove(shmid);
         shmid_ds record = {};
         checked::shmctl(shmid, IPC_STAT, &record);
         return std::string();
     }},
    {"attach-unaligned", "an address given by the program that is no multiple of SHMLBA", "shmat",
     "EINVAL", "pages are mapped whole",
     "nullptr: the kernel chooses; or SHM_RND, which rounds down to SHMLBA",
     [] {
         return attached(stage::make_segment(100), reinterpret_cast<const void*>(0x10000064), 0);
     }},
    {"attach-taken", "an address where something lies already", "shmat", "EINVAL",
     "shmat replaces a mapping only with SHM_REMAP", "nullptr: the kernel chooses",
     [] {
         const int shmid = stage::make_segment(100);
         const void* first = shmat(shmid, nullptr, 0);
         return attached(shmid, first, 0);
     }},
};

}  // namespace

const std::span<const Row> key_rows = rows;
