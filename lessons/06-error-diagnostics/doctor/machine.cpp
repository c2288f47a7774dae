#include "findings.hpp"
#include "remove_ipc.hpp"

#include <fmt/format.h>

namespace doctor {

std::vector<Finding> findings_of_machine(const std::vector<shm::Limit>& limits) {
    std::vector<Finding> all;
    for (const shm::Limit& limit : limits) {
        const auto percent = shm::percent_used(limit);
        // A pool of huge pages of which every page is in use is as it should be.
        if (!percent || *percent < near_percent || limit.most == 0 ||
            limit.name == "vm.nr_hugepages") {
            continue;
        }
        all.push_back({true, "nearly-full", "",
                       fmt::format("{} ({} %)", shm::limit_text(limit), *percent), limit.raise});
    }
    const RemoveIpc& remove = remove_ipc();
    if (remove.is_in_force) {
        all.push_back({false, "remove-ipc", "",
                       "RemoveIPC is in force (" + remove.source +
                           "): when a user logs out, all of that user's things here vanish, but "
                           "not root's",
                       "mkdir -p /etc/systemd/logind.conf.d && printf '[Login]\\nRemoveIPC=no\\n' "
                       "> /etc/systemd/logind.conf.d/keep-ipc.conf && systemctl kill -s HUP "
                       "systemd-logind"});
    }
    return all;
}

}  // namespace doctor
