#include "common/measure/plot_script.hpp"

#include "tests/catch.hpp"

#include <optional>
#include <string>

using measure::Figure;
using measure::Mark;

namespace {

Figure two_series() {
    return {.file = "speed",
            .title = "Speed & <more>",
            .unit = "MB/s",
            .caption = "Further right is faster.",
            .missing = "nothing was measured",
            .series = {{"ours", Mark::filled}, {"theirs", Mark::cross}},
            .groups = {{"a ring of 1,024", {{"it's 8 bytes", {20, 10}}, {"16 bytes", {40, {}}}}},
                       {"a ring of 16,384", {{"8 bytes", {30, 15}}}}}};
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a mark, a row, a group and a series without a value are left out of a figure") {
    Figure figure = two_series();
    figure.series.insert(figure.series.begin(), {"not measured", Mark::circle});
    for (auto& group : figure.groups) {
        for (auto& row : group.rows) row.values.insert(row.values.begin(), std::nullopt);
    }
    figure.groups[0].rows.push_back({"nothing", {std::nullopt, 0.0, -1.0}});  // no logarithm
    figure.groups.push_back({"nobody", {{"nothing", {{}, {}, {}}}}});
    const Figure shown = measure::with_values_only(figure);
    REQUIRE(shown.series.size() == 2);
    CHECK(shown.series[0].name == "ours");
    REQUIRE(shown.groups.size() == 2);
    CHECK(shown.groups[0].rows.size() == 2);
    CHECK(shown.groups[0].rows[1].values == std::vector<std::optional<double>>{40.0, std::nullopt});
}

TEST_CASE("a figure without any value has no group left") {
    Figure figure = two_series();
    for (auto& group : figure.groups) {
        for (auto& row : group.rows) row.values.assign(2, std::nullopt);
    }
    CHECK(measure::with_values_only(figure).groups.empty());
}

TEST_CASE("a plot's data are a block for each series, in which a heading takes a row") {
    CHECK(measure::plot_data(two_series()) ==
          "2 20\n3 40\n\n5 30\n\n\n"
          "2 10\n\n5 15\n\n\n");
}

TEST_CASE("quiet rows have blocks and marks of their own, small and grey") {
    Figure figure = two_series();
    figure.groups[0].rows[1].is_quiet = true;
    CHECK(measure::plot_data(figure) ==
          "2 20\n\n5 30\n\n\n2 10\n\n5 15\n\n\n"
          "3 40\n\n\n\n\n\n\n");
    const std::string script = measure::plot_script(figure, {});
    CHECK(has(script, "'speed.dat' index 2 using 2:1 with points pointtype 7 pointsize 0.5"));
    CHECK(has(script, "'speed.dat' index 3 using 2:1 with points pointtype 2 pointsize 0.5"));
    CHECK(has(script, "set label '16 bytes' at"));
    CHECK_FALSE(has(measure::plot_script(two_series(), {}), "index 2"));
}

TEST_CASE("a plot's table has the values of all rows, with their groups") {
    Figure figure = two_series();
    figure.groups[0].rows[0].values[0] = 20160;
    CHECK(measure::plot_table(figure) ==
          "MB/s\tours\ttheirs\na ring of 1,024: it's 8 bytes\t20,200\t10\n"
          "a ring of 1,024: 16 bytes\t40\t\na ring of 16,384: 8 bytes\t30\t15\n");
}

TEST_CASE("an SVG carries the conclusion that a page shows above it") {
    Figure figure = two_series();
    figure.conclusion = "Ours is faster.";
    CHECK(has(measure::svg_for_pages("<svg >", figure),
              "<!-- conclusion: Ours is faster. -->\n<svg"));
    CHECK_FALSE(has(measure::svg_for_pages("<svg >", two_series()), "conclusion"));
}

TEST_CASE("gnuplot takes the words of a figure literally") {
    const std::string script = measure::plot_script(two_series(), {"A 'B' CPU"});
    CHECK(has(script, "'it''s 8 bytes' 2"));
    CHECK(has(script, "'A ''B'' CPU'"));
    CHECK(has(script, "noenhanced"));  // else _ and ^ would be commands
    CHECK(has(script, "set yrange [5.5:0.5]"));
    CHECK(has(script, "('10' 10, '20' 20, '50' 50)"));
}

TEST_CASE("a figure of one series needs no legend") {
    Figure figure = two_series();
    figure.series.pop_back();
    for (auto& group : figure.groups) {
        for (auto& row : group.rows) row.values.pop_back();
    }
    const std::string script = measure::plot_script(figure, {});
    CHECK(has(script, "notitle"));
    CHECK(has(script, "unset key"));  // else gnuplot says that the titles do not fit in
}

TEST_CASE("an SVG's colours take the page's variables, and stay where those are not known") {
    const std::string svg =
        "<?xml version=\"1.0\"?>\n<svg \n viewBox=\"0 0 1 1\">\n<title>Gnuplot</title>\n"
        "<desc>Produced by GNUPLOT</desc>\n<rect fill=\"#ffffff\"/>"
        "<path stroke='rgb( 35, 119,  47)' class=\"gridline\" d='M0,0'/>"
        "<g stroke=\"rgb(36,50,63)\" fill=\"rgb(185,37,37)\"><text>it's</text></g>"
        "<feFlood flood-color='#FFFFFF'/><use xlink:href='#gpPt6' color='rgb(1, 2, 3)'/></svg>";
    const std::string made = measure::svg_for_pages(svg, two_series());
    CHECK(
        has(made, "<rect fill=\"#ffffff\" style=\"fill:var(--page-background-color,#ffffff)\"/>"));
    CHECK(has(made,
              "<path stroke=\"rgb( 35, 119,  47)\" class=\"gridline\" d=\"M0,0\" "
              "style=\"stroke:var(--shm-good,#23772f)\"/>"));
    CHECK(has(made,
              "style=\"stroke:var(--page-foreground-color,#24323f);"
              "fill:var(--shm-bad,#b92525)\"><text>it's</text>"));
    CHECK(has(made, "<feFlood flood-color=\"#FFFFFF\"/>"));
    CHECK(has(made, "<use xlink:href=\"#gpPt6\" color=\"rgb(1, 2, 3)\"/>"));
    CHECK(has(made, "<!-- caption: Further right is faster. -->\n<svg"));
    CHECK(has(made, "<title>Speed &amp; &lt;more&gt;</title>"));
    CHECK(has(made,
              "<desc>MB/s. a ring of 1,024: it's 8 bytes: ours 20, theirs 10; 16 bytes: ours "
              "40; a ring of 16,384: 8 bytes: ours 30, theirs 15.</desc>"));
}

TEST_CASE("numbers of a figure have commas between their thousands") {
    CHECK(measure::with_commas(0.1) == "0.1");
    CHECK(measure::with_commas(1000) == "1,000");
    CHECK(measure::with_commas(1048576) == "1,048,576");
}
