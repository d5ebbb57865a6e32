#!/bin/sh
# observe.sh - one look at a user with 3 profiles of 20 sections and 10 Autodiscover answers of 20 KB, under Wine: the
# processor time of the agent's own code for reading all of it, and for seeing that nothing changed. Prints both, median
# and range of nine figures, writes build/bench/observe.json. MR_LOOKS changes how many looks make one figure.
#
# Bounds: 20 ms and 1 ms. Ends with 1 if the least figure is beyond: whatever else the machine does only adds to it.
set -eu
cd "$(dirname "$0")/../.."
. run.d/lib.sh
build_tree mingw-release test_agent_look_cost_win
mkdir -p build/bench
lines=$(mktemp)
trap 'rm -f "$lines" "$lines.seen"' EXIT
export MR_LOOKS="${MR_LOOKS:-100}" MR_WINE_TEMPLATE="$PWD/build/wine-template"
cmake/wine-run.sh build/mingw-release/tests/test_agent_look_cost_win.exe >"$lines"
tr -d '\r' <"$lines" | grep '^look=' | tee "$lines.seen"
python3 - "$lines.seen" build/bench/observe.json <<'END'
import json
import sys
rows = [dict(pair.split("=") for pair in line.split()) for line in open(sys.argv[1])]
figures = {row.pop("look"): {k: int(v) for k, v in row.items()} for row in rows}
json.dump(figures, open(sys.argv[2], "w"), indent=1)
sys.exit(figures["full"]["least_us"] > 20000 or figures["unchanged"]["least_us"] > 1000)
END
