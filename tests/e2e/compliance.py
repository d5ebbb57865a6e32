#!/usr/bin/env python3
"""Plays a large fleet, and asks a server about it as administrators do.

compliance.py fill SERVER CA SECRET_FILE FLEET_FILE DEVICES USERS   enrolls, and reports so many users on each machine
compliance.py flood SERVER CA FLEET_FILE TAKEN_FILE                 reports users in ever other states until the server is gone
compliance.py recount ADMIN CA TOKEN_FILE                           counts pages of /v1/users again; exits 1 unless /v1/compliance says the same
compliance.py export ADMIN CA TOKEN_FILE FILE                       one export into a file; "whole" or "cut"
compliance.py stop_reading ADMIN CA TOKEN_FILE COUNT                exports that nobody reads: prints a status each, and holds on
"""
import collections
import http.client
import json
import random
import secrets
import signal
import socket
import ssl
import sys
import time
import urllib.parse

from report_stream import connect, post

STATES = ("error", "compliant", "idle", "pending_restart", "waiting", "mismatch")
HOSTILE = ("=cmd|'/c calc'!A1", "@SUM(1)", "-1+1", "a;=1", "\uff1d1", "\"=1", "x\t=1")
REPORT_USERS = 200


def report(device, number, first, users, draw):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {
        "format": "mapi-rollout/report/1", "report_id": secrets.token_hex(16), "run_id": "%032x" % 1,
        "seq": number, "part": 1, "parts": 1, "full": False, "device_id": device["device_id"], "sent_at": now,
        "agent": {"version": "1.0.0", "started_at": now, "formats": ["mapi-rollout/policy/1"], "trust_version": 1},
        "host": {"name": "PC-1"}, "outlook": {"version": draw.choice(("16.0.17328.20162", "15.0.5589.1001", "x=1"))},
        "policy": {"rollout": "compliance-e2e", "received": 1001, "effective": draw.choice((1001, 1002, 1003, 9999)),
                   "digest": "0" * 64, "failed": None, "stale": False},
        "users": [{
            "sid": "S-1-5-21-1-2-3-%d" % (first + i), "account": draw.choice(HOSTILE + ("CONTOSO\\alice",)),
            "hive": "loaded", "ring": draw.choice(("pilot", "other", None, "r%d" % draw.randrange(300))),
            "state": draw.choice(STATES), "value": {"present": True, "type": "dword", "value": draw.randrange(2)},
            "outlook": {"running": False, "started_at": None, "starts_since_change": draw.randrange(4)},
            "protocol": {"observed": draw.choice(("rpc_http", "mapi_http", "unknown")),
                         "confidence": draw.choice(("configured", "offered")), "mailbox": "unknown", "evidence": []},
        } for i in range(users)],
    }


def send(connection, device, body):
    return post(connection, "/v1/reports", device["device_token"], json.dumps(body).encode())


def fill(server, ca, secret_file, fleet_file, devices, users):
    with open(secret_file) as f:
        secret = f.read().strip()
    connection = connect(server, ca)
    draw = random.Random(1)
    fleet = []
    for number in range(int(devices)):
        status, body = post(connection, "/v1/enroll", secret, b'{"host":{"name":"PC-%d"}}' % number)
        if status != 201:
            sys.exit("enrolling gave %d" % status)
        fleet.append(json.loads(body))
        for first in range(0, int(users), REPORT_USERS):
            count = min(REPORT_USERS, int(users) - first)
            status, answer = send(connection, fleet[-1], report(fleet[-1], first + 1, first, count, draw))
            if status != 204:
                sys.exit("a report gave %d: %s" % (status, answer.decode()))
    with open(fleet_file, "w") as f:
        json.dump(fleet, f)


def flood(server, ca, fleet_file, taken_file):
    connection = connect(server, ca)
    draw = random.Random(time.monotonic_ns())
    with open(fleet_file) as f:
        fleet = json.load(f)
    number = int(time.monotonic() * 100)
    while True:
        number += 1
        device = draw.choice(fleet)
        try:
            status, _ = send(connection, device, report(device, number, draw.randrange(300), 20, draw))
        except (OSError, http.client.HTTPException):
            return
        if status != 204:
            sys.exit("a report gave %d" % status)
        with open(taken_file, "a") as f:
            f.write("%d\n" % number)


class Admin:
    def __init__(self, url, ca, token_file):
        where = urllib.parse.urlsplit(url)
        self.where = (where.hostname, where.port)
        self.context = ssl.create_default_context(cafile=ca)
        with open(token_file) as f:
            self.headers = {"Authorization": "Bearer " + f.read().strip()}
        self.connection = http.client.HTTPSConnection(*self.where, context=self.context, timeout=120)

    def get(self, path):
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            sys.exit("%s gave %d: %s" % (path, answer.status, body.decode()))
        return json.loads(body)

    def users(self):
        cursor = ""
        while cursor is not None:
            page = self.get("/v1/users?limit=500" + ("&cursor=" + cursor if cursor else ""))
            yield from page["users"]
            cursor = page["next"]


def brake_of(user):
    """What the user counts as, or None."""
    value, outlook = user["value"], user["outlook"]
    if value is None or value.get("value") != 1 or outlook["starts_since_change"] < 2:
        return None
    seen = user["confidence"] in ("configured", "connected") and user["protocol"] in ("rpc_http", "mapi_http")
    return user["protocol"] if seen else "other"


def count_again(admin):
    counts = {kind: collections.Counter() for kind in ("state", "ring", "set", "protocol", "outlook", "version")}
    brake = collections.defaultdict(collections.Counter)
    total = 0
    for user in admin.users():
        total += 1
        names = {"state": user["state"], "ring": user["ring"], "set": user["set"], "protocol": user["protocol"],
                 "outlook": user["outlook"]["version"], "version": str(user["version"] or 0)}
        for kind, name in names.items():
            if name is not None:
                counts[kind][name] += 1
        if brake_of(user):
            brake[names["outlook"]][brake_of(user)] += 1
    return total, counts, brake


def bounded(counter):
    """Those of most users by name, the rest as one."""
    first = sorted(counter.items(), key=lambda item: (-item[1], item[0].encode()))[:200]
    named = {name: n for name, n in first if name != "other"}
    rest = sum(counter.values()) - sum(named.values())
    return dict(named, other=rest) if rest else named


def recount(url, ca, token_file):
    admin = Admin(url, ca, token_file)
    said = admin.get("/v1/compliance")
    total, counts, brake = count_again(admin)
    wrong = [] if said["users"] == total else ["users: %d, not %d" % (said["users"], total)]
    for kind, counter in counts.items():
        if said[kind] != bounded(counter):
            wrong.append("%s: %r, not %r" % (kind, said[kind], bounded(counter)))
    kept = {row["outlook"]: {k: row[k] for k in ("rpc_http", "mapi_http", "other") if row[k]} for row in said["brake"]}
    if kept != {outlook: dict(counter) for outlook, counter in brake.items()}:
        wrong.append("brake: %r, not %r" % (kept, brake))
    if sum(said["stage"].values()) != total or sum(
            n for states in said["stage_state"].values() for n in states.values()) != total:
        wrong.append("stages: %r" % said["stage"])
    print("%d users" % total)
    sys.exit("\n".join(wrong) if wrong else 0)


def export(url, ca, token_file, file):
    admin = Admin(url, ca, token_file)
    admin.connection.request("GET", "/v1/reports.csv", headers=admin.headers)
    answer = admin.connection.getresponse()
    if answer.status != 200:
        sys.exit("the export gave %d" % answer.status)
    try:
        with open(file, "wb") as f:
            while True:
                part = answer.read(65536)
                if not part:
                    break
                f.write(part)
        print("whole")
    except (http.client.IncompleteRead, OSError):
        print("cut")


def stop_reading(url, ca, token_file, count):
    admin = Admin(url, ca, token_file)
    sockets = []
    for _ in range(int(count)):
        plain = socket.create_connection(admin.where)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s = admin.context.wrap_socket(plain, server_hostname=admin.where[0])
        s.sendall(("GET /v1/reports.csv HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n"
                   % admin.headers["Authorization"]).encode())
        print(s.recv(64).split()[1].decode(), flush=True)
        sockets.append(s)
    signal.pause()  # until whoever started it ends it


if __name__ == "__main__":
    {"fill": fill, "flood": flood, "recount": recount, "export": export, "stop_reading": stop_reading}[
        sys.argv[1]](*sys.argv[2:])
