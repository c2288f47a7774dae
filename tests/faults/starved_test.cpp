/// @file
/// Programs that cannot get what they need: each says what is missing, and leaves nothing.

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "tests/faults/support.hpp"
#include "tests/harness/isolate.hpp"

#include <fcntl.h>  // F_SETLEASE
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>  // prlimit
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <fstream>

using namespace faults;
using namespace std::chrono_literals;

namespace {

/// Ended with status 1, said `message`, left nothing.
void check_fails(const Place& place, const Finished& finished, const std::string& message) {
    INFO("ended with " << finished.end << ", said " << finished.out << finished.err);
    CHECK(finished.end == "1");
    CHECK(has(finished.err, message));
    CHECK(place.left().empty());
}

void allow_no_more_files(const Program& program, rlim_t files) {
    const rlimit limit = {.rlim_cur = files, .rlim_max = files};
    shm::check(prlimit(program.pid(), RLIMIT_NOFILE, &limit, nullptr), "prlimit", "a program");
}

/// A small file system in the place of this process's own /dev/shm.
class SmallFileSystem {
public:
    explicit SmallFileSystem(const char* options)
        : error_(mount("small", "/dev/shm", "tmpfs", 0, options) == 0 ? 0 : errno) {}
    SmallFileSystem(const SmallFileSystem&) = delete;
    SmallFileSystem& operator=(const SmallFileSystem&) = delete;
    ~SmallFileSystem() {
        if (error_ == 0) umount2("/dev/shm", MNT_DETACH);
    }
    /// Says why it could not be mounted, or "".
    std::string refused() const {
        return error_ == 0 ? "" : "cannot mount: " + std::generic_category().message(error_);
    }

private:
    int error_;
};

/// A limit of this process's own IPC namespace, which holds as long as this object.
class Limit {
public:
    Limit(const char* name, const char* value)
        : path_(std::string("/proc/sys/kernel/") + name), before_(read()) {
        write(value);
        lowered_ = read() != before_;
    }
    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;
    ~Limit() { write(before_); }
    /// Says why it could not be set, or "".
    std::string refused() const { return lowered_ ? "" : "may not change " + path_; }

private:
    std::string read() const {
        std::string text;
        std::getline(std::ifstream(path_), text);
        return text;
    }
    void write(const std::string& value) const { std::ofstream(path_) << value << std::endl; }

    std::string path_;
    std::string before_;
    bool lowered_ = false;
};

void fill_file(const std::string& path, std::size_t bytes) {
    std::ofstream(path) << std::string(bytes, 'x');
}

/// The programs that hold something while they speak, each as it can be run alone.
std::vector<Words> speakers(const Place& place) {
    std::vector<Words> all = {place.writer(), place.producer({"--timeout-ms", "1000"}),
                              place.attach()};
    for (const char* lock : {"sysv", "posix", "mutex"}) {
        all.push_back(place.worker({"--lock", lock}));
    }
    return all;
}

}  // namespace

TEST_CASE("an output that is full ends a program with status 1 and leaves nothing") {
    const Place place;
    for (const Words& words : speakers(place)) {
        INFO(words[0]);
        check_fails(place, run(after("exec >/dev/full", words)),
                    "write standard output: No space left on device");
    }
}

TEST_CASE("an output that is closed ends a program with status 1 and leaves nothing") {
    const Place place;
    for (const Words& words : speakers(place)) {
        INFO(words[0]);
        check_fails(place, run(after("exec >&-", words)),
                    "write standard output: Bad file descriptor");
    }
}

TEST_CASE("an input and an error output that are closed are not mistaken for the object") {
    const Place place;
    for (const Words& words : speakers(place)) {
        const Finished finished = run(after("exec <&- 2>&-", words));
        INFO(words[0] << " ended with " << finished.end << finished.out);
        CHECK((finished.end == "0" || finished.end == "1"));
        CHECK(place.left().empty());
    }
    Program writer(after("exec 2>&-", place.writer()));
    writer.wait_for("Press Enter");
    CHECK(run(place.reader()).out == "Data read from shared memory: Hello from shared memory!\n");
}

TEST_CASE("a reader that nobody reads any more leaves nothing") {
    const Place place;
    for (const Words& words : speakers(place)) {
        Words piped = {"/bin/sh", "-c", "{ \"$0\" \"$@\"; echo $? >&2; } | exec true"};
        piped.insert(piped.end(), words.begin(), words.end());
        run(piped);
        CHECK(place.left().empty());
    }
}

TEST_CASE("an object larger than a file may be is an error with the limit, and no death") {
    const Place place;
    check_fails(place, run(after("ulimit -f 1", place.writer())),
                "ftruncate " + place.name() +
                    ": File too large; 4096 bytes: RLIMIT_FSIZE is 512 bytes; raise it: "
                    "ulimit -f");
}

TEST_CASE("an object of 1 MiB that does not fit under a limit is refused before it is taken") {
    const Place place;
    check_fails(place, run(after("ulimit -f 100", place.attach())),
                "ftruncate " + place.name() + ": File too large; 1048576 bytes: RLIMIT_FSIZE is ");
    if (address_sanitizer) return;  // it needs the address space itself
    check_fails(place, run(after("ulimit -v 100000", place.attach({"--size", "1G"}))),
                "do not fit: RLIMIT_AS (address space of a process) has ");
    check_fails(place, run(after("ulimit -v 100000", place.attach({"--size", "1G", "--sparse"}))),
                "mmap " + place.name() + ": Cannot allocate memory");
}

TEST_CASE("a mapping larger than the address space is an error with the limit") {
    if (address_sanitizer) return testing::skip("AddressSanitizer needs the address space itself");
    const Place place;
    check_fails(place, run(after("ulimit -v 100000", place.writer({"--size", "1G"}))),
                "mmap " + place.name() +
                    ": Cannot allocate memory; 1073741824 bytes more than this process may "
                    "have: RLIMIT_AS is 102400000 bytes");
}

TEST_CASE("a writer that may open no more files says so and leaves nothing") {
    if (address_sanitizer) return testing::skip("the sanitizers open files themselves");
    const Place place;
    shm::Descriptor fd(checked::shm_open(place.name(), O_CREAT | O_EXCL | O_RDWR, 0600));
    // Under a lease the writer tries again and again to open the object, until we give it up: then
    // it has got past its start.
    signal(SIGIO, SIG_IGN);
    shm::check(fcntl(fd.get(), F_SETLEASE, F_WRLCK), "fcntl", "F_SETLEASE");
    Program writer(place.writer());
    while (fcntl(fd.get(), F_GETLEASE) == F_WRLCK) usleep(1000);
    allow_no_more_files(writer, 3);
    checked::shm_unlink(place.name());
    fd.reset();  // and the lease with it
    check_fails(place, writer.finish(),
                "shm_open " + place.name() +
                    ": Too many open files; RLIMIT_NOFILE is 3 files; raise it: ulimit -n");
}

TEST_CASE("a full file system is an error before anything is written, and nothing is left") {
    OWN_NAMESPACES_OR_SKIP();
    const SmallFileSystem small("size=64k,mode=1777");
    if (!small.refused().empty()) return testing::skip(small.refused());
    const Place place;
    fill_file("/dev/shm/filler", 64 << 10);
    check_fails(place, run(place.writer()),
                "posix_fallocate " + place.name() +
                    ": No space left on device; 128 bytes do not fit: /dev/shm is 65536 bytes, "
                    "65536 in use; raise it: mount -o remount,size=N /dev/shm");
    check_fails(
        place, run(place.attach()),
        "posix_fallocate " + place.name() + ": No space left on device; 120 bytes do not fit");
    REQUIRE(unlink("/dev/shm/filler") == 0);
    check_fails(place, run(place.attach()), "1044480 bytes more do not fit: /dev/shm (bytes of");
    CHECK(run(place.writer({"--size", "1M"})).end == "0");  // only what is written takes memory
}

TEST_CASE("processes that attach at once take the memory once") {
    OWN_NAMESPACES_OR_SKIP();
    const SmallFileSystem small("size=129m,mode=1777");  // less than two
    if (!small.refused().empty()) return testing::skip(small.refused());
    const Place place;
    for (int round = 0; round < 3; ++round) {
        std::vector<Program> programs;
        programs.reserve(8);
        for (int i = 0; i < 8; ++i) programs.emplace_back(place.attach({"--size", "128M"}));
        for (Program& program : programs) program.wait_for("Press Enter");
        for (Program& program : programs) program.end_input();
        for (Program& program : programs) {
            const Finished finished = program.finish();
            INFO(finished.out << finished.err);
            REQUIRE(finished.end == "0");
        }
    }
    CHECK(place.left().empty());
}

TEST_CASE("a file system without room for a name is an error with the command that shows it") {
    OWN_NAMESPACES_OR_SKIP();
    const SmallFileSystem small("nr_inodes=2,mode=1777");  // one is the folder's
    if (!small.refused().empty()) return testing::skip(small.refused());
    const Place place;
    fill_file("/dev/shm/filler", 1);
    check_fails(place, run(place.writer()),
                "shm_open " + place.name() +
                    ": No space left on device; /dev/shm is 2 files, 2 in use; raise it: mount -o "
                    "remount,nr_inodes=N /dev/shm");
}

TEST_CASE("a worker needs nothing of /dev/shm, whatever its lock") {
    OWN_NAMESPACES_OR_SKIP();
    const SmallFileSystem small("size=64k,nr_inodes=2,mode=1777");
    if (!small.refused().empty()) return testing::skip(small.refused());
    fill_file("/dev/shm/filler", 64 << 10);  // no memory is left, and no inode
    const Place place;
    for (const char* lock : {"sysv", "posix", "mutex"}) {
        const Finished finished = run(place.worker({"--lock", lock}));
        INFO(lock << " ended with " << finished.end << ", said " << finished.err);
        CHECK(finished.end == "0");
        CHECK(place.left().empty());
    }
}

TEST_CASE("a system without segments left is an error that names the limit") {
    OWN_NAMESPACES_OR_SKIP();
    const Limit limit("shmmni", "0");
    if (!limit.refused().empty()) return testing::skip(limit.refused());
    const Place place;
    check_fails(place, run(place.producer()), "kernel.shmmni");
    for (const char* lock : {"sysv", "posix", "mutex"}) {
        check_fails(place, run(place.worker({"--lock", lock})), "kernel.shmmni");
    }
}

TEST_CASE("a system without semaphore sets left is an error that names the limit") {
    OWN_NAMESPACES_OR_SKIP();
    const Limit limit("sem", "32000 1024000000 500 0");
    if (!limit.refused().empty()) return testing::skip(limit.refused());
    const Place place;
    check_fails(place, run(place.worker()), "kernel.sem");
}
