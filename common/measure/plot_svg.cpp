#include "common/measure/plot_script.hpp"

#include <fmt/core.h>

#include <array>
#include <regex>
#include <string_view>

namespace measure {

namespace {

/// A colour that gnuplot draws with, and the variable of the site that has it
/// (docs/theme/site.css).
struct Colour {
    unsigned red, green, blue;
    const char* variable;
};

constexpr std::array colours = {
    Colour{0x24, 0x32, 0x3f, "--page-foreground-color"},
    Colour{0x55, 0x62, 0x6f, "--page-secondary-foreground-color"},
    Colour{0xd8, 0xde, 0xe4, "--separator-color"},
    Colour{0xff, 0xff, 0xff, "--page-background-color"},
    Colour{0x23, 0x77, 0x2f, "--shm-good"},
    Colour{0xb9, 0x25, 0x25, "--shm-bad"},
    Colour{0x63, 0x40, 0xcf, "--shm-note"},
    Colour{0x0b, 0x63, 0xad, "--primary-color"},
};

/// Returns the part of a colour that gnuplot wrote in decimal, or in hexadecimal digits.
unsigned part_of(const std::smatch& found, std::size_t which) {
    const std::string& decimal = found[3 + which];
    const std::string& hex = found[6 + which];
    return static_cast<unsigned>(decimal.empty() ? std::stoul(hex, nullptr, 16)
                                                 : std::stoul(decimal));
}

/// Returns what a style says of an element's colours: "stroke:var(--shm-good,#23772f)"; "" where
/// none is ours.
std::string style_of(const std::string& element) {
    static const std::regex wanted(
        R"x(\s(fill|stroke|color)="(rgb\(\s*(\d+),\s*(\d+),\s*(\d+)\)|#(\w\w)(\w\w)(\w\w))")x");
    std::string style;
    for (std::sregex_iterator found(element.begin(), element.end(), wanted), none; found != none;
         ++found) {
        const unsigned red = part_of(*found, 0), green = part_of(*found, 1),
                       blue = part_of(*found, 2);
        for (const Colour& one : colours) {
            if (red != one.red || green != one.green || blue != one.blue) continue;
            style += fmt::format("{}{}:var({},#{:02x}{:02x}{:02x})", style.empty() ? "" : ";",
                                 (*found)[1].str(), one.variable, red, green, blue);
        }
    }
    return style;
}

/// Returns an element's opening tag with quotation marks of one kind, and its style. The attribute
/// stays: where variables are not known, it counts.
std::string with_style(std::string element) {
    if (element.find('"') == std::string::npos || element.find('\'') != std::string::npos) {
        for (char& letter : element) letter = letter == '\'' ? '"' : letter;
    }
    // gnuplot's svg terminal takes the style that it is told for a part of the family's name.
    constexpr std::string_view bold = "sans-serif:Bold\"";
    const std::size_t family = element.find(bold);
    if (family != std::string::npos) {
        element.replace(family, bold.size(), "sans-serif\" font-weight=\"bold\"");
    }
    const std::string style = style_of(element);
    if (style.empty()) return element;
    const std::size_t end = element.size() - (element.ends_with("/>") ? 2 : 1);
    return element.insert(end, fmt::format(" style=\"{}\"", style));
}

std::string for_xml(const std::string& text) {
    std::string out;
    for (const char letter : text) {
        out += letter == '&'   ? "&amp;"
               : letter == '<' ? "&lt;"
               : letter == '>' ? "&gt;"
                               : std::string(1, letter);
    }
    return out;
}

/// What a figure shows, for a reader who cannot see it.
std::string in_words(const Figure& figure) {
    std::string out = figure.unit + ".";
    for (const PlotGroup& group : figure.groups) {
        if (!group.heading.empty()) out += " " + group.heading + ":";
        for (const PlotRow& row : group.rows) {
            std::string values;
            for (std::size_t i = 0; i < figure.series.size(); ++i) {
                if (!row.values[i]) continue;
                values += values.empty() ? " " : ", ";
                if (figure.series.size() > 1) values += figure.series[i].name + " ";
                values += fmt::format("{:.3g}", *row.values[i]);
            }
            out += " " + row.name + ":" + values + ";";
        }
    }
    out.back() = '.';
    return out;
}

/// Replaces what stands between a tag and its end, the first time.
void replace_first(std::string& svg, const std::string& tag, const std::string& text) {
    const std::string open = "<" + tag + ">", close = "</" + tag + ">";
    const std::size_t from = svg.find(open), to = svg.find(close);
    if (from == std::string::npos || to == std::string::npos || to < from) return;
    svg.replace(from, to - from, open + for_xml(text));
}

}  // namespace

std::string svg_for_pages(const std::string& svg, const Figure& figure) {
    static const std::regex opening("<[a-z][^>]*>");
    std::string out;
    std::sregex_iterator found(svg.begin(), svg.end(), opening), none;
    auto after = svg.begin();
    for (; found != none; ++found) {
        out.append(after, (*found)[0].first);
        out += with_style(found->str());
        after = (*found)[0].second;
    }
    out.append(after, svg.end());
    replace_first(out, "title", figure.title);
    replace_first(out, "desc", in_words(figure));
    const std::size_t begin = out.find("<svg");
    if (begin == std::string::npos) return out;
    std::string said = "<!-- caption: " + for_xml(figure.caption) + " -->\n";
    if (!figure.conclusion.empty()) {
        said += "<!-- conclusion: " + for_xml(figure.conclusion) + " -->\n";
    }
    return out.insert(begin, said);
}

}  // namespace measure
