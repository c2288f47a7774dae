#include "segment.hpp"

#include "common/program/check.hpp"

#include <fmt/format.h>

#include <sys/stat.h>  // fstat
#include <unistd.h>    // geteuid, pread

using shm::check;

//! [require ours]
void require_ours(int fd, const std::string& name) {
    struct stat object = {};
    check(fstat(fd, &object), "fstat", name);
    if (object.st_uid != geteuid()) {
        throw shm::Failure(
            fmt::format("{}: belongs to user {}, and this is user {}; choose another "
                        "--name",
                        name, object.st_uid, geteuid()));
    }
    Segment found = {};  // a copy: nobody can change it between this look and the next
    const ssize_t length = check(pread(fd, &found, sizeof(found), 0), "pread", name);
    if (length < ssize_t{sizeof(found)}) {
        throw shm::Failure(
            fmt::format("{0}: is {1} bytes long, ours has at least {2}; it is another program's: "
                        "choose another --name, or, if nobody needs it any more: rm /dev/shm{0}",
                        name, object.st_size, sizeof(found)));
    }
    if (!is_published(found.header, segment_layout, name)) {
        throw shm::Failure(
            fmt::format("{0}: holds another program's data (it begins {1:#018x}, ours with "
                        "{2:#018x}); choose another --name, or, if nobody needs it any more: rm "
                        "/dev/shm{0}",
                        name, 0, segment_layout.magic));
    }
}
//! [require ours]
