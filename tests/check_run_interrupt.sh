#!/bin/sh
# check_run_interrupt.sh - an interrupted ./run leaves no process and no half-made directory, whatever it was doing.
#
# A copy of the scripts works on a scratch cache, so that nothing of the tree's own set-up is touched. It is interrupted
# while it builds the libraries (their verified sources are lent to it), and while it makes the Wine prefix.
set -u
. run.d/lib.sh
[ -f "$CACHE/sources/curl.origin" ] || { echo "no sources to lend in $CACHE"; exit 77; }

scratch=$(make_temp_in "$CACHE")
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/tree/tests/e2e" "$scratch/cache"
cp -a run run.d cmake "$scratch/tree/"
cp -a tests/js "$scratch/tree/tests/"
cp -a tests/e2e/wine.sh tests/e2e/wine64.sh "$scratch/tree/tests/e2e/"
cp -a "$CACHE/sources" "$scratch/cache/"
bad=0
lent=none

complain() { # what
    echo "FAILED: $moment: $1"
    bad=1
}

# True once the program of that name runs for the interrupted ./run.
is_running() { # name
    for file in $(grep -lszE "^MAPI_ROLLOUT_RUN=(.*/)?$pid-" /proc/[0-9]*/environ); do
        [ "$(cat "${file%environ}comm" 2>/dev/null)" != "$1" ] || return 0
    done
    return 1
}

wait_until() { # seconds, command...
    end=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# A child that was not waited for yet still has its process id: it does not count.
has_ended() {
    ! kill -0 "$pid" 2>/dev/null || grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2>/dev/null
}

is_running_or_has_ended() { # name
    is_running "$1" || has_ended
}

# Starts ./run setup, sends it SIGNAL as soon as PROGRAM is seen, and looks at what is left.
interrupt() { # signal, exit status that it must give, program
    moment="$1 while $3 runs"
    (
        cd "$scratch/tree" || exit
        MAPI_ROLLOUT_CACHE=$scratch/cache exec ./run setup >"$scratch/output" 2>&1
    ) &
    pid=$!
    # On a busy machine all that comes before it takes long.
    wait_until 180 is_running_or_has_ended "$3" || complain "it was never seen: $(cat "$scratch/output")"
    kill "-$1" "$pid" || complain "the set-up had ended by itself"
    (
        # Far longer than ./run ever takes, force and all: 15 s with nothing else running.
        wait_until 90 has_ended || kill -KILL "$pid"
    ) &
    guard=$!
    wait "$pid"
    status=$?
    kill "$guard" 2>/dev/null
    [ $status -eq "$2" ] || complain "exit status $status instead of $2: $(cat "$scratch/output")"
    left=$(grep -lszE "^MAPI_ROLLOUT_RUN=(.*/)?$pid-" /proc/[0-9]*/environ)
    [ -z "$left" ] || complain "processes are left: $left"
    left=$(ls -A "$scratch/cache" | grep -vxE "sources|lock|$lent" | tr '\n' ' ')
    [ -z "$left" ] || complain "in the cache is left: $left"
}

interrupt INT 130 flock
interrupt INT 130 dpkg-source
interrupt TERM 143 ninja

# With the libraries in place the set-up goes on to Wine.
libraries=$(readlink build/deps)
lent=${libraries##*/}
ln -s "$libraries" "$scratch/cache/$lent"
interrupt HUP 129 wineserver64
exit $bad
