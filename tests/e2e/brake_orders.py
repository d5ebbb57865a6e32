#!/usr/bin/env python3
"""Gives a server one order after the other, as a table says, and holds every answer against it.

brake_orders.py ADMIN CA TOKEN_FOLDER BUNDLE_FOLDER TABLE   tables: empty, stages, skip, regression, times, safe
TOKEN_FOLDER has a file viewer.token, operator.token, publisher.token; BUNDLE_FOLDER has bundle-SERIAL.json.
"""
import http.client
import json
import ssl
import sys
import urllib.parse

# An If-Match: the ETag that holds now, one that never holds, none, that before the first; and the one of bundles.
NOW, STALE, NONE, ZERO = "now", "stale", "none", "zero"
GARBAGE = "{"


class Server:
    def __init__(self, admin, ca, tokens, bundles):
        url = urllib.parse.urlsplit(admin)
        self.connection = http.client.HTTPSConnection(url.hostname, url.port,
                                                      context=ssl.create_default_context(cafile=ca), timeout=60)
        self.tokens = {}
        for role in ("viewer", "operator", "publisher"):
            with open("%s/%s.token" % (tokens, role)) as f:
                self.tokens[role] = f.read().strip()
        self.bundles = bundles

    def ask(self, method, path, role, headers, body):
        headers = dict(headers)
        if role is not None:
            headers["Authorization"] = "Bearer " + self.tokens[role]
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def view(self):
        return self.ask("GET", "/v1/rollout", "viewer", {}, None)[1]

    def if_match(self, kind, member):
        tag = {NOW: self.view()[member], STALE: '"4711-0123456789abcdef"', ZERO: '"0"'}.get(kind)
        return {} if kind == NONE else {"If-Match": tag}

    def order(self, name, match, body, role="operator"):
        return self.ask("POST", "/v1/rollout/" + name, role, self.if_match(match, "policy_etag"),
                        body if isinstance(body, str) else json.dumps(body))

    def put(self, serial, match, query="", role="publisher"):
        with open("%s/bundle-%d.json" % (self.bundles, serial), "rb") as f:
            return self.ask("PUT", "/v1/rollout" + query, role, self.if_match(match, "bundle_etag"), f.read())


def released(version):
    return lambda status, answer: (status, (answer.get("released") or {"version": 0}).get("version")) == (200, version)


def refused(status, code):
    return lambda got, answer: (got, answer.get("code")) == (status, code)


def held(yes):
    return lambda status, answer: status == 200 and (answer["hold"] is not None) == yes


def stored(serial):
    return lambda status, answer: status == 200 and answer["stored"]["serial"] == serial


SAFE = {"reason": "it hangs", "confirm": "orders-e2e"}
UNKNOWN = refused(404, "stage_unknown")

# Name, If-Match, body, what must come. "put" has the serial for a body.
TABLES = {
    # Nothing is stored, and nothing released.
    "empty": [
        ("release", ZERO, {"stage": "observe"}, UNKNOWN),
        ("release", NONE, {"stage": "observe"}, refused(428, "precondition_required")),
        ("release", STALE, {"stage": "observe"}, refused(412, "precondition_failed")),
        ("advance", ZERO, {}, refused(409, "stage_unknown")),
        ("advance", NONE, {}, refused(428, "precondition_required")),
        ("advance", STALE, {}, refused(412, "precondition_failed")),
        ("safe", NONE, SAFE, UNKNOWN),
        ("hold", NONE, {"reason": "x"}, refused(428, "precondition_required")),
        ("hold", STALE, {"reason": "x"}, refused(412, "precondition_failed")),
        ("hold", ZERO, {"reason": "x"}, held(True)),
        ("resume", NONE, {}, refused(428, "precondition_required")),
        ("resume", STALE, {}, refused(412, "precondition_failed")),
        ("resume", ZERO, {}, held(False)),
        ("put", NONE, 1, refused(428, "precondition_required")),
        ("put", STALE, 1, refused(412, "precondition_failed")),
        ("put", ZERO, 1, stored(1)),
        ("put", ZERO, 2, refused(412, "precondition_failed")),
        ("put", NOW, 1, stored(1)),
    ],
    # Serial 1 is stored.
    "stages": [
        ("advance", ZERO, {}, refused(409, "stage_unknown")),
        ("release", ZERO, {"stage": "nowhere"}, UNKNOWN),
        ("release", ZERO, {"stage": "safe"}, UNKNOWN),
        ("release", ZERO, {}, refused(422, "missing_field")),
        ("release", ZERO, {"stage": "observe", "more": 1}, refused(422, "unknown_field")),
        ("release", ZERO, GARBAGE, refused(400, "json_syntax")),
        ("release", ZERO, {"stage": "observe"}, released(1001)),
        ("release", ZERO, {"stage": "pilot"}, refused(412, "precondition_failed")),
        ("release", NOW, {"stage": "observe"}, released(1001)),
        ("advance", NOW, {}, released(1002)),
        ("release", NOW, {"stage": "observe"}, refused(409, "version_rollback")),
        ("release", NOW, {"stage": "last", "confirm_regression": True}, released(1005)),
        ("advance", NOW, {}, refused(409, "stage_unknown")),
    ],
    # Serial 1 is stored; 101 is a hundred higher, 202 a hundred and one more.
    "skip": [
        ("put", NOW, 102, refused(409, "serial_skip")),
        ("put", NOW, 101, stored(101)),
        ("put", NOW, 202, refused(409, "serial_skip")),
        ("put?skip=0", NOW, 202, refused(409, "serial_skip")),
        ("put?skip=1", STALE, 202, refused(412, "precondition_failed")),
        ("put?skip=1", NOW, 202, stored(202)),
        ("put", NOW, 102, refused(409, "version_rollback")),
        ("put?skip=1", NOW, 102, refused(409, "version_rollback")),
    ],
    # Users have reported; "everyone" allows, "back" blocks them. Serial 202 is stored.
    "regression": [
        ("release", NOW, {"stage": "everyone"}, released(202003)),
        ("advance", NOW, {}, refused(409, "stage_regression")),
        ("release", NOW, {"stage": "back"}, refused(409, "stage_regression")),
        ("release", NOW, {"stage": "back", "confirm_regression": False}, refused(409, "stage_regression")),
        ("advance", STALE, {"confirm_regression": True}, refused(412, "precondition_failed")),
        ("advance", NOW, {"confirm_regression": True}, released(202004)),
        ("release", NOW, {"stage": "last"}, released(202005)),
    ],
    # 203 has a stage for later; 204 has expired.
    "times": [
        ("put", NOW, 203, stored(203)),
        ("release", NOW, {"stage": "last", "confirm_regression": True}, refused(409, "not_yet")),
        ("release", NOW, {"stage": "back", "confirm_regression": True}, released(203004)),
        ("advance", NOW, {"confirm_regression": True}, refused(409, "not_yet")),
        ("put", NOW, 204, stored(204)),
        ("release", NOW, {"stage": "observe"}, refused(409, "expired")),
        ("release", STALE, {"stage": "observe"}, refused(412, "precondition_failed")),
    ],
    # The brake, and what is said while it is on. 205 leads on.
    "safe": [
        ("safe", NONE, {"reason": "x", "confirm": "another"}, refused(409, "rollout_mismatch")),
        ("safe", NONE, {"confirm": "orders-e2e"}, refused(422, "missing_field")),
        ("safe", NONE, {"reason": "x"}, refused(422, "missing_field")),
        ("safe", NONE, GARBAGE, refused(400, "json_syntax")),
        ("safe", STALE, SAFE, released(204999)),
        ("safe", NONE, SAFE, released(204999)),
    ] + [
        (name, match, body, refused(409, "safe_released"))
        for name, good in (("advance", {}), ("hold", {"reason": "x"}), ("resume", {}))
        for match in (NOW, NONE, STALE) for body in (good, {"more": 1}, GARBAGE, [])
    ] + [
        ("release", NOW, {"stage": "observe"}, refused(409, "safe_released")),
        ("release", NONE, {"stage": "observe"}, refused(428, "precondition_required")),
        ("release", STALE, {"stage": "observe"}, refused(412, "precondition_failed")),
        ("put", NOW, 205, stored(205)),
        ("advance", NOW, {}, refused(409, "safe_released")),
        ("release", NOW, {"stage": "observe"}, released(205001)),
        ("hold", NOW, {"reason": "x"}, held(True)),
        ("resume", NOW, {}, held(False)),
        ("safe", NONE, SAFE, released(205999)),
    ],
}

# Who may do what, whatever stands in the table: asked before anything is looked at.
ROLES = [("release", None, 401), ("release", "viewer", 403), ("advance", "viewer", 403), ("hold", "viewer", 403),
         ("resume", "viewer", 403), ("safe", None, 401), ("safe", "viewer", 403)]


def main(admin, ca, tokens, bundles, table):
    server = Server(admin, ca, tokens, bundles)
    for name, role, status in ROLES:
        got, answer = server.order(name, NOW, SAFE if name == "safe" else {}, role)
        if got != status:
            sys.exit("%s as %s gives %d: %s" % (name, role, got, answer))
    for row, (name, match, body, is_right) in enumerate(TABLES[table]):
        before = server.view()
        if name.startswith("put"):
            status, answer = server.put(body, match, name[3:])
        else:
            status, answer = server.order(name, match, body)
        if not is_right(status, answer):
            sys.exit("row %d of %s: %s, If-Match %s, %s: gives %d %s" % (row, table, name, match, body, status, answer))
        if status >= 400 and (server.view()["policy_etag"], server.view()["bundle_etag"]) != (
                before["policy_etag"], before["bundle_etag"]):
            sys.exit("row %d of %s was refused and changed something" % (row, table))
    print("%d orders" % len(TABLES[table]))


if __name__ == "__main__":
    main(*sys.argv[1:])
