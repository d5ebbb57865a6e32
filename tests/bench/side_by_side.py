"""side_by_side.py TSV JSON - a table of what was measured in turn: median and range of ours, the peer's median, the ratio.

A line of the TSV is one repetition: subject, microseconds of ours, microseconds of the peer.
"""
import json
import statistics
import sys

UNITS = ((1e6, "s"), (1e3, "ms"), (1, "us"), (1e-3, "ns"))


def shown(microseconds, factor):
    return "%.4g" % (microseconds / factor)


measured = {}
with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        subject, ours, peer = line.rstrip("\n").split("\t")
        measured.setdefault(subject, []).append((float(ours), float(peer)))

out = {}
print("%-52s %11s %20s %9s %7s %14s" % ("", "ours", "range", "peer", "ratio", "range"))
for subject, pairs in measured.items():
    ours = [pair[0] for pair in pairs]
    peer = [pair[1] for pair in pairs]
    ratios = [a / b for a, b in zip(ours, peer) if b > 0]
    median = statistics.median(ours)
    factor, unit = next((u for u in UNITS if median >= u[0]), UNITS[-1])
    out[subject] = {
        "us": median,
        "range_us": [min(ours), max(ours)],
        "peer_us": statistics.median(peer),
        "ratio": statistics.median(ratios),
        "ratio_range": [min(ratios), max(ratios)],
        "repetitions": len(pairs),
    }
    print("%-52s %8s %-2s %20s %9s %7.2f %14s"
          % (subject, shown(median, factor), unit,
             "%s..%s" % (shown(min(ours), factor), shown(max(ours), factor)),
             shown(out[subject]["peer_us"], factor), out[subject]["ratio"],
             "%.2f..%.2f" % (min(ratios), max(ratios))))
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(out, file, indent=1)
    file.write("\n")
