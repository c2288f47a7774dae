# shellcheck shell=bash
# What the doors (lessons/run, tests/run, .ci/run) share: installing what is missing, and building.
# Sourced by them, from any directory; bash. Everything that is built lies in build/.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd) || exit 1

# level  package  how it is found (a command, or files below /usr; | is "or")  what it is for
# Levels: learn (the tour), tests (and the documentation), ci (and the checks of the code's form).
needed_packages='
learn g++                  c++                                          compiles the programs
learn cmake                cmake                                        describes the build
learn ninja-build          ninja                                        builds
learn libfmt-dev           include/fmt/format.h                         what the programs print
learn libcli11-dev         include/CLI/CLI.hpp                          the options of the programs
learn libtomlplusplus-dev  include/toml++/toml.h|include/toml++/toml.hpp  reads the scenes
learn catch2               include/catch2/catch.hpp|include/catch2/catch_all.hpp  the tests of the helper library
learn strace               strace                                       ends a program before a chosen system call
learn procps               ps                                           lists processes
learn util-linux           ipcs                                         lists System V segments and semaphores
tests doxygen              doxygen                                      makes the site
tests doxygen-awesome-css  share/doxygen-awesome-css                    the look of the site
tests graphviz             dot                                          draws its figures
tests python3              lib/python3*/html/parser.py                  checks the links of the site
tests libboost-dev         include/boost/version.hpp                    shared memory of another library, for doctor to see; a ring beside ours
tests libatomic-queue-dev  include/atomic_queue/atomic_queue.h          another ring beside ours, in ring_bench
tests libreaderwriterqueue-dev  include/readerwriterqueue.h             another ring beside ours, in ring_bench
tests gnuplot-nox          gnuplot                                      draws what compare has measured
ci    libiceoryx-posh-dev     include/iceoryx|include/iceoryx_posh  another way with shared memory beside ours, in compare
ci    iceoryx                 iox-roudi                                its daemon
ci    clang-format         clang-format                                 checks how the code is laid out
ci    clang-tidy           clang-tidy                                   looks for mistakes in the code
'

is_there() {  # is_there WAYS: a command in PATH, or a file below /usr or /usr/local
    local way
    local -a ways
    IFS='|' read -ra ways <<<"$1"
    for way in "${ways[@]}"; do
        if [[ $way == */* ]]; then
            compgen -G "/usr/$way" >/dev/null && return 0
            compgen -G "/usr/local/$way" >/dev/null && return 0
        else
            type -P "$way" >/dev/null && return 0
        fi
    done
    return 1
}

missing_packages() {  # missing_packages LEVEL: sets `missing` and `reasons`, alike in length
    local level package ways why levels=" learn tests ci "
    missing=()
    reasons=()
    while read -r level package ways why; do
        [[ -n $level && " ${levels%" $1 "*} $1 " == *" $level "* ]] || continue  # up to it
        is_there "$ways" && continue
        missing+=("$package")
        reasons+=("$why")
    done <<<"$needed_packages"
}

# set_up LEVEL [--yes]: installs what is missing for LEVEL, or says what is to be done and ends
# with status 1. Asks first, where there is somebody to ask. Silent where nothing is missing.
set_up() {
    local level=$1 yes=${2-} i answer
    local -a missing reasons as_root=()
    missing_packages "$level"
    if ((${#missing[@]})); then
        echo "Missing on this system:" >&2
        for i in "${!missing[@]}"; do
            printf '  %-20s %s\n' "${missing[i]}" "${reasons[i]}" >&2
        done
        if ! type -P apt-get >/dev/null; then
            echo "These are the packages' names on Debian; install what answers to them here, then" \
                 "start this again." >&2
            exit 1
        fi
        if ((EUID != 0)); then
            as_root=(sudo)
            [[ -t 0 ]] || as_root=(sudo -n)
            if ! type -P sudo >/dev/null || { [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; }; then
                how_to_install "Only root can install them."
                exit 1
            fi
        fi
        if [[ -t 0 && $yes != --yes ]]; then
            read -rp "Install these with apt-get now? [Y/n] " answer || answer=n
            if [[ $answer != '' && ${answer,,} != y && ${answer,,} != yes ]]; then
                how_to_install "Nothing was installed."
                exit 1
            fi
        fi
        install_missing
        missing_packages "$level"
        if ((${#missing[@]})); then
            how_to_install "Still missing after the installation: ${missing[*]}."
            exit 1
        fi
    fi
    require_versions
}

how_to_install() {  # how_to_install REASON
    local -a root_shell=(su -c)
    type -P sudo >/dev/null && root_shell=(sudo sh -c)
    echo "$1 The command for it:" >&2
    echo "  ${root_shell[*]} 'apt-get update && apt-get install --no-install-recommends ${missing[*]}'" >&2
}

install_missing() {
    local log lists
    log=$(mktemp) || exit 1
    lists=$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null)
    echo "Installing them; this takes a minute or two ..." >&2
    if { [[ -n $lists ]] || run_apt "$log" update; } &&
        { run_apt "$log" install "${missing[@]}" ||  # the lists may be old: once more, with new ones
            { [[ -n $lists ]] && run_apt "$log" update && run_apt "$log" install "${missing[@]}"; }; }; then
        rm -f "$log"
        return
    fi
    tail -n 20 "$log" >&2
    rm -f "$log"
    how_to_install "apt-get failed, see above."
    exit 1
}

run_apt() {  # run_apt LOG update | run_apt LOG install PACKAGE...
    local log=$1 command=$2
    local -a options=(-q -y -o DPkg::Lock::Timeout=120)
    shift 2
    [[ $command == install ]] && options+=(--no-install-recommends)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get "${options[@]}" "$command" "$@" >>"$log" 2>&1 </dev/null
}

require_versions() {
    local cmake_version gcc_version
    cmake_version=$(cmake --version) || exit 1
    cmake_version=${cmake_version#cmake version }
    cmake_version=${cmake_version%%[!0-9.]*}
    if ! printf '%s\n' 3.25 "$cmake_version" | sort -CV; then
        echo "cmake here is $cmake_version; this needs 3.25 or newer (Debian 12, Ubuntu 24.04)." >&2
        exit 1
    fi
    if [[ $(c++ --version) == *"Free Software Foundation"* ]]; then
        gcc_version=$(c++ -dumpversion)
        if ((${gcc_version%%.*} < 11)); then
            echo "g++ here is $gcc_version; this needs 11 or newer, for C++20." >&2
            exit 1
        fi
    fi
}

# build_in_order WHAT [TARGET...]: configures build/ and builds the targets (none: everything).
# One line says what goes on; the compiler's warnings and errors are shown, its progress is not.
build_in_order() {
    local what=$1 log=$root/build/build.log
    shift
    mkdir -p "$root/build" || exit 1
    exec 9>"$root/build/.lock" || exit 1  # two doors at once: one after the other
    if ! flock -n 9; then
        echo "Waiting for another build in build/ ..." >&2
        flock 9 || exit 1
    fi
    configure >"$log" 2>&1 || {
        cat "$log" >&2
        echo "The build could not be configured, see above." >&2
        exit 1
    }
    local -a targets=()
    (($#)) && targets=(--target "$@")
    if [[ $(ninja -C "$root/build" -n "$@" 2>&1) == *"no work to do"* ]]; then
        exec 9>&-
        return
    fi
    echo "Building $what ..." >&2
    local status=0
    if [[ -t 2 && -t 1 ]]; then
        NINJA_STATUS='  %f of %t  ' cmake --build "$root/build" "${targets[@]}" || status=1
    else
        cmake --build "$root/build" "${targets[@]}" >"$log" 2>&1 || status=1
        grep -vE '^(\[[0-9]+/[0-9]+\]|ninja: Entering)' "$log" >&2
    fi
    if ((status)); then
        echo "The build failed, see above." >&2
        exit 1
    fi
    exec 9>&-
}

configure() {
    local cache=$root/build/CMakeCache.txt fresh=
    # A cache of another folder (the tree was moved or copied) or of another generator stops cmake.
    if [[ -e $cache ]] && ! { grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache" &&
        grep -qxF "CMAKE_CACHEFILE_DIR:INTERNAL=$root/build" "$cache" &&
        grep -qxF "CMAKE_GENERATOR:INTERNAL=Ninja" "$cache"; }; then
        fresh=--fresh
    fi
    (cd "$root" && cmake ${fresh:+"$fresh"} --preset default)
}
