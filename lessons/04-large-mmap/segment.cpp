#include "segment.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/check.hpp"
#include "common/program/shell.hpp"

#include <fmt/core.h>

#include <unistd.h>  // pread, pwrite

using shm::check;

//! [write segment]
void write_segment(int fd, const std::string& name) {
    Segment begin = {};
    shm::prepare(begin.header, segment_layout);
    shm::publish(begin.header,
                 segment_layout);  // in this process's own memory; written as a whole:
    checked::posix_fallocate(fd, 0, sizeof(begin));  // says which limit, where /dev/shm is full
    check(pwrite(fd, &begin, sizeof(begin), 0), "pwrite", name);
}
//! [write segment]

void require_segment(int fd, const std::string& name) {
    Segment found = {};  // a copy: no peer can change it between this look and the next
    const ssize_t length = check(pread(fd, &found, sizeof(found), 0), "pread", name);
    if (length < ssize_t{sizeof(found)}) {
        throw shm::Failure(
            fmt::format("{0}: is {1} bytes long, ours has at least {2}; it is another program's: "
                        "choose another --name, or, if no program needs it any more: rm {3}",
                        name, length, sizeof(found), shm::object_for_shell(name)));
    }
    if (!is_published(found.header, segment_layout, name)) {
        throw shm::Failure(fmt::format(
            "{0}: holds another program's data (it begins {1:#018x}, ours with "
            "{2:#018x}); choose another --name, or, if no program needs it any more: rm "
            "{3}",
            name, 0, segment_layout.magic, shm::object_for_shell(name)));
    }
}
