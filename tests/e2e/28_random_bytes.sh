#!/bin/sh
# 28_random_bytes.sh - thousands of connections with broken requests, and with what is none, to both doors, in TLS and
# without: the server stays alive, answers in HTTP or closes, and no sanitizer has anything to say.
#
# MR_SEED chooses the bytes (1 by default: every run sends the same), MR_CONNECTIONS how many. What is behind the
# routes is fuzzed in one process (tests/fuzz/fuzz_routes.c); this is about what stands in front of them. Natively,
# without Wine. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

SEED=${MR_SEED:-1}
CONNECTIONS=${MR_CONNECTIONS:-2000}
ROLLOUT=random-e2e
native_begin "$MR_SERVER" "$MR_ADMIN"
site_make
for role in viewer operator publisher; do
    server_token $role >"$WORK/$role.token" || fail "token add"
    printf '%s %s\n' $role "$(cat "$WORK/$role.token")" >>"$WORK/tokens"
done
printf 'enroll %s\n' "$(enroll_secret)" >>"$WORK/tokens"
say "MR_SEED=$SEED"

talk_nonsense() { # what it is, agents' URL, administrators' URL
    said=$(python3 "$HARNESS_DIR/random_bytes.py" "$SEED" "$CONNECTIONS" "$CA" "$2" "$3" "$WORK/tokens") ||
        fail "$1, MR_SEED=$SEED"
    say "ok: $1: $said, and both doors live"
}

server_start
talk_nonsense "in TLS" "$SERVER_URL" "$MAPI_ROLLOUT_SERVER"
server_stop
no_sanitizer_spoke || fail "a sanitizer has something to say about the server"

: >"$WORK/log/server.out" # of the one before
"$MR_SERVER" --data "$SERVER_DATA" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --trust "$TRUST" \
    >"$WORK/log/server.out" 2>>"$WORK/log/server.log" </dev/null &
SERVER_PID=$!
remember "$SERVER_PID"
until_true 20 server_listens || fail "the server does not start"
talk_nonsense "in plain HTTP" "$(sed -n 's/^listening agents=\([^ ]*\) .*/\1/p' "$WORK/log/server.out")" \
    "$(sed -n 's/^listening .*admin=\([^ ]*\)$/\1/p' "$WORK/log/server.out")"
check "no token is in the log" sh -c "! cut -d' ' -f2 '$WORK/tokens' | grep -qFf - '$WORK/log/server.log'"
passed
