#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "stage.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

// Objects and their sizes.

namespace {

const std::size_t page = shm::page_size();

const Row rows[] = {
    {"mmap-before-ftruncate", "a new object is mapped before it has a size", "mmap", "SIGBUS",
     "the object is 0 bytes long; mmap looks at that only when a page is touched",
     "the creator sizes it before it maps; an opener looks at fstat's st_size before it maps",
     [] {
         const int fd = stage::make_object(0);
         stage::map(fd, page, PROT_READ | PROT_WRITE)[0] = 1;
         return std::string();
     }},
    {"touch-beyond-end", "a touch beyond the object's end, inside the mapping", "mmap", "SIGBUS",
     "the mapping is longer than the object",
     "map the size that fstat says, not the size that you expect",
     [] {
         const int fd = stage::make_object(page);
         stage::map(fd, 4 * page, PROT_READ | PROT_WRITE)[2 * page] = 1;
         return std::string();
     }},
    {"peer-shrinks", "another process shrinks an object that this one has mapped", "ftruncate",
     "SIGBUS",
     "the pages behind the new end are gone, for every process that has them mapped; the peer "
     "may be cp or an editor",
     "take a memfd with F_SEAL_SHRINK where the peer is not trusted. A file that is updated: "
     "write a new one beside it, and mv it over the old one",
     [] {
         const int fd = stage::make_object(page);
         char* memory = stage::map(fd, page, PROT_READ | PROT_WRITE);
         memory[0] = 1;
         checked::ftruncate(fd, 0);
         memory[0] = 2;
         return std::string();
     }},
    {"full-write", "a file system that is full is noticed at the first write", "ftruncate",
     "SIGBUS", "ftruncate takes no memory; the first touch of a page does, and there is none",
     "posix_fallocate takes the memory at once, and returns ENOSPC if there is none. Not your "
     "program: its file is in /proc/PID/maps while it runs; df -h its folder; remove there "
     "what no process has (fuser -v), or enlarge it, if it is a tmpfs: mount -o "
     "remount,size=N MOUNTPOINT, Docker --shm-size=1g",
     [] {
         stage::mount_small("size=64k");
         const int fd = stage::make_object(1 << 20);
         char* memory = stage::map(fd, 1 << 20, PROT_READ | PROT_WRITE);
         for (std::size_t at = 0; at < 1 << 20; at += page) memory[at] = 1;
         return std::string();
     }},
    {"full-fallocate", "more memory is asked for than the file system has", "posix_fallocate",
     "ENOSPC", "/dev/shm has a size of its own; Docker gives a container 64 MB",
     "ls -l /dev/shm: what was left? Ask for less, or enlarge it: size= in /etc/fstab; a new "
     "container with --shm-size=1g; Kubernetes: an emptyDir of medium Memory",
     [] {
         stage::mount_small("size=64k");
         const int fd = stage::make_object(0);
         checked::posix_fallocate(fd, 0, 1 << 20);
         return std::string();
     }},
    {"memfd-beyond-dev-shm", "a memfd that is larger than /dev/shm", "posix_fallocate", "success",
     "a memfd lies on a file system of the kernel's own: the size of /dev/shm does not limit it",
     "look at MemAvailable, and at the limit of the memory cgroup",
     [] {
         stage::mount_small("size=64k");
         checked::posix_fallocate(stage::make_memfd(0), 0, 1 << 20);
         return std::string("a memfd takes 1048576 bytes beside a /dev/shm of 65536");
     }},
    {"no-inodes", "the file system has no room for one more name", "shm_open", "ENOSPC",
     "every object is a file, and the number of files is limited, too",
     "remove objects that no process uses",
     [] {
         stage::mount_small("nr_inodes=1");
         checked::shm_open(stage::name, O_CREAT | O_RDWR, 0600);
         return std::string();
     }},
    {"file-size-limit", "an object larger than a file of this process may be", "ftruncate", "EFBIG",
     "RLIMIT_FSIZE counts for objects in /dev/shm as for any file",
     "raise the limit; ignore SIGXFSZ, which is sent as well",
     [] {
         stage::limit_process(RLIMIT_FSIZE, page);
         const int fd = stage::make_object(0);
         checked::ftruncate(fd, 2 * page);
         return std::string();
     }},
    {"file-size-signal", "an object larger than a file may be, and SIGXFSZ is not ignored",
     "ftruncate", "SIGXFSZ", "the signal ends the process before it can look at errno",
     "ignore SIGXFSZ: then the call fails with EFBIG",
     [] {
         stage::limit_process(RLIMIT_FSIZE, page);
         const int fd = stage::make_object(0);
         signal(SIGXFSZ, SIG_DFL);
         checked::ftruncate(fd, 2 * page);
         return std::string();
     }},
    {"ftruncate-negative", "a negative size", "ftruncate", "EINVAL",
     "a length that was computed was less than 0. (EINVAL, too: of huge pages, no multiple of "
     "one; a pipe, a socket)",
     "check what was computed, before the call",
     [] {
         const int fd = stage::make_object(0);
         checked::ftruncate(fd, -1);
         return std::string();
     }},
    {"ftruncate-zero", "a size of 0", "ftruncate", "success",
     "0 is a length like any other; the object's content is gone", "refuse a size of 0 yourself",
     [] {
         const int fd = stage::make_object(page);
         checked::ftruncate(fd, 0);
         return std::string("returns 0, and the object is empty");
     }},
    {"ftruncate-read-only", "a size is given through a descriptor for reading", "ftruncate",
     "EINVAL", "it was opened O_RDONLY", "open it O_RDWR to change it",
     [] {
         stage::make_object(page);
         const int fd = checked::shm_open(stage::name, O_RDONLY, 0);
         checked::ftruncate(fd, 0);
         return std::string();
     }},
    {"beyond-100-bytes", "a program uses the bytes behind the end of an object of 100 bytes",
     "mmap", "success",
     "the kernel maps whole pages, and the rest of the last one is shared as well",
     "round sizes up to pages, and check indices against the size that was asked for",
     [] {
         const int fd = stage::make_object(100);
         stage::map(fd, page, PROT_READ | PROT_WRITE)[4000] = 7;
         stage::expect(stage::map(fd, page, PROT_READ)[4000] == 7, "the byte was not there");
         return std::string("byte 4000 can be written, and a second mapping reads it");
     }},
    {"no-descriptors", "no descriptor is left for one more object", "shm_open", "EMFILE",
     "descriptors leak: each shm_open takes one, and munmap gives none back",
     "close the descriptor once the object is mapped; or raise the limit: a service has "
     "LimitNOFILE=N, Docker --ulimit nofile=N:N",
     [] {
         stage::require_no_sanitizer();
         stage::limit_process(RLIMIT_NOFILE, 3);
         checked::shm_open(stage::name, O_CREAT | O_RDWR, 0600);
         return std::string();
     }},
};

}  // namespace

const std::span<const Row> object_rows = rows;
