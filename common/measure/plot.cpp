#include "common/measure/plot.hpp"

#include "common/measure/plot_script.hpp"
#include "common/measure/record.hpp"

#include "common/kernel/checked.hpp"
#include "common/program/console.hpp"
#include "common/program/error.hpp"

#include <nlohmann/json.hpp>

#include <fmt/core.h>

#include <fcntl.h>     // open
#include <sys/wait.h>  // WIFEXITED
#include <unistd.h>    // access, chdir, execlp, dup2

#include <algorithm>
#include <cerrno>
#include <cstdio>  // remove
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace measure {

namespace {

constexpr int not_found = 127;  // as a shell says it

/// Runs gnuplot in that folder, and returns its status.
int gnuplot(const std::string& folder, const std::string& argument) {
    const pid_t child = checked::fork();
    if (child == 0) {
        if (chdir(folder.c_str()) == -1) _exit(1);
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
        execlp("gnuplot", "gnuplot", argument.c_str(), nullptr);
        _exit(errno == ENOENT ? not_found : 1);
    }
    const int status = checked::waitpid(child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw shm::Failure(path + ": cannot be read");
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Says on what machine a record was made, and when.
std::vector<std::string> source_of(const nlohmann::ordered_json& record) {
    const auto& machine = record.at("machine");
    std::string second = machine.at("virtual").get<bool>() ? "a virtual machine; " : "";
    second +=
        machine.at("compiler").get<std::string>() + "; " + machine.at("date").get<std::string>();
    return {machine.at("processor"), second};
}

bool has_value(const PlotRow& row) {
    return std::any_of(row.values.begin(), row.values.end(),
                       [](const auto& value) { return value.has_value(); });
}

/// Says why there is no such figure. One of an earlier run would pass for this one's: removed.
void leave_out(const std::string& path, const Figure& figure) {
    shm::note("{}.svg is left out: {}", path, figure.missing);
    for (const char* kind : {".svg", ".dat", ".gp", ".tsv"}) std::remove((path + kind).c_str());
}

void draw(const std::string& folder, const Figure& figure, const std::vector<std::string>& source) {
    const std::string path = folder + "/" + figure.file;
    write_file(path + ".dat", plot_data(figure));
    write_file(path + ".gp", plot_script(figure, source));
    write_file(path + ".tsv", plot_table(figure));
    if (gnuplot(folder, figure.file + ".gp") != 0) {
        throw shm::Failure(path + ": gnuplot could not draw it, see above");
    }
    write_file(path + ".svg", svg_for_pages(content_of(path + ".svg"), figure));
}

}  // namespace

Figure with_values_only(const Figure& figure) {
    Figure shown = figure;
    for (PlotGroup& group : shown.groups) {
        for (PlotRow& row : group.rows) {
            for (auto& value : row.values) {
                if (value && !(*value > 0)) value.reset();  // no place on a logarithmic axis
            }
        }
        std::erase_if(group.rows, [](const PlotRow& row) { return !has_value(row); });
    }
    std::erase_if(shown.groups, [](const PlotGroup& group) { return group.rows.empty(); });
    for (std::size_t i = shown.series.size(); i-- > 0;) {
        const auto at = static_cast<std::ptrdiff_t>(i);
        bool is_empty = true;
        for (const PlotGroup& group : shown.groups) {
            for (const PlotRow& row : group.rows) is_empty = is_empty && !row.values[i];
        }
        if (!is_empty) continue;
        shown.series.erase(shown.series.begin() + at);
        for (PlotGroup& group : shown.groups) {
            for (PlotRow& row : group.rows) row.values.erase(row.values.begin() + at);
        }
    }
    return shown;
}

void require_plots(const std::string& folder) {
    std::error_code refused;
    std::filesystem::create_directories(folder, refused);
    if (refused) throw shm::Failure(folder + ": " + refused.message() + "; name another folder");
    if (access(folder.c_str(), W_OK | X_OK) == -1) {
        throw shm::Failure(folder + " cannot be written to; name another folder");
    }
    if (gnuplot(folder, "--version") == not_found) {
        throw shm::Failure("--plot needs gnuplot; install it: apt install gnuplot-nox");
    }
}

void draw_plots(const std::string& folder, const nlohmann::ordered_json& record,
                const FiguresOf& figures_of) {
    try {
        const std::vector<std::string> source = source_of(record);
        for (const Figure& figure : figures_of(record)) {
            const Figure shown = with_values_only(figure);
            if (shown.groups.empty()) {
                leave_out(folder + "/" + figure.file, figure);
            } else {
                draw(folder, shown, source);
            }
        }
    } catch (const nlohmann::json::exception& lacking) {
        throw shm::Failure(std::string("the record lacks what a figure shows: ") + lacking.what());
    }
}

nlohmann::ordered_json read_record(const std::string& path) {
    try {
        return nlohmann::ordered_json::parse(content_of(path));
    } catch (const nlohmann::json::exception& malformed) {
        throw shm::Failure(path + " is no JSON: " + malformed.what());
    }
}

}  // namespace measure
