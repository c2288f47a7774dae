#include "remove_ipc.hpp"

#include "names.hpp"

#include <unistd.h>  // access

#include <algorithm>
#include <array>
#include <cstdio>  // popen
#include <filesystem>
#include <fstream>
#include <map>
#include <string_view>

namespace doctor {

namespace {

/// "b true", "b false"; nothing if no process answers.
std::string ask_logind() {
    FILE* answer = popen(
        "busctl --timeout=1 get-property org.freedesktop.login1 /org/freedesktop/login1 "
        "org.freedesktop.login1.Manager RemoveIPC 2>/dev/null </dev/null",
        "re");
    if (answer == nullptr) return {};
    std::array<char, 64> text{};
    const std::size_t got = fread(text.data(), 1, text.size() - 1, answer);
    pclose(answer);
    return {text.data(), got};
}

std::string_view stripped(std::string_view text) {
    constexpr std::string_view spaces = " \t\r";
    text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
    return text.substr(0, text.find_last_not_of(spaces) + 1);
}

/// The value of the file's last line RemoveIPC=; nothing if it has none. Spaces around the = do not
/// count (man 7 systemd.syntax). (A line that begins with # is a comment: Debian's file shows the
/// default in one.)
std::string value_in(const std::filesystem::path& file) {
    std::ifstream lines(file);
    std::string value;
    for (std::string line; std::getline(lines, line);) {
        const auto equals = line.find('=');
        if (equals == line.npos) continue;
        const std::string_view text = line;
        if (stripped(text.substr(0, equals)) != "RemoveIPC") continue;
        value = stripped(text.substr(equals + 1));
    }
    return value;
}

/// The files in the order in which they count, the last one most.
std::vector<std::filesystem::path> files_of_logind() {
    // The first of these that has a file of a name hides the others' (man 5 logind.conf).
    const std::array<std::filesystem::path, 4> folders = {
        "/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"};
    std::vector<std::filesystem::path> files;
    for (const auto& folder : folders) {
        std::error_code error;
        if (!files.empty() || !exists(folder / "logind.conf", error)) continue;
        files.push_back(folder / "logind.conf");
    }
    std::map<std::string, std::filesystem::path> additions;  // read in the order of their names
    for (const auto& folder : folders) {
        std::error_code error;
        for (const auto& file :
             std::filesystem::directory_iterator(folder / "logind.conf.d", error)) {
            if (file.path().extension() != ".conf") continue;
            additions.try_emplace(file.path().filename(), file.path());
        }
    }
    for (const auto& [name, path] : additions) files.push_back(path);
    return files;
}

RemoveIpc find_out() {
    if (access("/run/systemd/system", F_OK) == -1) {  // man 3 sd_booted
        return {false, "systemd does not run here"};
    }
    const std::string answer = ask_logind();
    if (answer.starts_with("b ")) return {answer.starts_with("b true"), "logind says so"};
    RemoveIpc found{true, "the default; no file sets it"};
    for (const auto& file : files_of_logind()) {
        const std::string value = value_in(file);
        if (value.empty()) continue;
        const char first = value.front();
        const bool is_on = first == '1' || first == 'y' || first == 'Y' || first == 't' ||
                           first == 'T' || value.starts_with("on") || value.starts_with("ON");
        found = {is_on, escaped(file.string())};
    }
    return found;
}

}  // namespace

const RemoveIpc& remove_ipc() {
    static const RemoveIpc found = find_out();
    return found;
}

}  // namespace doctor
