#include "sysv.hpp"

#include <fmt/core.h>

#include <sys/msg.h>  // msgctl
#include <sys/sem.h>  // semctl

#include <fstream>
#include <set>
#include <sstream>

namespace doctor {

namespace {

constexpr mode_t shm_dest = 01000;  // in the mode of a segment that is marked for removal

/// The four ids that all three tables have: "uid gid cuid cgid".
void read_owners(std::istringstream& line, Object& object) {
    uid_t owner = 0;
    gid_t gid = 0;
    line >> owner >> gid >> object.uid >> gid;
    object.owner = owner;
}

//! [segment record]
/// One line of /proc/sysvipc/shm: the only place where the kernel shows how much is resident.
void read_segment(std::istringstream& line, Object& object) {
    unsigned long rss = 0;
    std::string time;
    std::uint64_t attach_time = 0;
    pid_t creator = 0;
    pid_t last = 0;
    std::uint64_t size = 0;
    line >> size >> creator >> last >> object.attached;
    read_owners(line, object);
    line >> attach_time >> time >> time >> rss;
    object.size = size;
    object.resident = rss;
    object.creator = past_process(creator);
    object.last = {past_process(last)};
    // It has been attached, by a process that has no number here.
    object.untold = last == 0 && attach_time != 0 ? 1 : 0;
    object.is_removed = (object.mode & shm_dest) != 0;
}
//! [segment record]

/// A set knows how many wait for each of its semaphores, and who changed it last.
void ask_semaphores(Object& object) {
    const auto count = static_cast<int>(*object.size);
    object.may_look = *object.size <= most_semaphores;
    object.waiting = 0;
    object.untold = 0;
    std::set<pid_t> pids;
    for (int index = 0; index < count && object.may_look; ++index) {
        const int rising = semctl(object.id, index, GETNCNT);
        const int falling = semctl(object.id, index, GETZCNT);
        const int pid = semctl(object.id, index, GETPID);
        object.may_look = rising != -1 && falling != -1 && pid != -1;
        if (!object.may_look) break;
        object.waiting += static_cast<unsigned>(rising) + static_cast<unsigned>(falling);
        if (pid != 0) {
            pids.insert(pid);
        } else {
            ++object.untold;  // changed by no process yet, or by one that has no number here
        }
    }
    object.last.clear();
    for (const pid_t pid : pids) object.last.push_back(past_process(pid));
}

void read_set(std::istringstream& line, Object& object) {
    std::uint64_t count = 0;
    line >> count;
    read_owners(line, object);
    object.size = count;
}

void read_queue(std::istringstream& line, Object& object) {
    std::uint64_t bytes = 0;
    pid_t sender = 0;
    pid_t receiver = 0;
    line >> bytes >> object.messages >> sender >> receiver;
    read_owners(line, object);
    object.size = bytes;
    for (const pid_t pid : {sender, receiver}) {
        if (pid != 0) object.last.push_back(past_process(pid));
    }
    msqid_ds record = {};  // for the one thing that the line does not have; it may be refused
    if (msgctl(object.id, IPC_STAT, &record) == 0) object.capacity = record.msg_qbytes;
}

void read_table(const std::string& path, Kind kind, void (*read_rest)(std::istringstream&, Object&),
                Sight& sight) {
    std::ifstream file(path);
    if (!file) {
        sight.unseen.notes.push_back(fmt::format(
            "System V {}: {} is not there: this kernel has none of them, or does not show them",
            kind == Kind::segment ? "segments"
            : kind == Kind::queue ? "queues"
                                  : "semaphore sets",
            path));
    }
    std::string text;
    std::getline(file, text);  // the heading
    while (std::getline(file, text)) {
        std::istringstream line(text);
        Object object = {.kind = kind};
        std::int64_t key = 0;
        line >> key >> object.id >> std::oct >> object.mode >> std::dec;
        object.key = static_cast<std::uint32_t>(key);
        read_rest(line, object);
        object.mode &= 0777U;
        sight.objects.push_back(std::move(object));
    }
    if (file.bad()) sight.unseen.notes.push_back(path + " could not be read to its end");
}

}  // namespace

void add_system_v(Sight& sight) {
    read_table("/proc/sysvipc/shm", Kind::segment, read_segment, sight);
    read_table("/proc/sysvipc/sem", Kind::semaphore_set, read_set, sight);
    read_table("/proc/sysvipc/msg", Kind::queue, read_queue, sight);
    for (Object& object : sight.objects) {
        if (object.kind == Kind::semaphore_set) ask_semaphores(object);
    }
}

bool read_again(Object& object) {
    Sight now;
    add_system_v(now);
    for (Object& found : now.objects) {
        if (found.kind != object.kind || found.id != object.id) continue;
        found.users = std::move(object.users);
        object = std::move(found);
        return true;
    }
    return false;
}

}  // namespace doctor
