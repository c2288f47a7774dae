#include "common/measure/plot_script.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace measure {

namespace {

// The site's light colours (docs/theme/site.css), as gnuplot is told them.
constexpr const char* ink = "#24323f";
constexpr const char* quiet = "#55626f";
constexpr const char* grid = "#d8dee4";

/// gnuplot's shape for a mark (`gnuplot -e "set terminal svg; test"` shows them); of a limit, for
/// rows in which it is no line.
int point_type(Mark mark) {
    constexpr std::array types = {7, 5, 6, 2, 8, 3};
    return types[static_cast<std::size_t>(mark)];
}

/// How gnuplot draws a mark.
std::string drawn(Mark mark) {
    if (mark == Mark::limit) return "lines linewidth 2 linecolor rgb '#b92525'";
    constexpr std::array colours = {"#23772f", "#23772f", "#0b63ad", "#6340cf", "#24323f"};
    return fmt::format("points pointtype {} pointsize {} linecolor rgb '{}'", point_type(mark),
                       mark == Mark::square ? 0.8 : 0.9, colours[static_cast<std::size_t>(mark)]);
}

/// Returns a text as gnuplot takes it literally.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char letter : text) out += letter == '\'' ? "''" : std::string(1, letter);
    return out + "'";
}

/// Returns about how wide a text is at 13 units: a little more than in most fonts.
double width_of(const std::string& text) {
    double width = 0;
    for (const char letter : text) {
        if (static_cast<unsigned char>(letter) >> 6U == 2) continue;  // UTF-8: goes on a letter
        const bool is_narrow =
            std::string_view("fijlrt .,:;'()").find(letter) != std::string_view::npos;
        const bool is_wide = std::string_view("mwMW").find(letter) != std::string_view::npos;
        width += is_narrow ? 5 : is_wide ? 12.5 : 8.3;
    }
    return width;
}

/// Where the parts of a figure stand, in units of the SVG. 420 can be read on a telephone.
struct Frame {
    static constexpr double width = 420, row = 20, line = 19.5;
    double left = 0, right = 0, top = 0, bottom = 0, height = 0, legend = 0;
    std::size_t rows = 0;  ///< with the headings

    double x(double units) const { return units / width; }       ///< of the screen, 0 to 1
    double y(double units) const { return 1 - units / height; }  ///< likewise, from below
};

/// A figure of one series has none, and no room for one: gnuplot would complain of that.
bool has_legend(const Figure& figure) {
    return figure.series.size() > 1;
}

Frame frame_of(const Figure& figure, std::size_t source_lines) {
    Frame frame;
    double name = 0, note = 0;
    for (const PlotGroup& group : figure.groups) {
        frame.rows += group.rows.size() + (group.heading.empty() ? 0U : 1U);
        for (const PlotRow& row : group.rows) {
            name = std::max(name, width_of(row.name));
            note = std::max(note, width_of(row.note));
        }
    }
    frame.left = 14 + name;
    frame.right = Frame::width - 24 - note;  // half of a tick's number goes beyond
    frame.legend = 32;                       // below the title
    const auto entries = static_cast<double>(figure.series.size());
    frame.top = frame.legend + (has_legend(figure) ? entries * Frame::line + 8 : 0);
    frame.bottom = frame.top + static_cast<double>(frame.rows) * Frame::row;
    frame.height = frame.bottom + 50 + static_cast<double>(source_lines) * Frame::line;
    return frame;
}

/// The lowest and the highest value; a figure has one at least.
std::pair<double, double> range_of(const Figure& figure) {
    double low = HUGE_VAL, high = 0;
    for (const PlotGroup& group : figure.groups) {
        for (const PlotRow& row : group.rows) {
            for (const auto& value : row.values) {
                if (!value) continue;
                low = std::min(low, *value);
                high = std::max(high, *value);
            }
        }
    }
    return {low * 0.7, high * 1.4};
}

/// The round numbers of an axis so wide: powers of ten, with 2 and 5 where there is room, or each
/// second one where there is little.
std::string ticks(double low, double high, double width) {
    const double decade = width / std::log10(high / low);
    constexpr double roomy = 120, narrow = 46;  // "10,000" takes 45
    std::string out;
    for (int power = -4; power < 13; ++power) {
        if (decade < narrow && power % 2 != 0) continue;
        for (const int step : {1, 2, 5}) {
            const double value = step * std::pow(10, power);
            if (value < low || value > high || (step != 1 && decade < roomy)) continue;
            out += fmt::format("{}'{}' {:g}", out.empty() ? "" : ", ", with_commas(value), value);
        }
    }
    return out;
}

/// The names at the left, the headings above, the notes at the right.
std::string row_texts(const Figure& figure, const Frame& frame) {
    std::string names, labels;
    std::size_t at = 0;
    for (const PlotGroup& group : figure.groups) {
        if (!group.heading.empty()) {
            labels += fmt::format(
                "set label {} at screen {:.4f}, first {} left font 'sans-serif:Bold,13' "
                "textcolor rgb '{}'\n",
                quoted(group.heading), frame.x(6), ++at, ink);
        }
        for (const PlotRow& row : group.rows) {
            ++at;
            const auto add_label = [&](const std::string& text, double x) {
                labels += fmt::format(
                    "set label {} at screen {:.4f}, first {} right textcolor rgb '{}'\n",
                    quoted(text), frame.x(x), at, row.is_quiet ? quiet : ink);
            };
            if (row.is_quiet) add_label(row.name, frame.left - 8);  // a tick's name has no colour
            const std::string name = row.is_quiet ? "" : row.name;
            names += fmt::format("{}{} {}", names.empty() ? "" : ", ", quoted(name), at);
            if (!row.note.empty()) add_label(row.note, Frame::width - 6);
        }
    }
    return fmt::format("set ytics ({}) scale 0 textcolor rgb '{}'\n", names, ink) + labels;
}

std::string around(const Figure& figure, const Frame& frame,
                   const std::vector<std::string>& source) {
    std::string out = fmt::format(
        "set terminal svg size {:.0f},{:.0f} dynamic noenhanced font 'sans-serif,13' "
        "background rgb '#ffffff'\nset output '{}.svg'\n"
        "set label {} at screen {:.4f}, {:.4f} left font 'sans-serif:Bold,14' textcolor rgb '{}'\n",
        Frame::width, frame.height, figure.file, quoted(figure.title), frame.x(6),
        frame.y(Frame::line), ink);
    out +=
        fmt::format("set label {} at screen {:.4f}, {:.4f} right textcolor rgb '{}'\n",
                    quoted(figure.unit), frame.x(frame.right), frame.y(frame.bottom + 36), quiet);
    for (std::size_t i = 0; i < source.size(); ++i) {
        const double below = frame.bottom + 38 + static_cast<double>(i + 1) * Frame::line;
        out += fmt::format(
            "set label {} at screen {:.4f}, {:.4f} left font 'sans-serif,12' textcolor rgb '{}'\n",
            quoted(source[i]), frame.x(6), frame.y(below), quiet);
    }
    return out;
}

std::string axes(const Figure& figure, const Frame& frame) {
    const auto [low, high] = range_of(figure);
    return fmt::format(
        "set lmargin at screen {:.4f}\nset rmargin at screen {:.4f}\n"
        "set tmargin at screen {:.4f}\nset bmargin at screen {:.4f}\n"
        "set logscale x\nset xrange [{:g}:{:g}]\nset yrange [{}.5:0.5]\n"
        "set xtics nomirror ({}) scale 0.4 textcolor rgb '{}'\n"
        "set border 1 linecolor rgb '{}'\n"
        "set grid xtics ytics linetype 1 linecolor rgb '{}' linewidth 1\n",
        frame.x(frame.left), frame.x(frame.right), frame.y(frame.top), frame.y(frame.bottom), low,
        high, frame.rows, ticks(low, high, frame.right - frame.left), quiet, quiet, grid);
}

std::string legend(const Figure& figure, const Frame& frame) {
    if (!has_legend(figure)) return "unset key\n";
    return fmt::format(
        "set key at screen {:.4f}, {:.4f} left top Left reverse vertical maxcols 1 samplen 1.5 "
        "height 0.2 textcolor rgb '{}'\n",
        frame.x(4), frame.y(frame.legend), ink);
}

/// The series in order, so that what is filled lies below what is not.
std::string marks(const Figure& figure) {
    std::string out;
    for (std::size_t i = 0; i < figure.series.size(); ++i) {
        const Series& one = figure.series[i];
        out += fmt::format("{}'{}.dat' index {} using 2:1 with {} {}",
                           i == 0 ? "plot " : ", \\\n     ", figure.file, i, drawn(one.mark),
                           has_legend(figure) ? "title " + quoted(one.name) : "notitle");
    }
    for (std::size_t i = 0; has_quiet_row(figure) && i < figure.series.size(); ++i) {
        out += fmt::format(
            ", \\\n     '{}.dat' index {} using 2:1 with points pointtype {} pointsize 0.5 "
            "linecolor rgb '{}' notitle",
            figure.file, figure.series.size() + i, point_type(figure.series[i].mark), quiet);
    }
    return out + "\n";
}

}  // namespace

std::string with_commas(double number) {
    std::string text = fmt::format("{:.7g}", number);
    if (number < 1000) return text;
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
        text.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return text;
}

std::string plot_script(const Figure& figure, const std::vector<std::string>& source) {
    const Frame frame = frame_of(figure, source.size());
    return around(figure, frame, source) + row_texts(figure, frame) + axes(figure, frame) +
           legend(figure, frame) + marks(figure);
}

}  // namespace measure
