#!/usr/bin/env bash
# What is to be read in one go stays short: headers of common/, programs of lessons, the README.
# A lesson's tool, which is a folder of its own, may be longer.
set -u
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 1
shopt -s nullglob
status=0

at_most() {  # at_most LINES FILE...
    local most=$1 file lines
    shift
    for file in "$@"; do
        lines=$(wc -l <"$file") || status=1
        if ((lines > most)); then
            echo "$file: $lines lines, at most $most" >&2
            status=1
        fi
    done
}

at_most 250 common/*/*.hpp
at_most 150 lessons/*/*.cpp lessons/*/broken/*.cpp lessons/*/exercise/*.cpp
at_most 120 README.md
exit $status
