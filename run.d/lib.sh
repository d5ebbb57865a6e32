# lib.sh - what every subcommand of ./run shares: where things are, and how a step says what it does.
#
# Sourced with the repository root as working directory. POSIX sh.

ROOT=$(pwd)
: "${HOME:=$(getent passwd "$(id -u)" | cut -d: -f6)}"
export HOME
CACHE=${MAPI_ROLLOUT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mapi-rollout}
LOGS=$ROOT/build/log
JOBS=$(nproc)
# The marker that ./run gave us (see there), as a part of file names. A script that is run by hand makes its own.
: "${MAPI_ROLLOUT_RUN:=$$-byhand}"
export MAPI_ROLLOUT_RUN
MARK=$(printf %s "$MAPI_ROLLOUT_RUN" | tr / _)
# Messages in one language, so that logs can be read and searched; no question asked by any package.
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

say() {
    printf '%s\n' "$*"
}

die() { # sentence
    printf 'run: %s\n' "$*" >&2
    exit 1
}

usage_error() { # sentence that says what to do instead
    printf 'run: %s\n' "$*" >&2
    exit 2
}

# Inside a step: something to be seen even when all goes well.
note() { # sentence
    printf 'run-note: %s\n' "$*"
}

# Runs a command as one step: a line with the seconds taken; its output goes to a log file, and is shown when it fails.
step() { # log name, text, command...
    log=$LOGS/$1.log
    printf '%-64s' "$2 ..."
    shift 2
    began=$(date +%s)
    mkdir -p "$LOGS"
    if "$@" >"$log" 2>&1; then
        printf ' %4d s\n' $(($(date +%s) - began))
        sed -n 's/^run-note: /  note: /p' "$log"
    else
        status=$?
        printf ' FAILED\n'
        # Of a build, what went wrong, without the compiler's command lines; of anything else, the end.
        if grep -q '^FAILED: ' "$log"; then
            sed -n '/^FAILED: /,$p' "$log" | grep -vE '^(/usr/bin/\S+ -.* -c |: && )' | head -n 60
        else
            tail -n 40 "$log"
        fi
        say "run: that failed (status $status); the whole output is in $log" >&2
        return "$status"
    fi
}

# Prints one hash over the contents of files and further words: the key of a cache.
hash_of() { # file..., then -- word...
    {
        while [ $# -gt 0 ] && [ "$1" != -- ]; do
            cat "$1" || return
            shift
        done
        printf '%s\n' "$@"
    } | sha256sum | cut -c1-16
}

# A directory that ./run removes when it is interrupted. Under the same parent as what it will become, so that a
# rename puts it in place at once or not at all.
make_temp_in() { # parent
    mkdir -p "$1" && mktemp -d "$1/.tmp-$MARK-XXXXXX"
}

# Removes what runs left that were killed too hard to clean up. Their process id is in the name.
remove_stale_temps() { # parent
    for stale in "$1"/.tmp-*; do
        owner=${stale##*/.tmp-}
        owner=${owner%%-*}
        [ ! -d "$stale" ] || [ -d "/proc/$owner" ] || rm -rf "$stale"
    done
}

# Configures one of the trees of CMakePresets.json and builds it, or only some targets. One ./run at a time in one tree.
build_tree() { # preset, target...
    step "build-$1" "build $1" flock -o "build/lock-$1" sh -c '
        jobs=$1
        preset=$2
        shift 2
        cmake --preset "$preset" && cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"}' \
        build "$JOBS" "$@"
}

# What demo and benches find in their environment: the programs as shipped. tests/CMakeLists.txt gives tests the same.
export_programs() {
    export MR_SOURCE_DIR="$ROOT" MR_WINE_TEMPLATE="$ROOT/build/wine-template" \
        MR_SERVER="$ROOT/dist/linux/mapi-rollout-server" MR_ADMIN="$ROOT/dist/linux/mapi-rollout" \
        MR_AGENT="$ROOT/dist/windows/mapi-rollout-agent.exe" MR_ADMIN_EXE="$ROOT/dist/windows/mapi-rollout.exe" \
        MR_TEST_TOOLS="$ROOT/build/mingw-release/tools"
}
