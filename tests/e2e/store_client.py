#!/usr/bin/env python3
"""What tests of the store ask a server, and what they do to its database.

store_client.py ask    SERVER CA PATH [ETAG]            status and Retry-After of a GET
store_client.py report SERVER CA DEVICE_FILE START COUNT BYTES
                       COUNT reports from number START on, each of about so many bytes; prints "status Retry-After" of
                       the last; ends at the first that is not 204
store_client.py stream SERVER CA DEVICE_FILE TAKEN_FILE START
                       as report_stream.py send, as fast as one device may for long
store_client.py lock   DATABASE READY                   has the database until its input ends; makes READY then
store_client.py whole  DATABASE                         whether all of it can be read; how many reports are in it, and
                                                        how many it says are
"""
import http.client
import json
import sqlite3
import ssl
import sys
import time
import urllib.parse

import report_stream

PER_SECOND = 40  # below what the server takes of one device


def connect(server, ca):
    url = urllib.parse.urlsplit(server)
    return http.client.HTTPSConnection(url.hostname, url.port, context=ssl.create_default_context(cafile=ca),
                                       timeout=60)


def said(answer):
    answer.read()
    return "%d %s" % (answer.status, answer.headers.get("Retry-After", "-"))


def ask(server, ca, path, etag=None):
    connection = connect(server, ca)
    connection.request("GET", path, headers={"If-None-Match": etag} if etag else {})
    print(said(connection.getresponse()))


def body(device_id, number, size):
    groups = ["CONTOSO\\" + "g" * 200 for _ in range(max(0, (size - 600) // 212))]
    return json.dumps({
        "format": "mapi-rollout/report/1", "report_id": "%032x" % number, "run_id": "%032x" % 1, "seq": number,
        "part": 1, "parts": 1, "full": False, "device_id": device_id, "sent_at": "2026-01-01T00:00:00Z",
        "agent": {"version": "1.0.0", "started_at": "2026-01-01T00:00:00Z",
                  "formats": ["mapi-rollout/policy/1"], "trust_version": 1},
        "host": {"name": "PC-1"},
        "policy": {"rollout": None, "received": None, "effective": None, "digest": None, "failed": None,
                   "stale": False},
        "users": [{"sid": "S-1-5-21-1-2-3-1001", "hive": "loaded", "state": "idle", "groups": groups}],
    }).encode()


def report(server, ca, device_file, start, count, size):
    with open(device_file) as f:
        device = json.load(f)
    connection = connect(server, ca)
    outcome = "none -"
    for number in range(int(start), int(start) + int(count)):
        try:
            connection.request("POST", "/v1/reports", body=body(device["device_id"], number, int(size)),
                               headers={"Authorization": "Bearer " + device["device_token"]})
            outcome = said(connection.getresponse())
        except (OSError, http.client.HTTPException):
            outcome = "gone -"
        if not outcome.startswith("204"):
            break
    print(outcome)


def stream(server, ca, device_file, taken_file, start):
    device_id, token = report_stream.load(device_file)
    connection = connect(server, ca)
    number = int(start)
    with open(taken_file, "a", buffering=1) as taken:
        while True:
            try:
                status, _ = report_stream.post(connection, "/v1/reports", token,
                                               report_stream.report(device_id, number, "idle"))
            except (OSError, http.client.HTTPException):
                return  # the server is gone: what was not answered does not count
            if status != 204:
                sys.exit("report %d gave %d" % (number, status))
            taken.write("%d\n" % number)
            number += 1
            time.sleep(1 / PER_SECOND)


def lock(database, ready):
    connection = sqlite3.connect(database, isolation_level=None, timeout=30)
    connection.execute("BEGIN IMMEDIATE")
    with open(ready, "w") as f:
        f.write("locked\n")
    sys.stdin.read()
    connection.execute("ROLLBACK")


def whole(database):
    connection = sqlite3.connect("file:%s?mode=ro" % database, uri=True)
    print(connection.execute("PRAGMA integrity_check").fetchone()[0],
          connection.execute("SELECT count(*) FROM report").fetchone()[0],
          connection.execute("SELECT reports FROM history").fetchone()[0])


if __name__ == "__main__":
    {"ask": ask, "report": report, "stream": stream, "lock": lock, "whole": whole}[sys.argv[1]](*sys.argv[2:])
