#!/bin/sh
# cycles.sh - 10,000 cycles of the whole agent over real ports, under Wine: a signed policy comes, is verified, stored and
# brought to every user. Prints handles and memory as they go along, writes build/bench/cycles.json. MR_CYCLES changes how
# many.
#
# Bound: handles and memory stay flat; the program itself ends with 1 if they do not.
set -eu
cd "$(dirname "$0")/../.."
. run.d/lib.sh
build_tree mingw-release test_agent_cycles_win
mkdir -p build/bench
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
export MR_CYCLES="${MR_CYCLES:-10000}" MR_WINE_TEMPLATE="$PWD/build/wine-template"
good=0
cmake/wine-run.sh build/mingw-release/tests/test_agent_cycles_win.exe >"$lines" || good=1
tr -d '\r' <"$lines" | grep '^cycles=' | tee "$lines.seen"
python3 - "$lines.seen" build/bench/cycles.json <<'END'
import json
import sys
rows = [{k: int(v) for k, v in (pair.split("=") for pair in line.split())} for line in open(sys.argv[1])]
json.dump({"seen": rows,
           "handles_more": rows[-1]["handles"] - rows[0]["handles"],
           "memory_more_bytes": rows[-1]["memory_bytes"] - rows[0]["memory_bytes"]},
          open(sys.argv[2], "w"), indent=1)
END
rm -f "$lines.seen"
exit $good
