#!/usr/bin/env python3
"""Plays a fleet of machines with one user each, and lets time pass for a server that is off.

gate_fleet.py enroll SERVER CA SECRET_FILE FLEET_FILE COUNT   enrolls machines; ids and tokens go to the file
gate_fleet.py report SERVER CA FLEET_FILE VERSION STATE FIRST LAST
                                            machines FIRST..LAST, from 1, report their user in that state
gate_fleet.py age STORE SECONDS             all that a gate reckons with happened so much earlier
gate_fleet.py audit STORE                   who did what to the rollout, one entry a line
"""
import json
import secrets
import sqlite3
import sys
import time

from report_stream import connect, post


def enroll(server, ca, secret_file, fleet_file, count):
    with open(secret_file) as f:
        secret = f.read().strip()
    connection = connect(server, ca)
    fleet = []
    for number in range(1, int(count) + 1):
        status, body = post(connection, "/v1/enroll", secret, b'{"host":{"name":"PC-%d"}}' % number)
        if status != 201:
            sys.exit("enrolling gave %d" % status)
        fleet.append(json.loads(body))
    with open(fleet_file, "w") as f:
        json.dump(fleet, f)


def report(server, ca, fleet_file, version, state, first, last):
    connection = connect(server, ca)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with open(fleet_file) as f:
        fleet = json.load(f)
    for number in range(int(first), int(last) + 1):
        device = fleet[number - 1]
        body = {
            "format": "mapi-rollout/report/1", "report_id": secrets.token_hex(16), "run_id": "%032x" % 1,
            "seq": time.monotonic_ns() // 1000000 % 2000000000, "part": 1, "parts": 1, "full": True,
            "device_id": device["device_id"], "sent_at": now,
            "agent": {"version": "1.0.0", "started_at": now, "formats": ["mapi-rollout/policy/1"],
                      "trust_version": 1},
            "host": {"name": "PC-%d" % number},
            "policy": {"rollout": "gates-e2e", "received": int(version), "effective": int(version), "digest": "0" * 64,
                       "failed": None, "stale": False},
            "users": [{"sid": "S-1-5-21-1-2-3-%d" % (1000 + number), "account": "CONTOSO\\user%d" % number,
                       "hive": "loaded", "state": state,
                       "error": {"code": "denied", "os_code": 5} if state == "error" else None}],
        }
        status, answer = post(connection, "/v1/reports", device["device_token"], json.dumps(body).encode())
        if status != 204:
            sys.exit("a report gave %d: %s" % (status, answer.decode()))


class Counters:
    """What the triggers of the store tell of devices, added to its counters as the server adds it."""
    HEARD_DAY, HEARD_MINUTE = 11, 12

    def __init__(self, database):
        self.rose = {}
        database.create_function("count_device", 2, self.count)

    def count(self, n, heard_s):
        for kind, length in ((self.HEARD_DAY, 86400), (self.HEARD_MINUTE, 60)):
            key = (kind, "%016d" % (max(heard_s, 0) // length))
            self.rose[key] = self.rose.get(key, 0) + n

    def write(self, database):
        for (kind, name), n in self.rose.items():
            database.execute("INSERT INTO counter VALUES (?, ?, ?) ON CONFLICT (kind, name) DO UPDATE SET n = n + "
                             "excluded.n", (kind, name, n))
        database.execute("DELETE FROM counter WHERE n = 0")


def age(store, seconds):
    database = sqlite3.connect(store)
    counters = Counters(database)
    with database:
        for table, columns in (("gate", ("released_s", "failing_s")), ("user_state", ("failing_since_s",)),
                               ("device", ("enrolled_s", "seen_s"))):
            for column in columns:
                database.execute("UPDATE %s SET %s = %s - ?" % (table, column, column), (int(seconds),))
        counters.write(database)
    database.close()


def audit(store):
    database = sqlite3.connect(store)
    for entry in database.execute("SELECT name, what FROM audit_entry ORDER BY number"):
        print("%s %s" % entry)
    database.close()


if __name__ == "__main__":
    {"enroll": enroll, "report": report, "age": age, "audit": audit}[sys.argv[1]](*sys.argv[2:])
