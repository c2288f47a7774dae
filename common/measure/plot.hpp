/// @file
/// Figures of recorded runs, drawn by gnuplot: what `--plot` draws, and what the pages show. Serves
/// the tools of lessons 04, 05 and 07.
///
/// A figure has a row for each thing that was measured, and a mark in it for each series, on a
/// logarithmic axis. It is drawn in the light colours of the site on white, so that any viewer
/// shows it; in a page, which defines CSS variables of these names, it takes the page's own, light
/// or dark.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace measure {

/// How a series is drawn: told apart by shape and by colour.
enum class Mark {
    filled,    ///< a green disc: what is ours, or comes first
    square,    ///< a green square: a second way of it
    circle,    ///< blue
    cross,     ///< violet
    triangle,  ///< in the text's colour
    limit,     ///< a red line through the rows: what is not to be passed
};

/// One of the figures that each row may have.
struct Series {
    std::string name;          ///< in the legend
    Mark mark = Mark::filled;  ///< in the rows
};

/// A row of a figure.
struct PlotRow {
    std::string name;                           ///< what was measured; at the left
    std::vector<std::optional<double>> values;  ///< one for each series, in the figure's unit
    std::string note = {};                      ///< stands at the row's right end
    bool is_quiet = false;  ///< small and grey: there to compare with, not what the figure is about
};

/// Rows that belong together.
struct PlotGroup {
    std::string heading;        ///< above the rows; may be empty
    std::vector<PlotRow> rows;  ///< from top to bottom
};

/// A figure, in data. What has no value (none, 0 or less) is left out: a mark, a row, a series.
struct Figure {
    std::string file;               ///< its name without ".svg"
    std::string title;              ///< what it is
    std::string unit;               ///< of the axis
    std::string caption;            ///< how to read it: below it in the page
    std::string missing;            ///< why it has nothing to show, if it has not
    std::vector<Series> series;     ///< what each row has a mark for, as far as it was measured
    std::vector<PlotGroup> groups;  ///< from top to bottom
    std::string conclusion = {};    ///< what it shows, in one line, from its own values: above it
};

/// Returns a number as figures show it, with a comma between its thousands: "16,384".
std::string with_commas(double number);

/// Returns the figures of a record, which a tool wrote with `--json`.
using FiguresOf = std::function<std::vector<Figure>(const nlohmann::ordered_json& record)>;

/// Makes the folder if need be.
/// @throws Failure if it cannot be written to, or gnuplot is not there: better now than later
void require_plots(const std::string& folder);

/// Draws all figures of a record into the folder, each as NAME.svg beside the NAME.gp and NAME.dat
/// that it was drawn from, and NAME.tsv, the table of its values for people. Of a figure with
/// nothing to show it says why, and removes an earlier one.
/// @throws Failure if gnuplot fails, or the record lacks what a figure needs
void draw_plots(const std::string& folder, const nlohmann::ordered_json& record,
                const FiguresOf& figures_of);

/// Reads a record that a tool wrote with `--json`.
/// @throws Failure if there is no such file, or no JSON in it
nlohmann::ordered_json read_record(const std::string& path);

}  // namespace measure
