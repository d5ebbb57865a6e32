#!/usr/bin/env python3
"""Plays devices that report to a server without pause, or asks whether it still has what it took.

report_stream.py enroll SERVER CA SECRET_FILE DEVICE_FILE   enrolls one device; its id and token go to the file
report_stream.py send   SERVER CA DEVICE_FILE TAKEN_FILE START
                        sends reports START, START+1, ...; writes a line for each that was answered with 204, after
                        the answer; ends when the server is gone
report_stream.py verify SERVER CA DEVICE_FILE TAKEN_FILE
                        each taken report again: 204 for the same bytes, 409 for others; says how many
"""
import http.client
import json
import ssl
import sys
import urllib.parse


def connect(server, ca):
    url = urllib.parse.urlsplit(server)
    return http.client.HTTPSConnection(url.hostname, url.port, context=ssl.create_default_context(cafile=ca),
                                       timeout=30)


def post(connection, path, token, body):
    connection.request("POST", path, body=body, headers={"Authorization": "Bearer " + token})
    answer = connection.getresponse()
    return answer.status, answer.read()


def report(device_id, number, state):
    return json.dumps({
        "format": "mapi-rollout/report/1", "report_id": "%032x" % number, "run_id": "%032x" % 1, "seq": number,
        "part": 1, "parts": 1, "full": False, "device_id": device_id, "sent_at": "2026-01-01T00:00:00Z",
        "agent": {"version": "1.0.0", "started_at": "2026-01-01T00:00:00Z",
                  "formats": ["mapi-rollout/policy/1"], "trust_version": 1},
        "host": {"name": "PC-1"},
        "policy": {"rollout": None, "received": None, "effective": None, "digest": None, "failed": None,
                   "stale": False},
        "users": [{"sid": "S-1-5-21-1-2-3-%d" % number, "hive": "loaded", "state": state}],
    }).encode()


def enroll(server, ca, secret_file, device_file):
    with open(secret_file) as f:
        secret = f.read().strip()
    status, body = post(connect(server, ca), "/v1/enroll", secret, b'{"host":{"name":"PC-1"}}')
    if status != 201:
        sys.exit("enrolling gave %d" % status)
    with open(device_file, "wb") as f:
        f.write(body)


def load(device_file):
    with open(device_file) as f:
        device = json.load(f)
    return device["device_id"], device["device_token"]


def send(server, ca, device_file, taken_file, start):
    device_id, token = load(device_file)
    connection = connect(server, ca)
    number = int(start)
    with open(taken_file, "a", buffering=1) as taken:
        while True:
            try:
                status, _ = post(connection, "/v1/reports", token, report(device_id, number, "idle"))
            except (OSError, http.client.HTTPException):
                return  # the server is gone: what was not answered does not count
            if status != 204:
                sys.exit("report %d gave %d" % (number, status))
            taken.write("%d\n" % number)
            number += 1


def verify(server, ca, device_file, taken_file):
    device_id, token = load(device_file)
    connection = connect(server, ca)
    with open(taken_file) as f:
        numbers = [int(line) for line in f]
    for number in numbers:
        # A server that had lost it would take other bytes under its id; one that has it refuses them.
        status, _ = post(connection, "/v1/reports", token, report(device_id, number, "error"))
        if status != 409:
            sys.exit("report %d was answered with 204 and is lost (%d)" % (number, status))
        status, _ = post(connection, "/v1/reports", token, report(device_id, number, "idle"))
        if status != 204:
            sys.exit("repeating report %d gave %d" % (number, status))
    print(len(numbers))


if __name__ == "__main__":
    {"enroll": enroll, "send": send, "verify": verify}[sys.argv[1]](*sys.argv[2:])
