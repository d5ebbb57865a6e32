#!/bin/sh
# fleet.sh - POST /v1/simulate over 1,000,000 users, six stages, in CPU time, beside reading the same facts with SQLite alone;
# five repetitions in turn, median and range, and how long each took. Writes build/bench/fleet.json.
#
# Bound: 10 s for one simulation, also while another program has a core.
# MR_BENCH_USERS is another number of users.
set -eu
cd "$(dirname "$0")/../.."
. run.d/lib.sh
build_tree native-release bench_compliance bench_fleet mapi-rollout
mkdir -p build/bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bin=$PWD/build/native-release/bin

"$bin/mapi-rollout" init "$work/site" --host localhost --rollout bench >/dev/null
python3 tests/bench/simulate.py plan >"$work/plan.json"
mkdir "$work/server"
"$bin/bench_compliance" "$work/server" "${MR_BENCH_USERS:-1000000}" facts >/dev/null
"$bin/bench_fleet" "$work/server" "$work/site/trust.json" "$work/plan.json" >"$work/times"
python3 tests/bench/side_by_side.py "$work/times" build/bench/fleet.json
