#include "tests/harness/leftovers.hpp"

#include "common/program/check.hpp"
#include "common/program/console.hpp"

#include <fmt/core.h>

#include <dirent.h>  // fdopendir
#include <fcntl.h>   // open, AT_FDCWD
#include <mqueue.h>  // mq_open, mq_unlink
#include <sys/ipc.h>
#include <sys/mount.h>  // fsopen, fsmount
#include <sys/msg.h>    // msgctl
#include <sys/sem.h>    // semctl
#include <sys/shm.h>    // shmctl
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace harness {

namespace {

const std::filesystem::path shm_folder = "/dev/shm";

union SemaphoreArgument {  // which the caller of semctl defines (man 2 semctl)
    int value;
    semid_ds* buffer;
    seminfo* info;
};

std::string key_words(key_t key) {
    return key == IPC_PRIVATE ? "no key" : fmt::format("key 0x{:08x}", static_cast<unsigned>(key));
}

/// An empty slot of the kernel's table is EINVAL; one that is just being removed is EIDRM.
bool is_slot(int result) {
    return result != -1;
}

void add_segments(std::set<Object>& all) {
    shm_info info{};
    const int last = shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&info));
    for (int slot = 0; slot <= shm::check(last, "shmctl", "SHM_INFO"); ++slot) {
        shmid_ds data{};
        const int id = shmctl(slot, SHM_STAT_ANY, &data);
        if (!is_slot(id)) continue;
        const key_t key = data.shm_perm.__key;
        all.insert({Object::Type::segment, id, key, data.shm_cpid, "",
                    fmt::format("segment {}, {}, {}", id, key_words(key),
                                shm::count_text(data.shm_segsz, "byte"))});
    }
}

void add_semaphores(std::set<Object>& all) {
    seminfo info{};
    const int last = semctl(0, 0, SEM_INFO, SemaphoreArgument{.info = &info});
    for (int slot = 0; slot <= shm::check(last, "semctl", "SEM_INFO"); ++slot) {
        semid_ds data{};
        const int id = semctl(slot, 0, SEM_STAT_ANY, SemaphoreArgument{.buffer = &data});
        if (!is_slot(id)) continue;
        const key_t key = data.sem_perm.__key;
        all.insert({Object::Type::semaphores, id, key, 0, "",
                    fmt::format("semaphore set {}, {}, {}", id, key_words(key),
                                shm::count_text(data.sem_nsems, "semaphore"))});
    }
}

void add_queues(std::set<Object>& all) {
    msginfo info{};
    const int last = msgctl(0, MSG_INFO, reinterpret_cast<msqid_ds*>(&info));
    for (int slot = 0; slot <= shm::check(last, "msgctl", "MSG_INFO"); ++slot) {
        msqid_ds data{};
        const int id = msgctl(slot, MSG_STAT_ANY, &data);
        if (!is_slot(id)) continue;
        const key_t key = data.msg_perm.__key;
        all.insert({Object::Type::queue, id, key, 0, "",
                    fmt::format("message queue {}, {}, {}", id, key_words(key),
                                shm::count_text(data.msg_qnum, "message"))});
    }
}

Object posix_queue(const std::string& name) {
    return {Object::Type::posix_queue, -1, 0, 0, name, fmt::format("POSIX message queue {}", name)};
}

/// The namespace's queues are files of a file system that need not be mounted anywhere: a
/// descriptor of it will do (man 2 fsmount, as far as there is one).
void add_all_posix_queues(std::set<Object>& all) {
    const int type = fsopen("mqueue", FSOPEN_CLOEXEC);
    if (type == -1) return;  // a kernel without POSIX queues
    int mounted = -1;
    if (fsconfig(type, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
        mounted = fsmount(type, FSMOUNT_CLOEXEC, 0);
    }
    const int error = errno;
    close(type);
    if (mounted == -1) throw shm::SystemError(error, "fsmount", "mqueue");
    const int listing = openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int open_error = errno;
    close(mounted);
    if (listing == -1) throw shm::SystemError(open_error, "openat", "mqueue");
    DIR* folder = fdopendir(listing);
    if (folder == nullptr) throw shm::SystemError(errno, "fdopendir", "mqueue");
    while (const dirent* entry = readdir(folder)) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") all.insert(posix_queue("/" + name));
    }
    closedir(folder);
}

void add_files(std::set<Object>& all) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(shm_folder, error)) {
        const std::string name = entry.path().filename();
        std::error_code no_size;
        const auto size = entry.file_size(no_size);
        const std::string bytes = no_size ? "no plain file" : shm::count_text(size, "byte");
        all.insert({Object::Type::file, -1, 0, 0, name,
                    name.substr(0, 4) == "sem."
                        ? fmt::format("named semaphore /{} ({}/{})", name.substr(4),
                                      shm_folder.string(), name)
                        : fmt::format("{}/{}, {}", shm_folder.string(), name, bytes)});
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        throw shm::SystemError(error.value(), "opendir", shm_folder.string());
    }
}

/// The names are fresh, so whatever begins with one, as "/lesson-02-4f3a.lock", is the scene's.
bool has_given_name(const std::string& name, const Given& given) {
    const std::string plain = name.substr(0, 4) == "sem." ? name.substr(4) : name;
    return std::any_of(given.names().begin(), given.names().end(), [&](const std::string& ours) {
        return plain.compare(0, ours.size() - 1, ours, 1) == 0 ||
               plain.compare(0, ours.size(), ours) == 0;
    });
}

}  // namespace

std::set<Object> everything(bool all_queues, const std::vector<std::string>& names) {
    std::set<Object> all;
    add_segments(all);
    add_semaphores(all);
    add_queues(all);
    add_files(all);
    if (all_queues) add_all_posix_queues(all);
    for (const std::string& name : names) {
        const mqd_t queue = mq_open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        const bool denied = queue == -1 && errno == EACCES;
        if (queue != -1) mq_close(queue);
        if (queue != -1 || denied) all.insert(posix_queue(name));
    }
    return all;
}

std::vector<Object> made_by_scene(const std::set<Object>& before, const std::set<Object>& after,
                                  bool own_namespaces, const Given& given,
                                  const std::set<pid_t>& pids) {
    const auto is_the_scenes = [&](const Object& object) {
        if (own_namespaces) return true;
        if (!object.name.empty()) return has_given_name(object.name, given);
        const auto& keys = given.keys();
        return std::find(keys.begin(), keys.end(), object.key) != keys.end() ||
               pids.count(object.creator) != 0;
    };
    std::vector<Object> made;
    for (const Object& object : after) {
        if (before.count(object) == 0 && is_the_scenes(object)) made.push_back(object);
    }
    return made;
}

Leftover describe(const Object& object) {
    switch (object.type) {
        case Object::Type::segment:
            return {"segment", object.text};
        case Object::Type::semaphores:
            return {"semaphore", object.text};
        case Object::Type::queue:
        case Object::Type::posix_queue:
            return {"queue", object.text};
        case Object::Type::file:
            break;
    }
    return {"object", object.text};
}

std::string remove(const Object& object) {
    int result = 0;
    std::error_code error;
    switch (object.type) {
        case Object::Type::segment:
            result = shmctl(object.id, IPC_RMID, nullptr);
            break;
        case Object::Type::semaphores:
            result = semctl(object.id, 0, IPC_RMID);
            break;
        case Object::Type::queue:
            result = msgctl(object.id, IPC_RMID, nullptr);
            break;
        case Object::Type::posix_queue:
            result = mq_unlink(object.name.c_str());
            break;
        case Object::Type::file:
            std::filesystem::remove_all(shm_folder / object.name, error);
            break;
    }
    if (result == -1) error = std::error_code(errno, std::generic_category());
    return error ? fmt::format("{} could not be removed: {}", object.text, error.message()) : "";
}

}  // namespace harness
