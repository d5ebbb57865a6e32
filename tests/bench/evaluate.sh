#!/bin/sh
# evaluate.sh - one decision of 20 rules beside one SHA-256 of 64 bytes by the same library; five repetitions in turn,
# median and range. Writes build/bench/evaluate.json.
#
# Bound: a decision takes no longer.
set -eu
cd "$(dirname "$0")/../.."
. run.d/lib.sh
build_tree native-release bench_evaluate
mkdir -p build/bench
times=$(mktemp)
trap 'rm -f "$times"' EXIT
build/native-release/bin/bench_evaluate >"$times"
python3 tests/bench/side_by_side.py "$times" build/bench/evaluate.json
