#!/bin/sh
# 28_doors.sh - no secret is where it must not be: all commands and all requests, with all secrets there are; then all
# that was printed, logged, stored, backed up and shown in the list of processes is searched for each of them.
#
# Natively, without Wine. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

ROLLOUT=doors-e2e
DEVICES=4
# Each new machine of this test but one: the address of one more is full.
SERVER_FLAGS="--trusted-proxy 127.0.0.0/8,::1 --new-devices $((DEVICES + 1))"
native_begin "$MR_SERVER" "$MR_ADMIN"
SECRETS=$WORK/secrets
OUT=$WORK/seen
mkdir "$SECRETS" "$OUT"
site_make
MAPI_ROLLOUT_TOKEN_FILE=$SECRETS/publisher.token

doors() { # command, arguments...
    python3 "$HARNESS_DIR/doors.py" "$@"
}

# A command of the server that makes a secret, which alone is on its stdout.
make_secret() { # file, arguments...
    file=$1
    shift
    "$MR_SERVER" "$@" --data "$SERVER_DATA" >"$SECRETS/$file.token" 2>>"$OUT/server-commands.err" || fail "$*"
}

server_command() { # arguments...
    "$MR_SERVER" "$@" --data "$SERVER_DATA" >>"$OUT/server-commands.out" 2>>"$OUT/server-commands.err"
}

admin_command() { # arguments...
    "$MR_ADMIN" "$@" >>"$OUT/admin-commands.out" 2>>"$OUT/admin-commands.err"
}

post_enroll() { # secret's file, [address that a proxy saw]
    curl -sS --cacert "$CA" -o "$WORK/answer" -w '%{http_code}' -H "Authorization: Bearer $(cat "$SECRETS/$1.token")" \
        -H "X-Forwarded-For: ${2:-127.0.0.1}" --data-binary '{"host":{"name":"PC-9"}}' "$SERVER_URL/v1/enroll" \
        2>>"$WORK/log/curl.log"
}

# A server that does not start, because of a flag.
refuses_flag() { # words, flag, value
    code=0
    "$MR_SERVER" --data "$WORK/other" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --trust "$TRUST" "$2" "$3" \
        >/dev/null 2>"$WORK/refused" || code=$?
    check "$2 $3: $1" grep -q "out_of_range: $1" "$WORK/refused"
    check "$2 $3: systemd does not try that again" equal "$code" 2
}

# ---- everything is made, used and ended ----------------------------------------------------------

python3 "$HARNESS_DIR/doors.py" watch "$WORK" "$OUT/processes" "$WORK/stop" "$(readlink -f "$MR_SERVER")" "$(readlink -f "$MR_ADMIN")" \
    >"$WORK/log/watch.log" 2>&1 </dev/null &
remember $!
for role in viewer operator publisher; do make_secret $role token add --role $role --name $role; done
make_secret gone-token token add --role publisher --name gone
make_secret short-token token add --role viewer --name short --expires-days 1
make_secret many enroll-secret add --name many
make_secret once enroll-secret add --name once --uses 1 --expires-days 7
make_secret gone-secret enroll-secret add --name gone
server_start
sign 1
doors devices "$SERVER_URL" "$CA" "$SECRETS/many.token" "$SECRETS" $DEVICES || fail "machines"
check "a secret of one use lets one in" equal "$(post_enroll once)" 201
check "and no second one" equal "$(post_enroll once)" 401
check "that was the last new machine of this address" equal "$(post_enroll many)" 429
check "a proxy brings one of another address" equal "$(post_enroll many '203.0.113.1, 192.0.2.9')" 201
check "by that it is known" grep -q 'event=request address=192.0.2.9 who="secret many" .*route=/v1/enroll' \
    "$WORK/log/server.log"
refuses_flag '--trusted-proxy takes at most 32 addresses' --trusted-proxy proxy.example
refuses_flag '--trusted-proxy takes at most 32 addresses' --trusted-proxy 0.0.0.0/0
refuses_flag '--new-devices is a whole number' --new-devices 0
server_command token revoke --name gone || fail "token revoke"
server_command enroll-secret revoke --name gone || fail "enroll-secret revoke"
check "a revoked secret opens nothing, at once" equal "$(post_enroll gone-secret)" 401
server_command device retire --device "$(cat "$SECRETS/device-2.id")" || fail "device retire"
for what in token enroll-secret device; do
    server_command $what list || fail "$what list"
    server_command $what list --json || fail "$what list --json"
done
"$MR_SERVER" enroll-secret list --data "$SERVER_DATA" >"$WORK/list" || fail "enroll-secret list"
check "the list says what is left" grep -q '^once  .* used_up  .*  0 of 1 left, last 20' "$WORK/list"
check "and that one was revoked" grep -q '^gone  .* revoked ' "$WORK/list"
check "and until when one is good" grep -q '^many  .* good  .* until 20.*  used [0-9]*, last 20' "$WORK/list"
admin_command publish "$WORK/bundle-1.json" || fail "publish"
admin_command release observe --yes || fail "release"
for what in status users devices audit; do
    admin_command $what || fail "$what"
    admin_command $what --json || fail "$what --json"
done
admin_command export --out "$OUT/export.csv" || fail "export"
admin_command hold --reason 'a test' || fail "hold"
admin_command resume || fail "resume"
admin_command audit --json --out "$OUT/audit.jsonl" || fail "audit"
admin_command safe --reason 'a test' --confirm "$ROLLOUT" || fail "safe"
server_command safe --reason 'a test' || fail "safe at the server"
server_command backup "$OUT/backup.db" || fail "backup"

# What fails says why, and nothing else.
! admin_command status --token-file "$SECRETS/gone-token.token" || fail "a revoked token is good"
! admin_command publish "$WORK/bundle-1.json" --token-file "$SECRETS/viewer.token" || fail "a viewer publishes"
! admin_command status --token-file "$SECRETS/many.token" || fail "an enroll secret is good for administrators"
! server_command token add --role viewer --name viewer || fail "a name is taken twice"
! server_command token add --role king --name king || fail "there are kings"
! server_command enroll-secret add --uses 0 || fail "a secret without uses"
check "the errors are there" grep -q 'unauthorized' "$OUT/admin-commands.err"

# A server that is stopped for a while: what is written down is shown once and for all, and the server learns of it.
# Stopped with the store in its hands, it lets nobody write: once more, then.
tell_who_is_stopped() {
    kill -STOP "$SERVER_PID"
    "$MR_SERVER" token add --role viewer --name late --data "$SERVER_DATA" >"$SECRETS/late.token" 2>"$OUT/late.err"
    code=$?
    kill -CONT "$SERVER_PID"
    [ "$code" != 0 ] || fail "a server that is stopped was told something"
    ! grep -q store_busy "$OUT/late.err"
}
until_true 60 tell_who_is_stopped || fail "the store is never free"
check "the token is shown all the same" test -s "$SECRETS/late.token"
check "what is true is said" grep -q 'timed_out: it is written down, but the server that runs does not know it yet' \
    "$OUT/late.err"
until_ok 30 "soon it is good" admin_command status --token-file "$SECRETS/late.token"

doors requests "$SERVER_URL" "$MAPI_ROLLOUT_SERVER" "$CA" "$SECRETS" >"$OUT/answers" || fail "requests"
check "every secret was shown everywhere" grep -q '^device-0.token GET /v1/policy 200 ' "$OUT/answers"
check "and some were too many guesses" grep -q ' 429 Date: ' "$OUT/answers"
curl -sS --cacert "$CA" "$MAPI_ROLLOUT_SERVER/metrics" >"$OUT/metrics" || fail "metrics"
if [ "$MR_NETWORK" = own ] && ip address add 198.51.100.1/32 dev lo 2>/dev/null; then
    check "an address of this machine that is not a loopback one needs a token for metrics" equal \
        "$(curl -sS --cacert "$CA" --interface 198.51.100.1 -o /dev/null -w '%{http_code}' \
            "$MAPI_ROLLOUT_SERVER/metrics" 2>>"$WORK/log/curl.log")" 401
else
    say "skipped: no address can be added here"
fi

# ---- and is nowhere ------------------------------------------------------------------------------

server_stop
: >"$WORK/stop"
cp -r "$SERVER_DATA" "$OUT/data" || fail "the data directory"
cp "$WORK/log/server.log" "$WORK/log/server.out" "$WORK/log/operator.log" "$WORK/list" "$OUT" || fail "the logs"
cp "$SIGNING_KEY" "$SECRETS/signing.pem" || fail "the signing key"
cp "$CERT_KEY" "$SECRETS/server.pem" || fail "the server's key"
check "what was refused is in the log, by its name" grep -q 'event=proof_refused .*reason=used_up name=once' \
    "$OUT/server.log"
check "revoked ones, too" grep -q 'event=proof_refused .*reason=revoked name=gone' "$OUT/server.log"
check "the processes were seen" grep -aq 'enroll-secret' "$OUT/processes"
check "the server's, too" grep -aq 'admin-listen' "$OUT/processes"
# The search finds what it should: the digest of a secret is in the store, a secret that is put there is found.
cp "$SECRETS/viewer.token" "$OUT/planted"
! doors search "$OUT" "$SECRETS" >"$WORK/found" || fail "the search finds nothing"
check "a secret that lies there is found" grep -q '^viewer.token is in .*/planted$' "$WORK/found"
rm "$OUT/planted"
doors search "$OUT" "$SECRETS" >"$WORK/found" || fail "$(cat "$WORK/found")"
say "ok: $(cat "$WORK/found"): none of them is there"
passed
