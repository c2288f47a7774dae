#!/usr/bin/env bash
# Which part of the tree may use which. Lessons use common/, and none uses another lesson: what a
# second one needs moves to common/. In common/, memory and measure use kernel, kernel uses program,
# and ring uses nothing.
set -u
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." || exit 1
status=0

none() {  # none REASON GREP_ARGUMENTS...: says each line that grep finds, and why it may not be
    local reason=$1 found
    shift
    found=$(grep -rnP --include='*.[ch]pp' --include=CMakeLists.txt "$@")
    case $? in
        0) sed "s|\$|   <- $reason|" <<<"$found" >&2 && status=1 ;;
        1) ;;
        *) status=1 ;;  # grep has said why
    esac
}

uses_only() {  # uses_only PART OTHER_PART...: of common/
    local parts
    parts=$(IFS='|'; echo "$*")
    none "$1 may use only: $*" "#include \"(\.\./|common/(?!($parts)/))" "common/$1"
}

none 'a lesson uses no other lesson' '#include "lessons/|\.\./\d\d-' lessons
none 'common/ uses nothing outside' '#include "(lessons|tests|docs)/' common
uses_only program
uses_only kernel program
uses_only memory kernel program
uses_only measure kernel program
uses_only ring
exit $status
