#!/usr/bin/env python3
"""What may stand in the way of the brake, and those who wait for it. Each runs until it is ended.

brake.py hold  SERVER CA FLEET_FILE COUNT OUT   so many devices poll and wait; a line for each policy that comes: its
                                                version. Ends when all have one
brake.py flood SERVER CA FLEET_FILE OUT         all devices report, as fast as they are answered; a line for each answer
brake.py lists ADMIN CA TOKEN_FILE COUNT OUT    so many ask for long lists and never read; a line when all have asked,
                                                and again whenever one was closed and has asked anew
brake.py crowd ADMIN CA COUNT OUT               so many connections that say nothing; a line when all are there, and
                                                whenever those that were closed are there again
brake.py mute  SOCKET COUNT OUT                 so many connections to the local socket that say nothing; a line when
                                                all are there
brake.py lock  STORE OUT                        another program has the database locked; a line when it is
brake.py etag   SERVER CA                       prints the ETag that anybody gets, and ends
brake.py digest POLICY_FILE                     prints the digest of a signed policy's payload, and ends
brake.py report SERVER CA FLEET_FILE NUMBER VERSION DIGEST
                                                the NUMBER-th device, from 1, says that it has this in effect, and ends
"""
import base64
import hashlib
import http.client
import json
import secrets
import socket
import sqlite3
import ssl
import sys
import threading
import time
import urllib.parse

from report_stream import connect, post

PATIENCE_S = 240
ADDRESSES = 16  # of a crowd: a server takes so many from each


def say(out, line):
    """Whole lines, at once: somebody else counts them."""
    with open(out, "a") as f:
        f.write("%s\n" % line)


def etag(server, ca):
    connection = connect(server, ca)
    connection.request("GET", "/v1/policy")
    answer = connection.getresponse()
    answer.read()
    return answer.headers.get("ETag", "none")


def version_of(tag):
    return tag.strip('"').split("-")[0]


def fleet_of(fleet_file):
    with open(fleet_file) as f:
        return json.load(f)


def await_policy(server, ca, device, seen, out):
    """Polls until another policy comes, as agents do: a cut poll begins anew."""
    url = urllib.parse.urlsplit(server)
    context = ssl.create_default_context(cafile=ca)
    while True:
        try:
            connection = http.client.HTTPSConnection(url.hostname, url.port, context=context, timeout=PATIENCE_S)
            connection.request("GET", "/v1/policy", headers={"Authorization": "Bearer " + device["device_token"],
                                                             "If-None-Match": seen, "Prefer": "wait=240"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)  # the server is gone: an agent comes again, too
            continue
        if answer.status == 200:
            say(out, version_of(answer.headers["ETag"]))
            return


def in_threads(count, target, arguments):
    threads = [threading.Thread(target=target, args=arguments(number), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def hold(server, ca, fleet_file, count, out):
    fleet = fleet_of(fleet_file)
    seen = etag(server, ca)
    in_threads(int(count), await_policy, lambda number: (server, ca, fleet[number], seen, out))


def digest(policy_file):
    with open(policy_file) as f:
        payload = json.load(f)["payload"]
    return hashlib.sha256(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).hexdigest()


def report_of(device, number, version=None, payload_digest=None):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    users = [{"sid": "S-1-5-21-1-2-3-%d" % (1000 + number * 200 + user), "account": "CONTOSO\\user%d" % user,
              "hive": "loaded", "state": "compliant"} for user in range(200)]
    return json.dumps({
        "format": "mapi-rollout/report/1", "report_id": secrets.token_hex(16), "run_id": "%032x" % 1,
        "seq": time.monotonic_ns() // 1000000 % 2000000000, "part": 1, "parts": 1, "full": True,
        "device_id": device["device_id"], "sent_at": now,
        "agent": {"version": "1.0.0", "started_at": now, "formats": ["mapi-rollout/policy/1"], "trust_version": 1},
        "host": {"name": "PC-%d" % number},
        "policy": {"rollout": None, "received": version, "effective": version, "digest": payload_digest,
                   "failed": None, "stale": False},
        "users": users}).encode()


def report(server, ca, fleet_file, number, version, payload_digest):
    device = fleet_of(fleet_file)[int(number) - 1]
    body = report_of(device, int(number), int(version), payload_digest)
    status, answer = post(connect(server, ca), "/v1/reports", device["device_token"], body)
    if status != 204:
        sys.exit("a report gave %d: %s" % (status, answer.decode()))


def report_on(server, ca, device, number, out):
    while True:
        try:
            connection = connect(server, ca)
            while True:
                status, _ = post(connection, "/v1/reports", device["device_token"], report_of(device, number))
                say(out, status)
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)


def flood(server, ca, fleet_file, out):
    fleet = fleet_of(fleet_file)
    in_threads(len(fleet), report_on, lambda number: (server, ca, fleet[number], number, out))


# ---- connections that are in the way -------------------------------------------------------------

def greet(url, context):
    plain = socket.create_connection((url.hostname, url.port), timeout=PATIENCE_S)
    return context.wrap_socket(plain, server_hostname=url.hostname)


def is_closed(connection):
    connection.settimeout(0)
    try:
        return len(connection.recv(1)) == 0
    except (ssl.SSLWantReadError, BlockingIOError):
        return False
    except OSError:
        return True


def keep_all(count, make, out):
    """Replaces those that the server closes; says so whenever all are there."""
    kept = []
    while True:
        missing = count - len(kept)
        for _ in range(missing):
            kept.append(make())
        if missing > 0:
            say(out, "there")
        time.sleep(0.2)
        kept = [connection for connection in kept if not is_closed(connection)]


def ask_and_never_read(url, context, request):
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)  # before it connects: so little fits on the way
    plain.connect((url.hostname, url.port))
    connection = context.wrap_socket(plain, server_hostname=url.hostname)
    connection.sendall(request)
    return connection


def lists(admin, ca, token_file, count, out):
    url = urllib.parse.urlsplit(admin)
    context = ssl.create_default_context(cafile=ca)
    with open(token_file) as f:
        token = f.read().strip()
    paths = ["/v1/reports.csv", "/v1/users?limit=500", "/v1/users?limit=500&q=zzz", "/v1/devices?limit=500"]
    asked = []

    def make():
        path = paths[len(asked) % len(paths)]
        asked.append(path)
        request = "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n" % (path, token)
        return ask_and_never_read(url, context, request.encode())

    kept = [make() for _ in range(int(count))]
    say(out, "there")
    while True:  # what is not read is never seen to be closed: now and then the oldest is given up for a new one
        time.sleep(0.1)
        kept.pop(0).close()
        kept.append(make())


def crowd(admin, ca, count, out):
    url = urllib.parse.urlsplit(admin)
    made = []

    def make():
        """Without a greeting: what a server does not take stands in its backlog all the same."""
        made.append(None)
        address = "127.0.0.%d" % (2 + len(made) % ADDRESSES)
        return socket.create_connection((url.hostname, url.port), timeout=PATIENCE_S, source_address=(address, 0))

    keep_all(int(count), make, out)


def mute(path, count, out):
    def make():
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        return connection
    keep_all(int(count), make, out)


def lock(store, out):
    database = sqlite3.connect(store, timeout=60, isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    say(out, "there")
    while True:
        time.sleep(60)


if __name__ == "__main__":
    if sys.argv[1] in ("etag", "digest"):
        print({"etag": etag, "digest": digest}[sys.argv[1]](*sys.argv[2:]))
    else:
        {"hold": hold, "flood": flood, "lists": lists, "crowd": crowd, "mute": mute, "lock": lock,
         "report": report}[sys.argv[1]](*sys.argv[2:])
