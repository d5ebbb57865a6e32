#!/bin/sh
# limits.sh - documents at the bounds of policy/limits.h and beyond: how long they keep a reader busy, side by side with
# cJSON on the same bytes. Five repetitions, median and range. Writes build/bench/limits.json.
#
# Bounds: a policy at every limit at once verifies and parses within 50 ms; no document keeps its reader for 100 ms.
set -eu
cd "$(dirname "$0")/../.."
. run.d/lib.sh
build_tree native-release bench_limits
mkdir -p build/bench
times=$(mktemp)
trap 'rm -f "$times"' EXIT
build/native-release/bin/bench_limits >"$times"
python3 tests/bench/side_by_side.py "$times" build/bench/limits.json
