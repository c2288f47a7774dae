#include "tests/harness/record.hpp"

#include "common/program/error.hpp"

#include <fmt/core.h>

#include <unistd.h>  // getpid

#include <cctype>
#include <fstream>

namespace harness {

namespace {

void write_whole(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::path draft = file;
    draft += fmt::format(".{}", getpid());
    std::ofstream out(draft, std::ios::binary);
    out << text;
    out.close();
    if (!out) throw shm::Failure(fmt::format("{} cannot be written", draft.string()));
    std::filesystem::rename(draft, file);
}

// `how` as end_text() has it: the exit status, or the signal's name.
std::string ending(const std::string& how) {
    const bool is_status = std::isdigit(static_cast<unsigned char>(how.front())) != 0;
    return is_status ? fmt::format("[exit status {}]", how) : fmt::format("[ended by {}]", how);
}

}  // namespace

std::string slug(std::string_view text) {
    std::string name;
    for (const unsigned char c : text) {
        if (std::isalnum(c) != 0) {
            name += static_cast<char>(std::tolower(c));
        } else if (c != '\'' && !name.empty() && name.back() != '-') {
            name += '-';
        }
    }
    if (!name.empty() && name.back() == '-') name.pop_back();
    return name;
}

void Recorder::begins(const Scene& scene, const std::vector<Lane>& lanes) {
    printed_.assign(lanes.size(), "");
    names_.clear();
    for (const Lane& lane : lanes) names_.push_back(lane.name);
    all_.clear();
    next_.begins(scene, lanes);
}

void Recorder::add(const Lane& lane, const std::string& line) {
    const auto index = static_cast<std::size_t>(lane.index);
    printed_[index] += line + '\n';
    all_ += fmt::format("{} │ {}\n", names_[index], line);
}

void Recorder::starts(const Lane& lane, Time time) {
    add(lane, "$ " + lane.command);
    next_.starts(lane, time);
}

void Recorder::prints(const Lane& lane, Time time, Stream stream, const std::string& line) {
    add(lane, line);
    next_.prints(lane, time, stream, line);
}

void Recorder::is_given(const Lane& lane, Time time, const std::string& input) {
    next_.is_given(lane, time, input);
}

void Recorder::is_killed(const Lane& lane, Time time, const std::string& how) {
    next_.is_killed(lane, time, how);
}

void Recorder::ends(const Lane& lane, Time time, const std::string& how) {
    if (how != "0") add(lane, ending(how));
    next_.ends(lane, time, how);
}

void Recorder::write(const std::filesystem::path& folder, const Scene& scene) const {
    const std::filesystem::path own = folder / slug(scene.name);
    std::filesystem::create_directories(own);
    for (std::size_t lane = 0; lane < names_.size(); ++lane) {
        write_whole(own / (slug(names_[lane]) + ".txt"), printed_[lane]);
    }
    write_whole(own / "all.txt", all_);
}

}  // namespace harness
