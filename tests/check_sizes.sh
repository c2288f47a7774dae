#!/usr/bin/env bash
# What is to be read in one go stays short: files of common/, programs of lessons, functions of both, the README.
# A lesson's tool, which is a folder of its own, may have more lines in a file, but not in a function.
set -u
cd -- "${1:-$(dirname -- "${BASH_SOURCE[0]}")/..}" || exit 1   # or another tree: the test's
shopt -s nullglob globstar
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

# functions_at_most LINES FILE...: as clang-format lays them out: a function begins at the margin, or, in a class, at
# the first indentation, and ends with a brace alone in the same column. What ends with "};" is none.
functions_at_most() {
    local most=$1
    shift
    (($#)) || return 0
    awk -v most="$most" '
        FNR == 1 { delete begin }
        function margin(line) { match(line, /^ */); return RLENGTH }
        {
            at = margin($0)
            if ($0 == "" || at > 4 || (at != 0 && at != 4)) next
            text = substr($0, at + 1)
            if (text ~ /^}/) {
                if (text ~ /^}( *\/\/.*)?$/ && at in begin && FNR - begin[at] + 1 > most) {
                    printf "%s:%d: a function of %d lines, at most %d: %s\n", FILENAME, begin[at], FNR - begin[at] + 1, most, first[at]
                    bad = 1
                }
                delete begin[at]
                next
            }
            if (text ~ /^(\/\/|#|namespace|struct|class|enum|union|extern|public:|private:|protected:|if |for |while |switch |do |else|try |case )/) next
            if (!(at in begin)) { begin[at] = FNR; first[at] = text }
            if (text ~ /;( *\/\/.*)?$/ || text ~ /\}( *\/\/.*)?$/) delete begin[at]
        }
        END { exit bad }
    ' "$@" >&2 || status=1
}

at_most 250 common/**/*.[ch]pp
at_most 150 lessons/*/*.cpp lessons/*/broken/*.cpp lessons/*/exercise/*/*.cpp
functions_at_most 45 common/**/*.[ch]pp lessons/**/*.[ch]pp
at_most 80 README.md
exit $status
