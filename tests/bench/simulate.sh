#!/bin/sh
# simulate.sh - `mapi-rollout simulate` of a plan of six stages over a million users, beside a program that parses the same
# lines with cJSON and does nothing; five repetitions in turn, CPU time of the whole processes. Writes
# build/bench/simulate.json. MR_USERS changes the number of users.
#
# Bounds: no more than three times; memory does not grow with the users.
set -eu
cd "$(dirname "$0")/../.."
. run.d/lib.sh
build_tree native-release programs
build_tree native-release bench_parse_lines
mkdir -p build/bench
scratch=$(make_temp_in build)
trap 'rm -rf "$scratch"' EXIT
python3 tests/bench/simulate.py "$scratch" "${MR_USERS:-1000000}" build/native-release/bin
python3 tests/bench/side_by_side.py "$scratch/times" build/bench/simulate.json
