/// @file
/// How the gallery shows what came of its rows.
#pragma once

#include "row.hpp"

#include <string>
#include <vector>

/// A row that has been provoked.
struct Shown {
    const Section* section;
    const Row* row;
    Outcome outcome;

    /// Says whether it came out as it has to; true, too, where it could not be provoked.
    bool is_as_expected() const {
        return !outcome.not_here.empty() || outcome.seen == row->expected;
    }
};

/// Prints one row for people.
void print_text(const Shown& shown);

/// Returns all rows as one JSON document; gallery.schema.json, in the lesson's folder, says what is
/// in it. Bytes of a message that are no UTF-8 become U+FFFD.
std::string json_text(const std::vector<Shown>& all);
