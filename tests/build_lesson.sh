#!/usr/bin/env bash
# Builds one lesson in build/, silently where there is nothing to do: build_lesson.sh 02. For the tour, which comes
# to a lesson long after its first one was built.
set -u
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/setup.sh" || exit 1
build_in_order "lesson $1" "lesson-$1"
