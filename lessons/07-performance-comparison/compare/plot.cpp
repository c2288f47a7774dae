#include "plot.hpp"

#include "common/measure/record.hpp"
#include "common/program/check.hpp"
#include "common/program/console.hpp"

#include <fmt/format.h>

#include <fcntl.h>  // open
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>  // remove
#include <filesystem>
#include <optional>
#include <system_error>

namespace comparison {

namespace {

/// Runs gnuplot in that folder, and returns its status; 127 where there is none.
int gnuplot(const std::string& folder, const std::string& argument) {
    const pid_t child = shm::check(fork(), "fork", "gnuplot");
    if (child == 0) {
        if (chdir(folder.c_str()) == -1) _exit(1);
        const int nothing = open("/dev/null", O_WRONLY);
        dup2(nothing, STDOUT_FILENO);
        execlp("gnuplot", "gnuplot", argument.c_str(), nullptr);
        _exit(127);
    }
    int status = 0;
    while (waitpid(child, &status, 0) == -1 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

struct Picture {
    const char* file;
    const char* title;
    const char* unit;
    std::optional<double> (*figure)(const Row&);
    const char* missing = "nothing was measured with a core each";  ///< if no row has the figure
};

constexpr Picture pictures[] = {
    {"latency", "Round trip, median", "microseconds",
     [](const Row& row) -> std::optional<double> {
         return summary_of(row, &Sample::p50_ns).median / 1e3;
     }},
    {"tail", "Round trip, 99.9 % are faster", "microseconds",
     [](const Row& row) -> std::optional<double> {
         const auto ns = percentile(row, 0.999);
         if (!ns) return std::nullopt;
         return *ns / 1e3;
     },
     "with a core each, there were too few round trips: it takes a thousand of a row"},
    {"throughput", "One way", "MB/s", [](const Row& row) -> std::optional<double> {
         const double each = summary_of(row, &Sample::messages_per_s).median;
         return each * static_cast<double>(row.bytes) / 1e6;
     }}};

/// Returns the picture's points: a block for each mechanism, a line for each size.
std::string points(const Picture& picture, const std::vector<Row>& rows,
                   std::vector<std::string>& names) {
    std::string out;
    for (const Row& first : rows) {
        if (first.cores != 2 || first.samples.empty()) continue;
        const std::string& name = first.mechanism->name;
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        std::string lines;
        for (const Row& row : rows) {
            if (row.cores != 2 || row.samples.empty() || row.mechanism->name != name) continue;
            const auto value = picture.figure(row);
            if (value) lines += fmt::format("{} {}\n", row.bytes, *value);
        }
        if (lines.empty()) continue;
        names.push_back(name);
        out += lines + "\n\n";
    }
    return out;
}

/// Says why there is no such picture. One of an earlier run would pass for this one's: removed.
void leave_out(const std::string& path, const Picture& picture) {
    shm::note("{}.svg is left out: {}", path, picture.missing);
    for (const char* kind : {".svg", ".dat", ".gp"}) std::remove((path + kind).c_str());
}

}  // namespace

void require_plots(const std::string& folder) {
    std::error_code refused;
    std::filesystem::create_directories(folder, refused);
    if (refused) throw shm::Failure(folder + ": " + refused.message() + "; name another folder");
    measure::require_writable(folder + "/" + pictures[0].file + ".dat");
    if (gnuplot(folder, "--version") == 127) {
        throw shm::Failure("--plot needs gnuplot; install it: apt install gnuplot-nox");
    }
}

void draw_plots(const std::string& folder, const std::vector<Row>& rows) {
    for (const Picture& picture : pictures) {
        const std::string path = folder + "/" + picture.file;
        const std::string file = picture.file;
        std::vector<std::string> names;
        const std::string all = points(picture, rows, names);
        if (names.empty()) {
            leave_out(path, picture);
            continue;
        }
        measure::write_file(path + ".dat", all);
        std::string script = fmt::format(
            "set terminal svg size 760,480 dynamic font 'sans-serif,13'\n"
            "set output '{}.svg'\nset title '{}' textcolor rgb '#888888'\n"
            "set logscale xy\nset xtics ('64 B' 64, '4 KiB' 4096, '64 KiB' 65536, '1 MiB' 1048576) "
            "textcolor rgb '#888888'\nset ytics textcolor rgb '#888888'\n"
            "set ylabel '{}' textcolor rgb '#888888'\nset border 3 linecolor rgb '#888888'\n"
            "set tics nomirror\nset grid linecolor rgb '#888888' dashtype 3\n"
            "set key outside right textcolor rgb '#888888'\nplot ",
            file, picture.title, picture.unit);
        for (std::size_t i = 0; i < names.size(); ++i) {
            script += fmt::format(
                "{}'{}.dat' index {} with linespoints linewidth 2 pointtype {} "
                "linecolor rgb '{}' title '{}'",
                i == 0 ? "" : ", ", file, i, i + 1,
                std::array{"#2e9e44", "#1f8a70", "#67b346", "#d1772b", "#b5542a", "#e0a030",
                           "#4a8bd6", "#6a6fd8", "#3aa0b8", "#8f6ad0", "#c05080", "#d06aa8",
                           "#7a8a99", "#a08a5a", "#5a9a8a", "#b06a4a", "#6a8a3a",
                           "#9a7ab0"}[i % 18],
                names[i]);
        }
        measure::write_file(path + ".gp", script + "\n");
        if (gnuplot(folder, file + ".gp") != 0)
            throw shm::Failure("gnuplot could not draw " + path);
    }
}

}  // namespace comparison
