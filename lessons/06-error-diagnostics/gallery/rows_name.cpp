#include "row.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/options.hpp"  // key_text
#include "stage.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// The names of POSIX objects and semaphores.

namespace {

std::string opened(const std::string& name, int flags) {
    checked::shm_open(name, flags, 0600);
    return {};
}

std::string semaphore_opened(const std::string& name, int flags) {
    checked::sem_open(name, flags, 0600, 1);
    return {};
}

const Row rows[] = {
    {"name-missing", "an object that no process has made", "shm_open", "ENOENT",
     "its creator has not been started, uses another name, or is in another container; or it "
     "was removed: by systemd at logout, by Python's resource tracker",
     "start the creator first; ls -l /dev/shm on both sides; two containers: one with "
     "--ipc=shareable, the other with --ipc=container:NAME. systemd: loginctl enable-linger USER, "
     "or RemoveIPC=no; Python: SharedMemory(track=False), from 3.13 on",
     [] { return opened(stage::name, O_RDWR); }},
    {"name-taken", "a name that is taken", "shm_open", "EEXIST",
     "another process runs, or one was killed before it unlinked",
     "which of the two: fuser -v /dev/shm/NAME, as root; if none has it, rm; to use it, leave "
     "O_EXCL out",
     [] {
         stage::make_object(1);
         return opened(stage::name, O_CREAT | O_EXCL | O_RDWR);
     }},
    {"name-with-space", "a name with a space, and a cure that is pasted into a shell", "shm_open",
     "EEXIST", "a name may hold any byte but the slash: to rm, a space parts two names",
     "quote it, as this message does",
     [] {
         const std::string spaced = std::string(stage::name) + " 2";
         opened(spaced, O_CREAT | O_RDWR);
         return opened(spaced, O_CREAT | O_EXCL | O_RDWR);
     }},
    {"name-slash", "a second slash in a name", "shm_open", "EINVAL",
     "there are no folders in /dev/shm for names", "one leading slash, no other",
     [] { return opened("/a/b", O_CREAT | O_RDWR); }},
    {"name-only-slash", "a name that is nothing but a slash", "shm_open", "EINVAL",
     "no character follows the slash", "at least one character behind the slash",
     [] { return opened("/", O_CREAT | O_RDWR); }},
    {"name-empty", "an empty name", "shm_open", "EINVAL", "often an option that was not set",
     "check values that come from outside the program",
     [] { return opened("", O_CREAT | O_RDWR); }},
    {"name-too-long", "a name of 256 characters", "shm_open", "ENAMETOOLONG",
     "on Linux a name is a file's: at most 255 bytes behind the slash; macOS has 31 with it. "
     "(glibc 2.36: from 260 on EINVAL)",
     "a shorter name, of at most 30 characters where it has to be portable",
     [] { return opened("/" + std::string(256, 'a'), O_CREAT | O_RDWR); }},
    {"name-no-slash", "a name without its slash", "shm_open", "success",
     "glibc puts it there; other systems do not", "write the slash",
     [] {
         opened(stage::name + 1, O_CREAT | O_RDWR);
         opened(stage::name, O_RDWR);
         return std::string("makes the object of the name with the slash: on Linux only");
     }},
    {"name-of-semaphore", "an object whose name begins with sem.", "shm_open", "success",
     "a named semaphore is a file in /dev/shm, sem. and its name", "refuse such names",
     [] {
         semaphore_opened(stage::name, O_CREAT | O_EXCL);
         opened(std::string("/sem.") + (stage::name + 1), O_RDWR);
         return std::string("opens the semaphore of that name, for reading and writing");
     }},
    {"name-of-folder", "the name /.", "shm_open", "success", "it is the folder /dev/shm itself",
     "refuse such names",
     [] {
         opened("/.", O_RDONLY);
         return std::string("opens the folder of all objects");
     }},
    {"semaphore-too-long", "a semaphore's name of 252 characters", "sem_open", "ENAMETOOLONG",
     "four characters fewer than an object's: its file is called sem.NAME", "a shorter name",
     [] { return semaphore_opened("/" + std::string(252, 'a'), O_CREAT); }},
    {"semaphore-missing", "a semaphore that no process has made", "sem_open", "ENOENT",
     "its creator has not been started, or is in another container; or it was removed",
     "start the creator first", [] { return semaphore_opened(stage::name, 0); }},
    {"semaphore-taken", "a semaphore's name that is taken", "sem_open", "EEXIST",
     "another process runs, or one was killed before it unlinked; a process number in the "
     "name comes again",
     "which of the two: fuser -v /dev/shm/sem.NAME, as root; if none has it, rm; to use it, "
     "leave O_EXCL out",
     [] {
         semaphore_opened(stage::name, O_CREAT | O_EXCL);
         return semaphore_opened(stage::name, O_CREAT | O_EXCL);
     }},
    {"semaphore-foreign", "the file of that name is no semaphore", "sem_open", "SIGBUS",
     "glibc does not look how long the file is; this one is empty, as touch makes it",
     "remove the file; let sem_open make it, with O_CREAT, mode 0600, and a name of your own",
     [] {
         const std::string file = fmt::format("/dev/shm/sem.{}", stage::name + 1);
         close(checked::open(file, O_CREAT | O_EXCL | O_RDWR, 0600));
         sem_trywait(checked::sem_open(stage::name, 0));
         return std::string();
     }},
    {"left-behind", "a creator is killed before it unlinks its object", "shm_open", "EEXIST",
     "an object outlives the process that made it",
     "hold a lock that dies with the owner; a process that gets it may take the object over",
     [] {
         stage::in_killed_child([] { stage::make_object(1); });
         return opened(stage::name, O_CREAT | O_EXCL | O_RDWR);
     }},
    {"half-made", "a name that shows before its object is whole", "mmap", "EINVAL",
     "shm_open makes the name, only ftruncate the bytes", "wait for a size, and then for a header",
     [] {
         stage::in_killed_child([] { stage::make_object(0); });
         const int fd = checked::shm_open(stage::name, O_RDWR, 0);
         const auto size = static_cast<std::size_t>(checked::fstat(fd).st_size);
         checked::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
         return std::string();
     }},
    {"nameless", "the last one unlinks while another one opens", "shm_unlink", "success",
     "an open object keeps its memory and loses its name: no other process can join",
     "after locking, look whether the name still leads to the open object (st_dev, st_ino)",
     [] {
         const int fd = stage::make_object(1);
         checked::shm_unlink(stage::name);
         stage::expect(checked::fstat(fd).st_nlink == 0, "it still has a name");
         return std::string("the object is open, and st_nlink is 0");
     }},
};

}  // namespace

const std::span<const Row> name_rows = rows;
