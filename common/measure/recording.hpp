/// @file
/// What a tool does with what it has measured: `--json`, `--plot`, and `--from` for what it
/// measured before. Serves the tools of lessons 04, 05 and 07.
#pragma once

#include "common/measure/plot.hpp"
#include "common/program/options.hpp"

#include <functional>
#include <string>

namespace measure {

/// The three options; "" where one was not given.
struct Recording {
    std::string json;  ///< the file that the record is written to
    std::string plot;  ///< the folder that its figures are drawn into
    std::string from;  ///< the record of an earlier run: its figures are drawn, nothing is measured
};

/// Adds the options to those of a program.
void add_options(shm::Options& options, Recording& wanted);

/// Throws unless what is wanted can be done: better now than after five minutes.
/// @throws UsageError if the options contradict each other
/// @throws Failure if a file or folder cannot be written to, or gnuplot is not there
void require_possible(const Recording& wanted);

/// Draws the figures of the earlier record. To be called where `wanted.from` is not empty.
/// @throws Failure as read_record() and draw_plots() do
void draw_earlier(const Recording& wanted, const FiguresOf& figures_of);

/// Makes the record, writes it and draws its figures, as far as either is wanted.
/// @throws Failure if that fails
void keep(const Recording& wanted, const std::function<nlohmann::ordered_json()>& make_record,
          const FiguresOf& figures_of);

}  // namespace measure
