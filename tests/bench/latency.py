#!/usr/bin/env python3
"""latency.py - the second half of latency.sh: orders over one connection, then the table and the figures.

    latency.py URL CA TOKEN_FILE WATCH_LOG FIRST_STEP CHANGES USERS BY_COMMAND OUT.json

BY_COMMAND has a line "ORDER_MS LAST_WRITE_MS" for each change that the command ordered.
"""
import http.client
import json
import math
import os
import ssl
import sys
import time
import urllib.parse

WAIT_S = 60


def lines_of(path):
    with open(path) as file:
        return [line.split() for line in file if line[:1].isdigit()]


def order(connection, headers, stage):
    """Releases a stage; returns when the order left, in milliseconds since 1970."""
    connection.request("GET", "/v1/rollout", headers=headers)
    answer = connection.getresponse()
    etag = json.loads(answer.read())["policy_etag"]
    body = json.dumps({"stage": stage, "confirm_regression": True})
    ordered = time.time() * 1000
    connection.request("POST", "/v1/rollout/release", body,
                       dict(headers, **{"If-Match": etag, "Content-Type": "application/json"}))
    answer = connection.getresponse()
    problem = answer.read()
    if answer.status // 100 != 2:
        sys.exit("latency.py: release %s: %d %s" % (stage, answer.status, problem.decode()))
    return ordered


def wait_for_writes(path, seen, users):
    end = time.monotonic() + WAIT_S
    while len(lines_of(path)) < seen + users:
        if time.monotonic() > end:
            sys.exit("latency.py: the change did not reach everybody")
        time.sleep(0.02)
    return int(lines_of(path)[-1][0])


def by_request(url, ca, token_file, watch_log, first, changes, users):
    where = urllib.parse.urlsplit(url)
    context = ssl.create_default_context(cafile=ca)
    connection = http.client.HTTPSConnection(where.hostname, where.port, context=context, timeout=WAIT_S)
    headers = {"Authorization": "Bearer " + open(token_file).read().strip()}
    took = []
    for step in range(first, first + changes):
        seen = len(lines_of(watch_log))
        ordered = order(connection, headers, "step-%d" % step)
        took.append(wait_for_writes(watch_log, seen, users) - ordered)
    return took


def figures(took):
    ranked = sorted(took)

    def percentile(share):  # nearest rank
        return round(ranked[max(math.ceil(share * len(ranked)) - 1, 0)], 1)

    return {"changes": len(ranked), "p50_ms": percentile(0.5), "p99_ms": percentile(0.99),
            "min_ms": round(ranked[0], 1), "max_ms": round(ranked[-1], 1)}


def main(url, ca, token_file, watch_log, first, changes, users, by_command, out):
    commanded = [float(last) - float(ordered) for ordered, last in lines_of(by_command)]
    result = {
        "order_to_registry": figures(
            by_request(url, ca, token_file, watch_log, int(first), int(changes), int(users))),
        "command_to_registry": figures(commanded),
        "users": int(users), "spread_s": 0, "processors": os.cpu_count(), "under": "Wine",
    }
    print("%-44s %8s %8s %8s %8s" % ("ms, %s users, spread_s 0, under Wine" % users, "p50", "p99", "min", "max"))
    for name, text in (("order_to_registry", "order at the server -> last value"),
                       ("command_to_registry", "`mapi-rollout release` started -> last value")):
        row = result[name]
        print("%-44s %8.0f %8.0f %8.0f %8.0f" % (text, row["p50_ms"], row["p99_ms"], row["min_ms"], row["max_ms"]))
    with open(out + ".new", "w") as file:
        json.dump(result, file, indent=2)
        file.write("\n")
    os.rename(out + ".new", out)


if len(sys.argv) != 10:
    sys.exit("latency.py: is run by latency.sh")
main(*sys.argv[1:])
