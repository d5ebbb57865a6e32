"""limits.py TSV JSON - a table of what limits.c printed: median and range of ours, the peer's median, the ratio."""
import json
import statistics
import sys

measured = {}
with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        subject, ours, peer = line.rstrip("\n").split("\t")
        measured.setdefault(subject, []).append((float(ours), float(peer)))

out = {}
print("%-52s %10s %22s %10s %8s" % ("", "ours, ms", "range", "peer, ms", "ratio"))
for subject, pairs in measured.items():
    ours = [pair[0] / 1000 for pair in pairs]
    peer = [pair[1] / 1000 for pair in pairs]
    ratios = [a / b for a, b in zip(ours, peer) if b > 0]
    row = {
        "ms": statistics.median(ours),
        "range_ms": [min(ours), max(ours)],
        "peer_ms": statistics.median(peer),
        "ratio": statistics.median(ratios),
        "ratio_range": [min(ratios), max(ratios)],
        "repetitions": len(pairs),
    }
    out[subject] = row
    print("%-52s %10.2f %10.2f..%-10.2f %10.2f %8.2f"
          % (subject, row["ms"], min(ours), max(ours), row["peer_ms"], row["ratio"]))
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(out, file, indent=1)
    file.write("\n")
