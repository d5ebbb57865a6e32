# harness.sh - a server, a Windows with users and an agent, each test its own; taken down whatever happens.
#
# Sourced; POSIX sh. It runs the script again in a network namespace of its own where that is allowed, and otherwise
# says so and uses free ports. Everything made lies in $WORK, everything started is remembered and ended.
#
#   . "$(dirname "$0")/harness.sh"
#   harness_begin                               $WORK, a Wine prefix, a site with keys, trust, CA and certificates
#   user_add alice 1001; user_logon alice       a hive of Windows' kind under HKEY_USERS
#   server_start; agent_configure; agent_start
#   publish 1; release hold-back
#   until_value alice 1                         polls; fails the test when the deadline passes
#   passed                                      the last line of a test
#
# Waiting is polling with a bound everywhere; a bound that is reached prints the logs' ends and fails.

ROOT=${MR_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
HARNESS_DIR=$ROOT/tests/e2e
: "${MR_SERVER:=$ROOT/dist/linux/mapi-rollout-server}" "${MR_ADMIN:=$ROOT/dist/linux/mapi-rollout}"
: "${MR_AGENT:=$ROOT/dist/windows/mapi-rollout-agent.exe}" "${MR_TEST_TOOLS:=$ROOT/build/mingw-release/tools}"
: "${MR_WINE_TEMPLATE:=$ROOT/build/wine-template}"
MR_SOURCE_DIR=$ROOT
export LC_ALL=C.UTF-8 MR_WINE_TEMPLATE MR_SOURCE_DIR
. "$ROOT/tests/saying.sh"
. "$HARNESS_DIR/wine.sh"
. "$HARNESS_DIR/users.sh"
. "$HARNESS_DIR/site.sh"
. "$HARNESS_DIR/agent.sh"

TEST_NAME=$(basename "$0" .sh)

# ---- a network of our own ------------------------------------------------------------------------

# As root: a network namespace. As a user: inside a user namespace that maps nobody else, the rights are given
# back once the loopback interface is up. MR_NETWORK=shared asks for none.
enter_network() { # arguments of the script...
    [ -z "${MR_NETWORK:-}" ] || return 0
    up='ip link set lo up && MR_NETWORK=own && export MR_NETWORK'
    if [ "$(id -u)" = 0 ]; then
        set -- unshare -n -- sh -c "$up && exec \"\$0\" \"\$@\"" "$0" "$@"
    else
        set -- unshare -n --map-current-user --keep-caps -- sh -c \
            "$up && exec setpriv --ambient-caps -all --inh-caps -all \"\$0\" \"\$@\"" "$0" "$@"
    fi
    if namespaces_work; then
        exec "$@"
    fi
    say "note: no network namespace of its own here; using free ports on the loopback interface"
    MR_NETWORK=shared
    export MR_NETWORK
}

namespaces_work() {
    if [ "$(id -u)" = 0 ]; then
        unshare -n ip link set lo up
    else
        unshare -n --map-current-user --keep-caps ip link set lo up
    fi 2>/dev/null
}

# ---- beginning and end ---------------------------------------------------------------------------

# Processes that we started, newest first; each a name and a process id.
STARTED=

remember() { # pid
    STARTED="$1 $STARTED"
}

alive() { # pid
    kill -0 "$1" 2>/dev/null
}

# Asks it to end, waits up to 5 s, then insists. Only for children of ours.
end_process() { # pid
    kill "$1" 2>/dev/null || return 0
    (until_true 5 not_running "$1") || kill -9 "$1" 2>/dev/null || :
    wait "$1" 2>/dev/null || :
}

# A child that ended and was not waited for yet still has its process id: it does not count.
not_running() { # pid
    ! alive "$1" || grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

harness_end() {
    status=$?
    trap - EXIT
    trap '' HUP INT PIPE TERM
    [ -n "${WORK:-}" ] || exit "$status"
    if [ "${KEEP:-no}" = yes ] && [ "$status" = 0 ]; then
        exit 0
    fi
    # The prefix first: what we started inside it ends with it.
    [ ! -d "$WORK/prefix" ] || wine_stop "$WORK/prefix" 2>/dev/null || :
    for pid in $STARTED; do
        end_process "$pid"
    done
    if [ -n "${MR_KEEP_WORK:-}" ]; then
        say "kept: $WORK"
    else
        rm -rf "$WORK"
    fi
    exit "$status"
}

harness_begin() {
    need_files "$MR_SERVER" "$MR_ADMIN" "$MR_AGENT" "$MR_TEST_TOOLS/hold.exe" "$MR_WINE_TEMPLATE/system.reg"
    end_with_harness
    WORK=$(work_directory)
    PREFIX=$WORK/prefix
    mkdir "$WORK/log"
    windows_start
    site_make
}

# The same for a test without Wine: a directory, and nothing in it yet but that of the logs.
native_begin() { # file that it needs...
    need_files "$@"
    end_with_harness
    DATA_DIR=/nonexistent
    WORK=$(mktemp -d)
    mkdir "$WORK/log"
}

end_with_harness() {
    trap harness_end EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
    trap 'exit 141' PIPE
}

# What is to be kept gets a name that no clean-up of interrupted runs looks for.
work_directory() {
    if [ "${KEEP:-no}" = yes ]; then
        kept_beside=$(readlink -f "$MR_WINE_TEMPLATE") && mktemp -d "${kept_beside%/*}/demo-XXXXXX"
    else
        wine_scratch
    fi
}

need_files() { # file...
    for file; do
        [ -e "$file" ] || {
            say "missing: $file (./run build makes the programs, ./run setup the rest)" >&2
            exit 1
        }
    done
}

# ---- saying how it went --------------------------------------------------------------------------

passed() {
    [ -z "${SERVER_PID:-}" ] || server_stop
    no_sanitizer_spoke || fail "a sanitizer has something to say about the server"
    say "passed: $TEST_NAME"
}

# Leaks are told at the very end, undefined behaviour while the program goes on.
no_sanitizer_spoke() {
    ! grep -sE 'ERROR: [A-Za-z]*Sanitizer|runtime error:' "$WORK/log/server.log" "$WORK/log/operator.log"
}

fail() { # sentence
    say "FAILED: $TEST_NAME: $*" >&2
    for log in "$WORK"/log/*.log "$DATA_DIR/agent.log"; do
        [ -s "$log" ] && [ "$log" != "$WORK/log/init.log" ] || continue
        say "---- end of ${log#"$WORK"/}" >&2
        tail -n 25 "$log" >&2
    done
    exit 1
}

# The file is there, and grep(1) finds nothing in it.
lacks() { # file, options and pattern of grep...
    lacking=$1
    shift
    grep -q "$@" "$lacking"
    [ $? = 1 ]
}

# Of a log that goes on: how many lines there are of that kind, and whether there are more by now.
count_of() { # file, extended regular expression
    grep -Ec "$2" "$1"
}

has_more() { # file, extended regular expression, count
    [ "$(count_of "$1" "$2")" -gt "$3" ]
}

now_ms() {
    date +%s%3N
}

# Sets UPTIME_CS, hundredths of a second since the machine started, without a program: date(1) costs more than the wait.
uptime_read() {
    read -r uptime_s _ </proc/uptime
    UPTIME_CS=${uptime_s%.*}${uptime_s#*.}
}

# Polls until the command succeeds; fails after the seconds have passed. Soon at first, then less often: many tests wait
# at once, and each look costs processes.
until_true() { # seconds, command...
    uptime_read
    until_soon=$((UPTIME_CS + 100))
    until_end=$((UPTIME_CS + $1 * 100))
    shift
    while ! "$@"; do
        uptime_read
        [ "$UPTIME_CS" -lt "$until_end" ] || return 1
        if [ "$UPTIME_CS" -lt "$until_soon" ]; then sleep 0.05; else sleep 0.25; fi
    done
}

until_ok() { # seconds, sentence, command...
    bound=$1
    sentence=$2
    shift 2
    until_true "$bound" "$@" || fail "not within $bound s: $sentence"
    say "ok: $sentence"
}
