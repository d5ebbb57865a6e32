#!/bin/sh
# compliance.sh - a server with 10,000, 100,000 and 1,000,000 users, asked as administrators ask: what counting costs the
# writer; GET /v1/compliance beside one indexed read (GET /v1/devices/{id}), in turn over one connection; a page of users
# by each filter; an export and the memory it takes. Medians and ranges. Writes build/bench/compliance.json.
#
# Bound: GET /v1/compliance within 5 ms, flat from 10,000 users to 1,000,000.
# MR_BENCH_USERS names other sizes.
set -eu
cd "$(dirname "$0")/../.."
. run.d/lib.sh
build_tree native-release bench_compliance mapi-rollout-server mapi-rollout
mkdir -p build/bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bin=$PWD/build/native-release/bin

# Three ways of counting, in turn: CPU seconds for new users and for the same again in other states.
for run in 1 2 3; do
    for way in none ours sql; do
        folder=$work/way
        rm -rf "$folder"
        mkdir "$folder"
        # shellcheck disable=SC2046 # no word at all for ours
        printf '%s\t%s\t' "$run" "$way"
        "$bin/bench_compliance" "$folder" 100000 $([ "$way" = ours ] || echo "$way")
    done
done | tee "$work/ways"
rm -rf "$work/way"

"$bin/mapi-rollout" init "$work/site" --host localhost --rollout bench >/dev/null
for users in ${MR_BENCH_USERS:-10000 100000 1000000}; do
    mkdir "$work/$users"
    "$bin/bench_compliance" "$work/$users" "$users" >>"$work/filled"
done
python3 tests/bench/compliance.py "$bin/mapi-rollout-server" "$work" build/bench/compliance.json \
    ${MR_BENCH_USERS:-10000 100000 1000000}
