#include "common/measure/recording.hpp"

#include "common/measure/record.hpp"

#include "common/program/error.hpp"

#include <nlohmann/json.hpp>

namespace measure {

void add_options(shm::Options& options, Recording& wanted) {
    options.text("--json", wanted.json, "FILE", "none", "Write all figures to this file as well");
    options.text("--plot", wanted.plot, "DIR", "none", "Draw them there, with gnuplot");
    options.text("--from", wanted.from, "FILE", "none",
                 "With --plot: draw what this file of --json holds, and measure nothing");
}

void require_possible(const Recording& wanted) {
    if (!wanted.from.empty() && wanted.plot.empty()) {
        throw shm::UsageError("--from goes with --plot");
    }
    if (!wanted.from.empty() && !wanted.json.empty()) {
        throw shm::UsageError("--from measures nothing that --json could write");
    }
    if (!wanted.json.empty()) require_writable(wanted.json);
    if (!wanted.plot.empty()) require_plots(wanted.plot);
}

void draw_earlier(const Recording& wanted, const FiguresOf& figures_of) {
    draw_plots(wanted.plot, read_record(wanted.from), figures_of);
}

void keep(const Recording& wanted, const std::function<nlohmann::ordered_json()>& make_record,
          const FiguresOf& figures_of) {
    if (wanted.json.empty() && wanted.plot.empty()) return;
    const nlohmann::ordered_json record = make_record();
    if (!wanted.json.empty()) write_json(wanted.json, record);
    if (!wanted.plot.empty()) draw_plots(wanted.plot, record, figures_of);
}

}  // namespace measure
