/// @file
/// Whether systemd-logind removes a user's shared memory when that user logs out.
#pragma once

#include <string>

namespace doctor {

/// What is known of logind's setting RemoveIPC (man 5 logind.conf).
struct RemoveIpc {
    bool is_in_force = false;
    std::string source;  ///< who says so: "logind says so", a file, "no systemd runs here"
};

/// Returns the setting as it was when this was first asked: logind itself if it answers, else its
/// files.
const RemoveIpc& remove_ipc();

}  // namespace doctor
