#!/usr/bin/env bash
# Builds what grades one exercise in build/, and the programs of its other roles, not the course: build_exercise.sh 02.1
# 02.0 stands for the scenes of lesson 02 itself.
set -u
source "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/setup.sh" || exit 1
case $1 in
    *.0) build_in_order "the grader, and lesson ${1%.0}" grade "lesson-${1%.0}" ;;
    *) build_in_order "the grader, and the other side of exercise $1" "exercise-$1" ;;
esac
