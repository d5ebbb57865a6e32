#!/bin/sh
# reports.sh - POST /v1/reports, answered after the commit, beside the storage loop alone: the same reports, on the same core,
# five repetitions in turn. Server and loops on one core, the load on another. Writes build/bench/reports.json.
#
# Bounds: 0.3 of the rows a second of SQLite alone, and 15,000; p99 at most ten times p50.
set -eu
cd "$(dirname "$0")/../.."
. run.d/lib.sh
build_tree native-release bench_reports mapi-rollout-server mapi-rollout
mkdir -p build/bench
bench=build/native-release/bin/bench_reports
server=build/native-release/bin/mapi-rollout-server
: "${MR_BENCH_SECONDS:=8}" "${MR_BENCH_DEVICES:=2000}" "${MR_BENCH_CONNECTIONS:=256}"
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || :; rm -rf "$work"' EXIT
: >"$work/out"
mkdir "$work/data" "$work/alone" "$work/bare"
build/native-release/bin/mapi-rollout init "$work/site" --host localhost --rollout bench >/dev/null 2>&1
"$bench" prepare "$work/data" "$MR_BENCH_DEVICES" "$work/fleet"
"$bench" prepare "$work/alone" "$MR_BENCH_DEVICES" "$work/fleet.alone"
taskset -c 0 "$server" --data "$work/data" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --trust "$work/site/trust.json" \
    --log-level error >"$work/out" 2>"$work/log" &
pid=$!
until grep -q '^listening' "$work/out"; do
    kill -0 "$pid" || { cat "$work/log"; exit 1; }
    sleep 0.1
done
port=$(sed -n 's/^listening agents=[^ ]*:\([0-9]*\) .*/\1/p' "$work/out")
# Clock ticks of a hundredth of a second that the server has used.
used() {
    sed 's/^.*) //' "/proc/$pid/stat" | awk '{print $12 + $13}'
}

for _ in 1 2 3 4 5; do
    bare=$(taskset -c 0 "$bench" bare "$work/bare" "$work/fleet" "$MR_BENCH_SECONDS")
    store=$(taskset -c 0 "$bench" store "$work/alone" "$work/fleet.alone" "$MR_BENCH_SECONDS")
    before=$(used)
    load=$(taskset -c 1 "$bench" load "$port" "$work/fleet" "$MR_BENCH_SECONDS" "$MR_BENCH_CONNECTIONS")
    echo "$bare $store $load $(($(used) - before))"
done >"$work/rows"
python3 - "$work/rows" build/bench/reports.json "$MR_BENCH_SECONDS" <<'END'
import json
import statistics
import sys

rows = [[float(word) for word in line.split()] for line in open(sys.argv[1], encoding="utf-8")]
bare, bare_us, store, store_us, http, p50, p99, ticks = zip(*rows)
http_us = [10000 * t / (h * float(sys.argv[3])) for t, h in zip(ticks, http)]


def ratio(ours, peer):
    return [a / b for a, b in zip(ours, peer)]


measured = {
    "SQLite alone: rows/s": bare,
    "the store alone: rows/s": store,
    "POST /v1/reports: rows/s": http,
    "... of SQLite alone (bound: 0.3)": ratio(http, bare),
    "... of the store alone": ratio(http, store),
    "p50, ms": p50,
    "p99, ms": p99,
    "p99 of p50 (bound: 10)": ratio(p99, p50),
    "SQLite alone: us of CPU a row": bare_us,
    "the store alone: us of CPU a row": store_us,
    "the server: us of CPU a row": http_us,
    "SQLite's CPU of the server's": ratio(bare_us, http_us),
}
out = {}
for name, values in measured.items():
    out[name] = {"median": statistics.median(values), "range": [min(values), max(values)]}
    print("%-34s %10.2f   (%.2f..%.2f)" % (name, out[name]["median"], min(values), max(values)))
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(out, file, indent=1)
    file.write("\n")
END
