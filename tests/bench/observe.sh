#!/bin/sh
# observe.sh - one look at a user with 3 profiles of 20 sections and 10 Autodiscover answers of 20 KB, under Wine: the
# processor time of the agent's own code for reading all of it, and for seeing that nothing changed. Prints both, median
# and range of nine figures, writes build/bench/observe.json. MR_LOOKS changes how many looks make one figure.
#
# Bound: 20 ms and 1 ms; the program itself ends with 1 if the least figure is beyond.
set -eu
cd "$(dirname "$0")/../.."
. run.d/lib.sh
build_tree mingw-release test_agent_look_cost_win
mkdir -p build/bench
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
export MR_LOOKS="${MR_LOOKS:-100}" MR_WINE_TEMPLATE="$PWD/build/wine-template"
good=0
cmake/wine-run.sh build/mingw-release/tests/test_agent_look_cost_win.exe >"$lines" || good=1
tr -d '\r' <"$lines" | grep '^look=' | tee "$lines.seen"
python3 - "$lines.seen" build/bench/observe.json <<'END'
import json
import sys
rows = [dict(pair.split("=") for pair in line.split()) for line in open(sys.argv[1])]
json.dump({row.pop("look"): {k: int(v) for k, v in row.items()} for row in rows}, open(sys.argv[2], "w"), indent=1)
END
rm -f "$lines.seen"
exit $good
