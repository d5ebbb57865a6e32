#!/bin/sh
# 29_server_process.sh - the server as a process: settings from a file, readiness, reload without a dropped connection,
# another user than root, a stop under load, its log, and the system calls that its unit allows.
#
# Natively, without Wine. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

ROLLOUT=process-e2e
UNIT=$ROOT/server/systemd/mapi-rollout-server.service
native_begin "$MR_SERVER" "$MR_ADMIN"
LOG=$WORK/log/server.log
site_make

CLIENT=$HARNESS_DIR/process_client.py
client() { # command, arguments...; in the background python3 itself, so that it can be ended
    python3 "$CLIENT" "$@"
}

devices() { # command, arguments...
    command=$1
    shift
    python3 "$HARNESS_DIR/report_stream.py" "$command" "$SERVER_URL" "$CA" "$@"
}

# A server with these flags, in this environment; waits until it says where it listens.
serve() { # flags...
    : >"$WORK/log/server.out"
    # Words, each an argument.
    # shellcheck disable=SC2086
    ${SERVE_AS:-} "$MR_SERVER" "$@" >"$WORK/log/server.out" 2>>"$LOG" </dev/null &
    took_place $!
}

took_place() { # pid
    SERVER_PID=$1
    remember "$1"
    until_true 30 server_listens || fail "the server does not start"
    SERVER_PORT=$(sed -n 's/^listening agents=[^ ]*:\([0-9]*\) .*/\1/p' "$WORK/log/server.out")
    ADMIN_PORT=$(sed -n 's/^listening .*admin=[^ ]*:\([0-9]*\)$/\1/p' "$WORK/log/server.out")
    SERVER_URL=https://localhost:$SERVER_PORT
    MAPI_ROLLOUT_SERVER=https://localhost:$ADMIN_PORT
    export MAPI_ROLLOUT_SERVER
}

# The status with which the server ended, once it has.
ended_with() { # signal, [seconds]
    kill -s "$1" "$SERVER_PID"
    until_true "${2:-30}" not_running "$SERVER_PID" || fail "the server does not end"
    wait "$SERVER_PID"
    ended=$?
}

config() { # lines...
    printf '%s\n' "data = $SERVER_DATA" 'listen = 127.0.0.1:0' 'admin-listen = 127.0.0.1:0' "trust = $TRUST" \
        "tls-cert = $CERT" "tls-key = $CERT_KEY" "$@" >"$WORK/server.conf"
}

said_in_log() { # regular expression
    grep -Eq "$1" "$LOG"
}

reload() { # sentence
    reloads=$(count_of "$LOG" event=reloaded)
    kill -HUP "$SERVER_PID"
    until_ok 30 "$1" has_more "$LOG" event=reloaded "$reloads"
}

serial_shown() {
    openssl s_client -connect "localhost:$SERVER_PORT" -CAfile "$CA" </dev/null 2>/dev/null |
        openssl x509 -noout -serial 2>/dev/null
}

# Another certificate for localhost by the same CA.
make_pair() { # certificate, key, days
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout "$2" \
        -out "$WORK/request.pem" 2>/dev/null &&
        printf 'subjectAltName=DNS:localhost\n' >"$WORK/names" &&
        openssl x509 -req -in "$WORK/request.pem" -CA "$CA" -CAkey "$SITE/ca.key" -CAcreateserial -days "$3" \
            -extfile "$WORK/names" -out "$1" 2>/dev/null || fail "no certificate could be made"
}

# ---- settings from a file ------------------------------------------------------------------------

config '# a comment' '' 'log-level = debug'
"$MR_SERVER" token add --config "$WORK/server.conf" --role publisher --name publisher \
    >"$MAPI_ROLLOUT_TOKEN_FILE" 2>>"$LOG" || fail "a command that takes the data directory from the file"
server_token viewer >"$WORK/viewer.token"
enroll_secret >"$WORK/enroll.secret"
printf 'data = x\nlisten 127.0.0.1:0\n' >"$WORK/wrong.conf"
"$MR_SERVER" --config "$WORK/wrong.conf" 2>"$WORK/said"
check "a line that is no setting: exit code 2" equal $? 2
check "and its number" grep -q 'wrong.conf, line 2: is no "key = value"' "$WORK/said"
"$MR_SERVER" --config "$WORK/nothing.conf" 2>"$WORK/said"
check "a file that is not there: exit code 1" equal $? 1
check "all but the example's values is read" sh -c \
    "sed -e 's|/etc/mapi-rollout/|$WORK/none/|; s|/var/lib/mapi-rollout|$WORK/other|; s/^#\\([a-z-]* = \\)/\\1/' \
        '$ROOT/server/etc/server.conf' >'$WORK/example.conf'
    '$MR_SERVER' --config '$WORK/example.conf' 2>&1 | grep -q 'none/trust.json'"

"$MR_SERVER" --help | sed '/^  token /,$d' | grep -o -e '--[a-z][a-z-]*' | sort -u |
    while read -r flag; do
        case $flag in --config | --user) continue ;; esac
        grep -Eq "^#?${flag#--} = " "$ROOT/server/etc/server.conf" || echo "$flag"
    done >"$WORK/said"
check "the example has every setting" equal "$(cat "$WORK/said")" ""

# ---- readiness -----------------------------------------------------------------------------------

for name in "$WORK/notify" "@mapi-rollout-e2e-$$"; do
    : >"$WORK/notified"
    : >"$WORK/log/notify.out" # of the one before
    python3 "$CLIENT" notify "$name" "$WORK/notified" >"$WORK/log/notify.out" &
    systemd=$!
    remember "$systemd"
    until_true 30 grep -q listening "$WORK/log/notify.out" || fail "the test cannot listen as systemd does"
    export NOTIFY_SOCKET="$name" WATCHDOG_USEC=900000
    serve --config "$WORK/server.conf"
    unset NOTIFY_SOCKET WATCHDOG_USEC
    until_ok 30 "ready is told to ${name%%[a-z]*}..." grep -q '^READY=1|STATUS=serving agents=https://' "$WORK/notified"
    check "first of all, and when it serves" sh -c "head -n 1 '$WORK/notified' | grep -q ^READY=1"
    check "which it does" equal "$(curl -sS --cacert "$CA" "$SERVER_URL/readyz")" ready
    until_ok 30 "that it lives is told" grep -q '^WATCHDOG=1$' "$WORK/notified"
    kill -HUP "$SERVER_PID"
    until_ok 30 "reloading is told, with its time" grep -Eq '^RELOADING=1\|MONOTONIC_USEC=[0-9]+\|' "$WORK/notified"
    until_true 30 sh -c "[ \$(grep -c ^READY=1 '$WORK/notified') = 2 ]" || fail "ready again was not told"
    ended_with TERM
    check "it ends with 0" equal "$ended" 0
    check "stopping is told" grep -q '^STOPPING=1|' "$WORK/notified"
    end_process "$systemd"
done

# ---- reload --------------------------------------------------------------------------------------

serve --config "$WORK/server.conf"
devices enroll "$WORK/enroll.secret" "$WORK/device" || fail "no device could be enrolled"
token=$(sed -n 's/.*"device_token":"\([0-9a-f]*\)".*/\1/p' "$WORK/device")
publish 1
first=$(serial_shown)
python3 "$CLIENT" hold "$SERVER_URL" "$CA" "$token" '"0"' "$WORK/held" &
held=$!
python3 "$CLIENT" keep "$SERVER_URL" "$CA" "$WORK/kept" 2>/dev/null &
kept=$!
remember "$held"
remember "$kept"
until_true 30 is_polled || fail "no poll is held"
until_true 30 test -s "$WORK/kept" || fail "no connection is kept"

cp "$CERT" "$WORK/first.pem"
cp "$CERT_KEY" "$WORK/first.key"
make_pair "$WORK/second.pem" "$WORK/second.key" 9
cp "$WORK/second.pem" "$CERT" # its key follows later
kill -HUP "$SERVER_PID"
until_ok 30 "a certificate without its key is refused" said_in_log 'event=certificate_not_reloaded code=certificate_refused'
check "the old one is shown" equal "$(serial_shown)" "$first"
cp "$WORK/second.key" "$CERT_KEY"
reload "the pair is taken"
check "new connections are shown it" [ "$(serial_shown)" != "$first" ]
second=$(serial_shown)
metric=$(curl -sS --cacert "$CA" "$MAPI_ROLLOUT_SERVER/metrics" |
    sed -n 's/^mapi_rollout_certificate_expiry_seconds \([0-9]*\)$/\1/p')
check "metrics say how long it is good" sh -c "[ ${metric:-0} -gt $((8 * 86400)) ] && [ ${metric:-0} -le $((9 * 86400)) ]"
before=$(cat "$WORK/kept")
until_ok 30 "the connection that was kept goes on" sh -c "[ \$(cat '$WORK/kept') -gt $((before + 5)) ]"
check "the held poll as well" is_polled

# Trust gets newer and never older.
"$MR_ADMIN" trust new --key "$SITE/signing.pub.pem" --rollout "$ROLLOUT" --version 2 --out "$WORK/trust-2.json" \
    >>"$WORK/log/operator.log" 2>&1 || fail "trust new"
cp "$TRUST" "$WORK/trust-1.json"
cp "$WORK/trust-2.json" "$TRUST"
reload "a newer trust file is taken"
cp "$WORK/trust-1.json" "$TRUST"
kill -HUP "$SERVER_PID"
until_ok 30 "an older one is refused" said_in_log 'event=trust_not_reloaded code=trust_rollback'
cp "$WORK/trust-2.json" "$TRUST"
publish 2
say "ok: uploads are verified by it"

release hold-back
wait "$held" || fail "the held poll failed"
check "the poll that was held all the time gets what is released" grep -q '^200 "2002-' "$WORK/held"
check "and an id" grep -Eq ' [0-9a-f]{16}-[0-9a-f]+$' "$WORK/held"
kill "$kept" 2>/dev/null
wait "$kept" 2>/dev/null

# ---- its log -------------------------------------------------------------------------------------

forged='/x%20status=200%22%0Aevent=forged%20request=%22'
curl -sS --cacert "$CA" -o "$WORK/problem" "$MAPI_ROLLOUT_SERVER$forged" -H 'X-Request-Id: mine" event="forged'
curl -sS --cacert "$CA" -o /dev/null -X 'GE"T' "$SERVER_URL$forged" -H 'Authorization: Bearer "x" y=z' || :
id=$(sed -n 's/.*"instance":"urn:mapi-rollout:request:\([0-9a-f-]*\)".*/\1/p' "$WORK/problem")
check "a problem names its request" [ -n "$id" ]
check "and the log has it" said_in_log "event=request .* status=404 .* request=$id\$"
check "with who asked for what" said_in_log \
    'event=request address=127.0.0.1 who="token publisher" method=PUT route=/v1/rollout status=200 bytes=[0-9]+ ms=[0-9]+ request='
check "agents by their device" said_in_log 'who="device [0-9a-f]{32}" method=GET route=/v1/policy status=200 '
"$MR_SERVER" safe --data "$SERVER_DATA" --reason 'a "quoted" reason event="forged' 2>>"$LOG" || fail "the brake"
ended_with TERM
check "each line of it is time, level, event and words" client log "$LOG"
check "nobody forged one" lacks "$LOG" -E '(^| )event="?forged'
for secret in "$MAPI_ROLLOUT_TOKEN_FILE" "$WORK/viewer.token" "$WORK/enroll.secret"; do
    check "no secret is in it" lacks "$LOG" -F "$(cat "$secret")"
done
check "nor a device's token" lacks "$LOG" -F "$token"

# ---- trust at a start ----------------------------------------------------------------------------

starts_with_older() { # trust file; true if the start is refused
    cp "$1" "$TRUST"
    timeout 30 "$MR_SERVER" --config "$WORK/server.conf" >"$WORK/log/server.out" 2>"$WORK/said"
    ended=$?
    cp "$WORK/trust-2.json" "$TRUST"
    cat "$WORK/said" >>"$LOG"
    [ "$ended" -eq 1 ] && [ ! -s "$WORK/log/server.out" ]
}

check "a start takes no older trust file than the one before" starts_with_older "$WORK/trust-1.json"
check "it says so in one line, with what to do" grep -Eq \
    "^mapi-rollout-server: trust_rollback at /version: version 1 is lower than 2, .* remove that file if going back is meant\$" \
    "$WORK/said"
printf ' ' | cat "$WORK/trust-2.json" - >"$WORK/trust-other.json"
check "nor one of the same version with other bytes" starts_with_older "$WORK/trust-other.json"
serve --config "$WORK/server.conf"
say "ok: the same one is taken"
ended_with TERM
rm "$SERVER_DATA/trust.kept"
cp "$WORK/trust-1.json" "$TRUST"
serve --config "$WORK/server.conf"
say "ok: going back that is meant is possible"
ended_with TERM
cp "$WORK/trust-2.json" "$TRUST"

# ---- what is released is not at hand -------------------------------------------------------------

# Another key signs from now on: no stored bundle is covered any more. The server serves all the same, as only then it can
# be given another; and it says that it is not ready to everybody who asks.
"$MR_ADMIN" keygen --out "$WORK/other.pem" >>"$WORK/log/operator.log" 2>&1 || fail "keygen"
"$MR_ADMIN" trust new --key "$WORK/other.pub.pem" --rollout "$ROLLOUT" --version 3 --out "$WORK/trust-3.json" \
    >>"$WORK/log/operator.log" 2>&1 || fail "trust new"
cp "$WORK/trust-3.json" "$TRUST"
: >"$WORK/notified"
: >"$WORK/log/notify.out"
python3 "$CLIENT" notify "$WORK/notify-3" "$WORK/notified" >"$WORK/log/notify.out" &
systemd=$!
remember "$systemd"
until_true 30 grep -q listening "$WORK/log/notify.out" || fail "the test cannot listen as systemd does"
export NOTIFY_SOCKET="$WORK/notify-3"
serve --config "$WORK/server.conf"
unset NOTIFY_SOCKET
until_ok 30 "systemd is told that it serves, and what is missing" grep -q \
    '^READY=1|STATUS=serving agents=https://.* not ready: the released policy is not at hand' "$WORK/notified"
status_of() { # url
    curl -sS --cacert "$CA" -o "$WORK/answer" -w '%{http_code}' "$1"
}
check "a load balancer is told no" equal "$(status_of "$SERVER_URL/readyz")" 503
check "and why" grep -q '"detail":"the released policy is not at hand"' "$WORK/answer"
check "it lives" equal "$(status_of "$SERVER_URL/healthz")" 200
check "agents keep what they have" equal "$(status_of "$SERVER_URL/v1/policy")" 503
until_ok 30 "the log says so" said_in_log 'event=not_ready code=unavailable .*the released policy is not at hand'
"$MR_ADMIN" status >"$WORK/said" 2>>"$WORK/log/operator.log" || fail "no status"
check "the operator is told, with the way back" grep -q \
    '^missing .*the released policy is not at hand.*publish the bundle of serial [0-9]* or a later one, and release' "$WORK/said"
SIGNING_KEY=$WORK/other.pem
ready=$(count_of "$LOG" 'event=ready$')
publish 9
release hold-back
check "published and released it is ready" equal "$(curl -sS --cacert "$CA" "$SERVER_URL/readyz")" ready
until_ok 30 "which systemd is told" sh -c "tail -n 1 '$WORK/notified' | grep '^STATUS=serving agents=' | grep -vq 'not ready'"
until_ok 30 "and the log" has_more "$LOG" 'event=ready$' "$ready"
"$MR_ADMIN" status >"$WORK/said" 2>>"$WORK/log/operator.log" || fail "no status"
check "the operator is not told any more" lacks "$WORK/said" ^missing
ended_with TERM
end_process "$systemd"

# ---- stop under load -----------------------------------------------------------------------------

config 'log-level = info'
serve --config "$WORK/server.conf"
senders=
for n in 1 2 3; do
    devices enroll "$WORK/enroll.secret" "$WORK/device-$n" || fail "no device could be enrolled"
    : >"$WORK/taken-$n"
    devices send "$WORK/device-$n" "$WORK/taken-$n" $((n * 1000000)) &
    senders="$senders $!"
    remember $!
done
token=$(sed -n 's/.*"device_token":"\([0-9a-f]*\)".*/\1/p' "$WORK/device")
curl -sS --cacert "$CA" -o /dev/null -D "$WORK/head" "$SERVER_URL/v1/policy"
etag=$(sed -n 's/^ETag: *\(".*"\).*/\1/p' "$WORK/head")
python3 "$CLIENT" hold "$SERVER_URL" "$CA" "$token" "$etag" "$WORK/held" &
held=$!
remember "$held"
until_true 30 is_polled || fail "no poll is held"
for n in 1 2 3; do
    until_true 30 test -s "$WORK/taken-$n" || fail "reports are not answered"
done
kill -TERM "$SERVER_PID"
kill -TERM "$SERVER_PID" 2>/dev/null || : # somebody is impatient
ended_with TERM
check "under load, and told thrice: it ends with 0" equal "$ended" 0
for sender in $senders; do
    wait "$sender" || fail "a report was refused"
done
wait "$held" || fail "the held poll failed"
check "the held poll was answered with 304" grep -q '^304 ' "$WORK/held"
serve --config "$WORK/server.conf"
for n in 1 2 3; do
    verified=$(devices verify "$WORK/device-$n" "$WORK/taken-$n") || fail "a report that was answered is lost"
    check "all $verified reports that were answered are there" equal "$verified" "$(wc -l <"$WORK/taken-$n")"
done
ended_with INT
check "Ctrl-C ends it, too" equal "$ended" 0

# ---- one address may not take all ----------------------------------------------------------------

if [ "$MR_NETWORK" = own ] && [ "$(id -u)" = 0 ] && ip addr add 203.0.113.9/32 dev lo 2>/dev/null; then
    sed 's/^listen = .*/listen = 0.0.0.0:0/' "$WORK/server.conf" >"$WORK/open.conf"
    serve --config "$WORK/open.conf" --max-connections-per-address 5
    served=$(client many 203.0.113.9 "$SERVER_PORT" 40)
    # Threads that let somebody in at the same moment do not know of each other.
    check "of 40 connections from one address 5 are served, or a few more" sh -c "[ $served -ge 5 ] && [ $served -le 12 ]"
    check "the others were counted" sh -c "curl -sS --cacert '$CA' '$MAPI_ROLLOUT_SERVER/metrics' |
        grep -q '^mapi_rollout_connections_turned_away_total{listener=\"agents\",reason=\"address\"} $((40 - served))\$'"
    check "loopback addresses are no client's" equal "$(client many 127.0.0.1 "$SERVER_PORT" 40)" 40
    ended_with TERM
else
    say "note: no second address here; the share of one address was not tried"
fi

# ---- another user than root ----------------------------------------------------------------------

status_of() { # field
    sed -n "s/^$1:[[:space:]]*//p" "/proc/$SERVER_PID/status" | tr '\t' ' '
}

if [ "$(id -u)" = 0 ] && id nobody >/dev/null 2>&1 && [ "$MR_NETWORK" = own ]; then
    uid=$(id -u nobody)
    gid=$(id -g nobody)
    "$MR_SERVER" --config "$WORK/server.conf" --user root 2>"$WORK/said"
    check "root is no other user" equal $? 2
    "$MR_SERVER" --config "$WORK/server.conf" --user nobody-at-all 2>"$WORK/said"
    check "there must be such a user" grep -q 'there is no user nobody-at-all' "$WORK/said"
    "$MR_SERVER" --config "$WORK/server.conf" --user nobody 2>"$WORK/said"
    check "a data directory of somebody else is refused" grep -q 'belongs to another user' "$WORK/said"
    chmod 711 "$WORK"
    SERVER_DATA=$WORK/nobodys
    config
    # Leaks are looked for by a process that may read this one: which nobody may.
    export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
    SERVE_AS='setpriv --groups 1,2'
    serve --config "$WORK/server.conf" --listen 127.0.0.1:443 --user nobody
    SERVE_AS=
    check "user, group and groups are given up" equal "$(status_of Uid)/$(status_of Gid)/$(status_of Groups)" \
        "$uid $uid $uid $uid/$gid $gid $gid $gid/"
    check "no rights are left" equal "$(status_of CapEff)/$(status_of CapPrm)" 0000000000000000/0000000000000000
    check "and none can come" equal "$(status_of NoNewPrivs)" 1
    check "its files are for nobody else" equal "$(status_of Umask)" 0077
    check "nobody reads its memory" equal "$(stat -c %u "/proc/$SERVER_PID/environ")" 0
    check "a port of root's is served" equal "$(curl -sS --cacert "$CA" "https://localhost/readyz")" ready
    check "its store is its own" equal "$(find "$SERVER_DATA" ! -user nobody | wc -l)" 0
    server_token viewer >"$WORK/another.token" || fail "root makes a token at the server of nobody"
    check "and stays so when root runs a command" equal "$(find "$SERVER_DATA" ! -user nobody | wc -l)" 0
    check "whose token is good at once" equal "$(curl -sS --cacert "$CA" -o /dev/null -w '%{http_code}' \
        -H "Authorization: Bearer $(cat "$WORK/another.token")" "$MAPI_ROLLOUT_SERVER/v1/rollout")" 200
    ended_with TERM
    check "it ends with 0" equal "$ended" 0
    check "root without --user is told so" said_in_log 'level=warning event=runs_as_root '
else
    say "note: not root in a network of its own; no other user was tried"
fi

# ---- the system calls of its unit ----------------------------------------------------------------

if command -v systemd-analyze >/dev/null; then
    # What the unit's two lines of SystemCallFilter leave, one a line.
    expand() { # set...
        for set; do
            systemd-analyze syscall-filter "$set" | sed -n 's/^ *\([a-z@][a-z0-9_@-]*\)$/\1/p' | while read -r name; do
                case $name in
                "$set") ;;
                @*) expand "$name" ;;
                *) echo "$name" ;;
                esac
            done
        done
    }
    allowed=$(sed -n 's/^SystemCallFilter=\(@.*\)/\1/p' "$UNIT")
    denied=$(sed -n 's/^SystemCallFilter=~\(@.*\)/\1/p' "$UNIT")
    # Words, each a set.
    # shellcheck disable=SC2086
    {
        expand $allowed | sort -u >"$WORK/allowed"
        expand $denied | sort -u >"$WORK/denied"
    }
    comm -23 "$WORK/allowed" "$WORK/denied" >"$WORK/calls"
    check "hundreds of system calls are allowed" [ "$(wc -l <"$WORK/calls")" -gt 200 ]
    # Root's store would call fchown(2), which the unit's user never does: so root becomes nobody first.
    SERVER_DATA=$WORK/filtered
    mkdir "$SERVER_DATA" "$WORK/readable"
    cp "$MR_SERVER" "$TRUST" "$CERT" "$CERT_KEY" "$WORK/readable"
    TRUST=$WORK/readable/${TRUST##*/} CERT=$WORK/readable/${CERT##*/} CERT_KEY=$WORK/readable/${CERT_KEY##*/}
    [ "$(id -u)" != 0 ] || { chmod 711 "$WORK" && chown -R nobody "$SERVER_DATA" "$WORK/readable"; }
    config
    cp "$WORK/server.conf" "$WORK/readable"
    chmod a+r "$WORK/readable/server.conf"
    server_token publisher >"$MAPI_ROLLOUT_TOKEN_FILE"
    enroll_secret >"$WORK/enroll.secret"
    : >"$WORK/log/server.out"
    ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" python3 "$CLIENT" filter \
        "$WORK/readable/${MR_SERVER##*/}" --config "$WORK/readable/server.conf" >"$WORK/log/server.out" 2>>"$LOG" <"$WORK/calls" &
    took_place $!
    devices enroll "$WORK/enroll.secret" "$WORK/device" || fail "no device could be enrolled"
    : >"$WORK/taken"
    devices send "$WORK/device" "$WORK/taken" 1 &
    sender=$!
    remember "$sender"
    until_true 30 sh -c "[ \$(wc -l <'$WORK/taken') -ge 20 ]" || fail "reports are not answered"
    publish 3
    release hold-back
    safe
    curl -sS --cacert "$CA" "$MAPI_ROLLOUT_SERVER/metrics" >/dev/null
    "$MR_SERVER" backup "$WORK/backup.db" --data "$SERVER_DATA" 2>>"$LOG" || fail "a backup"
    kill -HUP "$SERVER_PID"
    ended_with TERM
    check "under the unit's filter, which ends whoever calls what it does not allow: all goes on" equal "$ended" 0
    wait "$sender" || fail "a report was refused"
else
    say "note: systemd-analyze is not installed; the filter of the unit was not tried"
fi
passed
