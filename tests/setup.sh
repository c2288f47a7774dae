# shellcheck shell=bash
# What the doors (lessons/run, tests/run, .ci/run) share: installing what is missing, and building.
# Sourced by them, from any directory; bash. Everything that is built lies in build/.

root=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd) || exit 1

# level  package  how it is found (commands, or files below /usr; | is "or", & is "and")  what it is for
# Levels, each with those before it: learn (the tour, and lessons/run --read), site (lessons/run --site),
# tests, browser (tests/run --browser), ci (and the checks of the code's form).
needed_packages='
learn g++                  c++                                          compiles the programs
learn cmake                cmake                                        describes the build
learn ninja-build          ninja                                        builds
learn libfmt-dev           include/fmt/format.h                         what the programs print
learn nlohmann-json3-dev   include/nlohmann/json.hpp                    what the programs write for other programs
learn libcli11-dev         include/CLI/CLI.hpp                          the options of the programs
learn libtomlplusplus-dev  include/toml++/toml.h|include/toml++/toml.hpp  reads the scenes
learn catch2               include/catch2/catch.hpp|include/catch2/catch_all.hpp  the tests of the helper library
learn strace               strace                                       ends a program before a chosen system call
learn procps               ps                                           lists processes
learn util-linux           ipcs&ipcmk&ipcrm&flock                       lists and removes System V segments and semaphores
learn python3              lib/python3*/html/parser.py&python3          scenes look at objects with it; shows a page
site  doxygen              doxygen                                      makes the site
site  doxygen-awesome-css  share/doxygen-awesome-css                    the look of the site
site  gnuplot-nox          gnuplot                                      draws the plots of what was measured
tests libboost-dev         include/boost/version.hpp                    shared memory of another library, for doctor to see; a ring beside ours
tests libatomic-queue-dev  include/atomic_queue/atomic_queue.h          another ring beside ours, in ring_bench
tests libreaderwriterqueue-dev  include/readerwriterqueue.h             another ring beside ours, in ring_bench
tests pkgconf              pkg-config                                   finds the installed ring, as another project does
browser chromium           chromium                                     shows the site to its tests
browser chromium-driver    chromedriver                                 what the tests hold it by
browser python3-selenium   lib/python3/dist-packages/selenium           what the tests speak to it with
ci    npm                  npm                                          fetches axe-core, which finds what shuts readers out of the site
ci    libiceoryx-posh-dev  include/iceoryx|include/iceoryx_posh         another way with shared memory beside ours, in compare
ci    iceoryx              iox-roudi                                    its daemon
ci    clang-format         clang-format                                 checks how the code is laid out
ci    clang-tidy           clang-tidy                                   looks for mistakes in the code
ci    clang                clang++                                      compiles the ring a second way
ci    g++-12-multilib      lib/gcc/x86_64-linux-gnu/12/32/libstdc++.a|lib/ld-linux-aarch64.so.1  compiles the unit tests for 32 bits
ci    g++-12-aarch64-linux-gnu  aarch64-linux-gnu-g++-12|lib/ld-linux-aarch64.so.1  compiles them for aarch64
ci    qemu-user            qemu-aarch64|lib/ld-linux-aarch64.so.1       runs those
ci    ccache               ccache                                       compiles nothing twice: the clone of an ordinary account, mutants
ci    stress-ng            stress-ng                                    keeps the machine busy while the tests run
'

is_there() {  # is_there WAYS: commands in PATH, or files below /usr or /usr/local
    local one
    local -a all
    if [[ $1 == *'|'* ]]; then
        IFS='|' read -ra all <<<"$1"
        for one in "${all[@]}"; do
            is_there "$one" && return 0
        done
        return 1
    fi
    IFS='&' read -ra all <<<"$1"
    for one in "${all[@]}"; do
        if [[ $one == */* ]]; then
            compgen -G "/usr/$one" >/dev/null || compgen -G "/usr/local/$one" >/dev/null || return 1
        else
            type -P "$one" >/dev/null || return 1
        fi
    done
}

missing_packages() {  # missing_packages LEVEL: sets `missing` and `reasons`, alike in length
    local level package ways why levels=" learn site tests browser ci "
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
    local -a missing reasons
    missing_packages "$level"
    if ((${#missing[@]})); then
        echo "Missing on this system:" >&2
        for i in "${!missing[@]}"; do
            printf '  %-24s %s\n' "${missing[i]}" "${reasons[i]}" >&2
        done
        if ! type -P apt-get >/dev/null; then
            echo "These are the packages' names on Debian; install what answers to them here, then" \
                 "start this again." >&2
            exit 1
        fi
        if ((EUID != 0)); then
            type -P sudo >/dev/null || how_to_install "Only root can install them." su
            if [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; then
                how_to_install "Only root can install them, and there is no terminal to ask for a password." sudo
            fi
        fi
        if [[ -t 0 && $yes != --yes ]]; then
            read -rp "Install these with apt-get now? [Y/n] " answer || answer=n
            if [[ $answer != '' && ${answer,,} != y && ${answer,,} != yes ]]; then
                how_to_install "Nothing was installed." sudo
            fi
        fi
        install_missing
        missing_packages "$level"
        ((${#missing[@]} == 0)) || how_to_install "Still missing after the installation: ${missing[*]}." sudo
    fi
    require_versions
}

# how_to_install REASON sudo|su: says it, and the command for it (sudo only where there is one), and ends with 1.
how_to_install() {
    local root_shell='su -c'
    [[ $2 == sudo ]] && type -P sudo >/dev/null && root_shell='sudo sh -c'
    ((EUID == 0)) && root_shell='sh -c'
    echo "$1 The command for it:" >&2
    echo "  $root_shell 'apt-get update && apt-get install --no-install-recommends ${missing[*]}'" >&2
    exit 1
}

# All that root does is one call, so that sudo asks for a password once.
install_missing() {
    local log status
    local -a as_root=()
    ((EUID == 0)) || as_root=(sudo)
    log=$(mktemp) || exit 1
    echo "Installing them; this takes a minute or two ..." >&2
    # This account opens the log: root may not write to another account's file in /tmp (fs.protected_regular).
    "${as_root[@]}" bash -c "$(declare -f run_apt apt_update_and_install)"'; apt_update_and_install "$@"' \
        bash "${missing[@]}" >"$log"
    status=$?
    if ((status == apt_failed)); then
        tail -n 20 "$log" >&2
        rm -f "$log"
        how_to_install "apt-get failed, see above." sudo
    fi
    rm -f "$log"
    ((status == 0)) || how_to_install "sudo does not let this account become root, but who knows root's password may." su
}

apt_failed=73  # a status that sudo does not use

apt_update_and_install() {  # apt_update_and_install PACKAGE...
    local lists
    lists=$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null)
    [[ -n $lists ]] && run_apt install --no-install-recommends "$@" && return
    # No lists yet, or old ones: again, with new ones.
    run_apt update && run_apt install --no-install-recommends "$@" || exit 73
}

run_apt() {  # run_apt ARGUMENTS...
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 "$@" 2>&1 </dev/null
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

# build_in_order WHAT [TARGET...]: builds the targets in build/ (none: everything). Says nothing where there is
# nothing to do; else one line says what is built, and the compiler's warnings and errors are shown.
build_in_order() {
    local what=$1 log=$root/build/build.log status
    shift
    require_own_build
    exec 9>"$root/build/.lock" || exit 1  # two doors at once: one after the other
    if ! flock -n 9; then
        echo "Waiting for another build in build/ ..." >&2
        flock 9 || exit 1
    fi
    if ! is_configured; then
        echo "The first build in this folder: cmake looks at the compiler and the libraries, which takes a while ..." >&2
        configure >"$log" 2>&1 || {
            cat "$log" >&2
            echo "The build could not be configured, see above." >&2
            exit 1
        }
    fi
    local -a targets=()
    (($#)) && targets=(--target "$@")
    # Ninja configures again by itself when a CMakeLists.txt is newer, or an optional part comes or goes.
    NINJA_STATUS='[%f/%t] ' cmake --build "$root/build" "${targets[@]}" 2>&1 9>&- | tee "$log" | show_build "$what"
    status=${PIPESTATUS[0]}
    if ((status)); then
        echo "The build failed, see above." >&2
        exit 1
    fi
    exec 9>&-
}

# What ninja says, for a learner: that something is built, how far it is (in a terminal), and what goes wrong.
show_build() {
    local what=$1 line count said='' before=$root/build/left_out.txt now=''
    while IFS= read -r line; do
        case $line in
            "[0/"*"Re-checking globbed"* | *"Re-running CMake"* | "ninja: no work to do."* | "ninja: Entering"* | "ninja: build stopped"* | "The site is built: "*) ;;
            "["*/*"] "*)
                [[ -n $said ]] || echo "Building $what ..." >&2
                said=yes
                count=${line%%]*} count=${count#[}
                [[ ! -t 2 ]] || printf '\r  %s of %s ' "${count%/*}" "${count#*/}" >&2
                ;;
            "-- Left out"*)
                now+=$line$'\n'
                [[ ! -e $before ]] || grep -qxF -e "$line" "$before" || echo "No longer there: ${line#-- Left out, since }" >&2
                ;;
            "-- "*)
                [[ $line == "-- Configuring done"* ]] && printf '%s' "$now" >"$before"
                ;;
            *)
                [[ -z $said || ! -t 2 ]] || printf '\r\033[K' >&2
                echo "$line" >&2
                ;;
        esac
    done
    [[ -z $said || ! -t 2 ]] || printf '\r\033[K' >&2
}

require_own_build() {  # build/ can be written by this account, with all that is in it
    local what=$root/build foreign root_shell='su -c'
    mkdir -p "$what" 2>/dev/null || [[ -d $what ]] || what=$root
    ((EUID == 0)) && return
    # By owner: files come and go while another build runs, and what is gone is not writable either.
    foreign=$(find "$what" -maxdepth 4 ! -user "$EUID" -print -quit 2>/dev/null)
    [[ -n $foreign ]] || return 0
    type -P sudo >/dev/null && root_shell='sudo sh -c'
    echo "$foreign belongs to $(stat -c %U "$foreign"), so $(id -un) cannot build here. The cure:" \
         "$root_shell 'chown -R $(id -un) \"$what\"'" >&2
    exit 1
}

is_configured() {  # is_configured: by these sources, in this folder, for ninja
    [[ -e $root/build/build.ninja && -e $root/build/CMakeCache.txt ]] && is_cache_of_ours
}

is_cache_of_ours() {
    local cache=$root/build/CMakeCache.txt
    grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache" &&
        grep -qxF "CMAKE_CACHEFILE_DIR:INTERNAL=$root/build" "$cache" &&
        grep -qxF "CMAKE_GENERATOR:INTERNAL=Ninja" "$cache"
}

# A cache of another folder (the tree was moved or copied) or of another generator stops cmake.
configure() {
    local fresh=
    [[ -e $root/build/CMakeCache.txt ]] && ! is_cache_of_ours && fresh=--fresh
    (cd "$root" && cmake ${fresh:+"$fresh"} --preset default) || return
    grep -- '^-- Left out' "$root/build/build.log" >"$root/build/left_out.txt"
    return 0
}
