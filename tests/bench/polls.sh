#!/bin/sh
# polls.sh - what asking costs: answers of 304 beside nginx; held polls and the memory they take, plain and over TLS; the
# safe policy on its way to all of them, beside a bare epoll server that sends the same bytes; and the same server with
# 1,000, 10,000 and 100,000 devices. Five repetitions in turn. Servers on one core, clients on another. Writes
# build/bench/polls.json.
#
# Bounds: CPU of a 304 at most nginx's; 6 KiB a held poll, 18 over TLS; the last answer within twice the bare server's time.
# MR_BENCH_HELD names the most polls (a server keeps a tenth of its descriptors free for others), MR_BENCH_SECONDS how long
# each server is asked, MR_BENCH_FLEETS the sizes of the fleet, MR_BENCH_PARTS some of answers, memory, releases, fleets.
set -eu
cd "$(dirname "$0")/../.."
. run.d/lib.sh
[ -x /usr/sbin/nginx ] || sh run.d/setup.sh --bench
build_tree native-release bench_polls bench_bare bench_reports mapi-rollout-server mapi-rollout
mkdir -p build/bench
bin=$ROOT/build/native-release/bin
: "${MR_BENCH_SECONDS:=5}" "${MR_BENCH_HELD:=17300}" "${MR_BENCH_FLEETS:=1000 10000 100000}"
: "${MR_BENCH_PARTS:=answers memory releases fleets}"
work=$(mktemp -d)
started=
trap 'for one in $started; do kill "$one" 2>/dev/null || :; done; wait; rm -rf "$work"' EXIT
: >"$work/rows"

# ---- servers -------------------------------------------------------------------------------------

wait_for() { # command...
    tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 6000 ] || die "this does not come true: $*"
        sleep 0.1
    done
}

# Sets pid, port, admin_port.
server_start() { # data directory, options...
    data=$1
    shift
    : >"$work/out"
    taskset -c 0 "$bin/mapi-rollout-server" --data "$data" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 \
        --trust "$work/site/trust.json" --log-level error "$@" >"$work/out" 2>"$work/log" &
    pid=$!
    started="$started $pid"
    wait_for grep -q '^listening' "$work/out"
    port=$(sed -n 's/^listening agents=[^ ]*:\([0-9]*\) .*/\1/p' "$work/out")
    admin_port=$(sed -n 's/^listening .*admin=[^ ]*:\([0-9]*\)$/\1/p' "$work/out")
}

# What has ended is not ended again: its number may be somebody else's by then.
forget() { # pid
    started=$(for one in $started; do [ "$one" = "$1" ] || printf '%s ' "$one"; done)
}

end() { # pid
    kill "$1" 2>/dev/null || :
    wait "$1" 2>/dev/null || :
    forget "$1"
}

# A store with so many devices, a stage released: $work/COUNT, $work/fleet.COUNT.
fleet_make() { # devices
    mkdir "$work/$1"
    "$bin/bench_polls" prepare "$work/$1" "$1" "$work/fleet.$1"
    "$bin/mapi-rollout-server" token add --data "$work/$1" --role publisher --name publisher >"$work/token" 2>>"$work/log"
    server_start "$work/$1"
    MAPI_ROLLOUT_SERVER=http://127.0.0.1:$admin_port MAPI_ROLLOUT_TOKEN_FILE=$work/token
    export MAPI_ROLLOUT_SERVER MAPI_ROLLOUT_TOKEN_FILE
    "$bin/mapi-rollout" publish "$work/bundle.json" >>"$work/log" 2>&1
    "$bin/mapi-rollout" release observe --yes >>"$work/log" 2>&1
    etag=$(curl -s -D - -o "$work/policy" "http://127.0.0.1:$port/v1/policy" | sed -n 's/^ETag: \(.*\)\r/\1/p')
    end "$pid"
    cp "$work/token" "$work/token.$1"
}

nginx_start() { # name, line of its configuration
    mkdir -p "$work/nginx.$1/v1"
    cp "$work/policy" "$work/nginx.$1/v1/policy"
    chmod -R a+rX "$work" # its worker is somebody else
    nginx_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    cat >"$work/nginx.$1/conf" <<END
worker_processes 1;
daemon off;
pid $work/nginx.$1/pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 1000000000;
    sendfile on;
    tcp_nopush on;
    client_body_temp_path $work/nginx.$1/a;
    proxy_temp_path $work/nginx.$1/b;
    fastcgi_temp_path $work/nginx.$1/c;
    uwsgi_temp_path $work/nginx.$1/d;
    scgi_temp_path $work/nginx.$1/e;
    $2
    server { listen 127.0.0.1:$nginx_port; root $work/nginx.$1; }
}
END
    taskset -c 0 /usr/sbin/nginx -e stderr -c "$work/nginx.$1/conf" 2>>"$work/log" &
    master=$!
    started="$started $master"
    wait_for curl -sf -o /dev/null "http://127.0.0.1:$nginx_port/v1/policy"
    nginx_etag=$(curl -sI "http://127.0.0.1:$nginx_port/v1/policy" | sed -n 's/^ETag: \(.*\)\r/\1/p')
    worker=$(pgrep -P "$master")
}

# ---- what is measured ----------------------------------------------------------------------------

# Clock ticks of a hundredth of a second.
used() { # pid
    sed 's/^.*) //' "/proc/$1/stat" | awk '{print $12 + $13}'
}

resident_kib() { # pid
    awk '/^VmRSS/ {print $2}' "/proc/$1/status"
}

row() { # words...
    printf '%s\n' "$*" >>"$work/rows"
}

# Microseconds of CPU for one answer of 304.
cost() { # pid, port, fleet, etag
    before=$(used "$1")
    answers=$(taskset -c 1 "$bin/bench_polls" ask "$2" "$3" "$MR_BENCH_SECONDS" 64 "$4")
    awk "BEGIN { printf \"%.3f\", ($(used "$1") - $before) * 10000 / $answers }"
}

# So many wait, the clients' process in `clients`; a line to descriptor 9 lets them go on.
clients_start() { # port, count, further arguments of `hold`...
    hold_port=$1
    hold_count=$2
    shift 2
    rm -f "$work/go"
    mkfifo "$work/go"
    : >"$work/asked"
    taskset -c 1 "$bin/bench_polls" hold "$hold_port" "$work/fleet.$most" "$hold_count" "$etag" "$@" <"$work/go" >"$work/asked" &
    clients=$!
    started="$started $clients"
    exec 9>"$work/go"
    wait_for grep -q asked "$work/asked"
}

all_held() { # scheme, count
    curl -ks -H "Authorization: Bearer $(cat "$work/token.$most")" "$1://127.0.0.1:$admin_port/v1/rollout" |
        grep -q "\"held_polls\":$2[,}]"
}

are_answered() {
    [ "$(wc -l <"$work/asked")" -ge 2 ]
}

clients_answered() {
    echo go >&9
    wait_for are_answered
}

clients_go() {
    echo go >&9
    exec 9>&-
    wait "$clients"
    forget "$clients"
}

memory() { # scheme, count, options of the server...
    scheme=$1
    count=$2
    shift 2
    server_start "$work/$most" "$@"
    before=$(resident_kib "$pid")
    clients_start "$port$([ "$scheme" = http ] || echo s)" "$count"
    wait_for all_held "$scheme" "$count"
    row "memory $scheme $count $(awk "BEGIN { print ($(resident_kib "$pid") - $before) / $count }")"
    clients_go
    end "$pid"
}

# The brake, on a copy of the store: it can be pulled once. Then the bare server with what was sent.
release() { # count
    rm -rf "$work/copy"
    cp -r "$work/$most" "$work/copy"
    server_start "$work/copy"
    clients_start "$port" "$1" "$admin_port" "$work/token.$most" bench "$work/answer"
    wait_for all_held http "$1"
    before=$(used "$pid")
    clients_answered
    ours="$(tail -n 1 "$work/asked") $(($(used "$pid") - before))"
    clients_go
    end "$pid"
    : >"$work/out"
    taskset -c 0 "$bin/bench_bare" "$work/answer" >"$work/out" &
    pid=$!
    started="$started $pid"
    wait_for grep -q '^listening' "$work/out"
    port=$(sed -n 's/^listening agents=[^ ]*:\([0-9]*\) .*/\1/p' "$work/out")
    before=$(resident_kib "$pid")
    clients_start "$port" "$1" "$port" "$work/token.$most" bench -
    row "bare_memory $1 $(awk "BEGIN { print ($(resident_kib "$pid") - $before) / $1 }")"
    before=$(used "$pid")
    clients_answered
    row "release $1 $ours $(tail -n 1 "$work/asked") $(($(used "$pid") - before))"
    clients_go
    end "$pid"
}

# A start, polls and reports of a fleet of that size: milliseconds, memory, CPU.
fleet() { # devices
    rm -rf "$work/copy"
    cp -r "$work/$1" "$work/copy"
    began=$(date +%s%N)
    server_start "$work/copy"
    row_start="$((($(date +%s%N) - began) / 1000000)) $(resident_kib "$pid")"
    poll_us=$(cost "$pid" "$port" "$work/fleet.$1" "$etag")
    before=$(used "$pid")
    reports=$(taskset -c 1 "$bin/bench_reports" load "$port" "$work/fleet.$1" "$MR_BENCH_SECONDS" 64)
    row "fleet $1 $row_start $poll_us" \
        "$(awk "BEGIN { print ($(used "$pid") - $before) * 10000 / (${reports%% *} * $MR_BENCH_SECONDS) }")" \
        "$(resident_kib "$pid")"
    end "$pid"
}

# ---- the parts -----------------------------------------------------------------------------------

part_answers() {
    nginx_start plain ''
    plain="$worker $nginx_port"
    plain_etag=$nginx_etag
    nginx_start kept 'open_file_cache max=16;'
    kept="$worker $nginx_port"
    kept_etag=$nginx_etag
    server_start "$work/$most"
    for _ in 1 2 3 4 5; do
        # shellcheck disable=SC2086 # two words each
        row "answer $(cost "$pid" "$port" "$work/fleet.$most" "$etag")" \
            "$(cost $plain "$work/fleet.$most" "$plain_etag") $(cost $kept "$work/fleet.$most" "$kept_etag")"
    done
    end "$pid"
}

part_memory() {
    for count in 1000 5000 "$MR_BENCH_HELD"; do
        memory http "$count"
    done
    memory https "$MR_BENCH_HELD" --tls-cert "$work/site/server.pem" --tls-key "$work/site/server.key"
}

part_releases() {
    for count in 1000 "$MR_BENCH_HELD"; do
        for _ in 1 2 3 4 5; do
            release "$count"
        done
    done
}

part_fleets() {
    for _ in 1 2 3; do
        for devices in $MR_BENCH_FLEETS; do
            fleet "$devices"
        done
    done
}

# ---- all of it -----------------------------------------------------------------------------------

most=0
for devices in $MR_BENCH_FLEETS; do
    [ "$devices" -le $most ] || most=$devices
done
[ "$most" -ge "$MR_BENCH_HELD" ] || die "$MR_BENCH_HELD held polls need as many devices: see MR_BENCH_FLEETS"
"$bin/mapi-rollout" init "$work/site" --host localhost --rollout bench >/dev/null 2>&1
sed -e 's/@ROLLOUT@/bench/' -e 's/@SERIAL@/1/' -e 's/@PILOT@/"S-1-5-21-1-2-3-1002"/' \
    -e "s/@ISSUED@/$(date -u -d '-1 minute' +%Y-%m-%dT%H:%M:%SZ)/" \
    -e "s/@EXPIRES@/$(date -u -d '+30 days' +%Y-%m-%dT%H:%M:%SZ)/" tests/e2e/brake.json.in >"$work/plan.json"
"$bin/mapi-rollout" sign "$work/plan.json" --key "$work/site/signing.pem" --out "$work/bundle.json" >/dev/null 2>&1
for devices in $MR_BENCH_FLEETS; do
    fleet_make "$devices"
done

for part in $MR_BENCH_PARTS; do
    "part_$part"
done
python3 tests/bench/polls.py "$work/rows" build/bench/polls.json
