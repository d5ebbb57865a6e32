"""polls.py ROWS JSON - the table of what polls.sh measured: medians and ranges, beside their bounds.

A line of ROWS is one figure: `answer OURS NGINX NGINX_KEPT`, microseconds; `memory SCHEME COUNT KIB`;
`bare_memory COUNT KIB`; `release COUNT FIRST LAST TICKS FIRST LAST TICKS`, milliseconds and hundredths of a second, ours
and the bare server's; `fleet DEVICES START_MS START_KIB POLL_US REPORT_US END_KIB`.
"""
import json
import statistics
import sys

TICK_MS = 10
KIB = 1024

figures = {}  # name: (values, unit, bound)


def add(name, value, unit, bound=None):
    figures.setdefault(name, ([], unit, bound))[0].append(value)


def add_answer(ours, nginx, kept):
    add("304: CPU of the server", ours, "us")
    add("304: CPU of nginx", nginx, "us")
    add("304: CPU of nginx that keeps the file open", kept, "us")
    add("304: of nginx", ours / nginx, "", 1.0)
    add("304: of nginx that keeps the file open", ours / kept, "")


def add_release(count, first, last, ticks, bare_first, bare_last, bare_ticks):
    where = "release to %d: " % count
    add(where + "first answer", first, "ms")
    add(where + "last answer", last, "ms")
    add(where + "first answer, bare", bare_first, "ms")
    add(where + "last answer, bare", bare_last, "ms")
    add(where + "last answer, of bare", last / bare_last, "", 2.0)
    add(where + "CPU of the server", ticks * TICK_MS, "ms")
    add(where + "CPU, bare", bare_ticks * TICK_MS, "ms")
    if bare_ticks > 0:
        add(where + "CPU, of bare", ticks / bare_ticks, "")


def add_fleet(devices, start_ms, start_kib, poll_us, report_us, end_kib):
    where = "%d devices: " % devices
    add(where + "start", start_ms, "ms")
    add(where + "memory after the start", start_kib / KIB, "MiB")
    add(where + "memory after polls and reports", end_kib / KIB, "MiB")
    add(where + "CPU of a 304", poll_us, "us")
    add(where + "CPU of a report", report_us, "us")


with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        kind, *words = line.split()
        if kind == "answer":
            add_answer(*map(float, words))
        elif kind == "memory":
            scheme, count, kib = words
            name = "a held poll of %s, %s" % (count, "TLS" if scheme == "https" else "plain")
            add(name, float(kib), "KiB", 18.0 if scheme == "https" else 6.0)
        elif kind == "bare_memory":
            add("a held poll of %s, bare" % words[0], float(words[1]), "KiB")
        elif kind == "release":
            add_release(int(words[0]), *map(float, words[1:]))
        elif kind == "fleet":
            add_fleet(int(words[0]), *map(float, words[1:]))
        else:
            sys.exit("polls.py: what is a %s?" % kind)

out = {}
print("%-48s %10s %-4s %20s %8s" % ("", "median", "", "range", "bound"))
for name, (values, unit, bound) in figures.items():
    median = statistics.median(values)
    out[name] = {"median": median, "range": [min(values), max(values)], "unit": unit, "bound": bound,
                 "repetitions": len(values)}
    print("%-48s %10.2f %-4s %20s %8s%s" % (
        name, median, unit, "%.2f..%.2f" % (min(values), max(values)), "" if bound is None else "%g" % bound,
        "  missed" if bound is not None and median > bound else ""))
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(out, file, indent=1)
    file.write("\n")
