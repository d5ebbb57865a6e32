#!/usr/bin/env python3
"""Asks a server all that its OpenAPI document describes, well and badly, and writes down what came back.

openapi_battery.py ask AGENTS_URL ADMINS_URL CA FOLDER OUT
        FOLDER holds bundle-1.json, bundle-2.json, bundle-500.json, strange.json (signed by a stranger), plan-1.json,
        enroll.secret and a file ROLE.token for each role; the server is fresh. OUT gets one JSON object a line:
        door, method, path, role, status, headers, body.
openapi_battery.py routes ADMINS_URL CA TOKEN_FILE
        the routes of the running server, as its metrics name them: "door method path" a line
openapi_battery.py codes SOURCE_FOLDER...
        the problem codes in C sources: each literal that is handed to what refuses
"""
import http.client
import json
import re
import secrets
import ssl
import sys
import time
import urllib.parse
from pathlib import Path

ROLES = ("viewer", "operator", "publisher")
MIB = 1024 * 1024
RATE_TRIES = 4000
USERS = 3
DRAINED = 64 * 1024
# Sources whose refusals never go over the wire: what the command alone verifies, and what a start or reload reads.
NOT_AT_THE_SERVER = ("audit_chain.c", "certificate.c")


class Door:
    def __init__(self, name, url, ca, out):
        self.name, self.out = name, out
        self.url = urllib.parse.urlsplit(url)
        self.context = ssl.create_default_context(cafile=ca)
        self.connection = None

    def once(self, method, path, body, headers):
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(self.url.hostname, self.url.port, context=self.context,
                                                          timeout=60)
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.will_close:
            self.connection.close()
            self.connection = None
        return answer, data

    def ask(self, method, path, body=None, token=None, role=None, only=None, **headers):
        """One request; what came back is written down, or only that status, and given back as (status, body)."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = "Bearer " + token
        try:
            answer, data = self.once(method, path, body, sent)
        except (http.client.HTTPException, ConnectionError):
            # It refused a long body before all of it was sent, or had closed an idle connection.
            self.connection = None
            answer, data = self.once(method, path, None if body is None or len(body) > MIB else body, sent)
        if only in (None, answer.status):
            self.out.write(json.dumps({
                "door": self.name, "method": method, "path": path, "role": role, "status": answer.status,
                "headers": {name.lower(): value for name, value in answer.getheaders()},
                "body": data.decode("utf-8"),
            }) + "\n")
        return answer.status, data


def too_long(door, method, path, length, token):
    """A body that is longer than it may be: sent if the server reads it to the end, else only announced."""
    if length <= DRAINED:
        door.ask(method, path, b" " * length, token)
    else:
        door.connection = None
        door.ask(method, path, None, token, Content_Length=str(length))
        door.connection = None


def text(value):
    return json.dumps(value).encode()


class Battery:
    def __init__(self, agents, admins, folder):
        self.agents, self.admins, self.folder = agents, admins, Path(folder)
        self.tokens = {role: self.read(role + ".token").decode().strip() for role in ROLES}
        self.secret = self.read("enroll.secret").decode().strip()
        self.device = None

    def read(self, name):
        return (self.folder / name).read_bytes()

    def admin(self, role, method, path, body=None, **headers):
        return self.admins.ask(method, path, body, self.tokens[role], role, **headers)

    def rollout(self):
        return json.loads(self.admin("viewer", "GET", "/v1/rollout")[1])

    def etag(self):
        return self.rollout()["policy_etag"]

    # ---- who may -----------------------------------------------------------------------------

    def each_role(self, document):
        """Every operation by nobody, by a stranger, and by each role: with what a server must refuse or take."""
        for path, item in document["paths"].items():
            for method, operation in item.items():
                if "x-role" not in operation:
                    continue
                asked = path.replace("{device_id}", "0" * 32)
                self.admins.ask(method.upper(), asked, b"" if method != "get" else None, None,
                                "local" if {} in operation["security"] else "nobody")
                self.admins.ask(method.upper(), asked, b"" if method != "get" else None, "x" * 43, "stranger")
                for role in ROLES:
                    self.admin(role, method.upper(), asked, b"" if method != "get" else None)

    # ---- agents ------------------------------------------------------------------------------

    def enroll(self, body=None, **headers):
        return self.agents.ask("POST", "/v1/enroll", text(body or {"host": {"name": "PC-1"}}), self.secret, **headers)

    def enrolling(self):
        self.device = json.loads(self.enroll()[1])
        self.enroll(X_Device_Token=self.device["device_token"])
        self.device = json.loads(self.enroll({"host": {"name": "PC-2", "domain": "CONTOSO"}})[1])
        ask = self.agents.ask
        ask("POST", "/v1/enroll", text({"host": {"name": "PC-3"}}), "nonsense")
        ask("POST", "/v1/enroll", text({"host": {"name": "PC-3"}}))
        ask("POST", "/v1/enroll", b"{", self.secret)
        ask("POST", "/v1/enroll", b'{"host":{"name":"a","name":"b"}}', self.secret)
        self.enroll({"host": {}})
        self.enroll({"host": {"name": 7}})
        self.enroll({"host": {"name": "PC-4", "colour": "red"}})
        too_long(self.agents, "POST", "/v1/enroll", 17 * 1024, self.secret)

    def report(self, version, number=1, users=None):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return {
            "format": "mapi-rollout/report/1", "report_id": secrets.token_hex(16), "run_id": "%032x" % 1, "seq": number,
            "part": 1, "parts": 1, "full": True, "device_id": self.device["device_id"], "sent_at": now,
            "agent": {"version": "1.0.0", "started_at": now, "formats": ["mapi-rollout/policy/1"], "trust_version": 1},
            "host": {"name": "PC-2", "domain": "CONTOSO", "tags": ["hq"], "os": "10.0.19045", "arch": "x64",
                     "computer_ou": "OU=Clients,DC=contoso,DC=com", "ad_site": "Berlin", "multi_session": False},
            "policy": {"rollout": "e2e", "received": version, "effective": version, "digest": "0" * 64, "failed": None,
                       "stale": False},
            "outlook": {"version": "16.0.17328.20162", "bitness": "x64", "install": "click_to_run", "minimum": True,
                        "dotnet_release": 533320},
            "preflight": [{"url": "https://mapi.example.com/mapi/healthcheck.htm", "for": "allow", "verdict": "ready",
                           "http": 200, "server": "15.2.2562", "auth": ["Negotiate"], "at": now}],
            "users": users if users is not None else [
                {"sid": "S-1-5-21-1-2-3-%d" % (1001 + i), "account": "CONTOSO\\user%d" % i, "groups": [],
                 "hive": "loaded", "rule": None, "ring": None, "set": "block", "ours": True,
                 "value": [{"present": True, "type": "dword", "value": 1}, {"present": False},
                           {"present": True, "type": "sz"}][i],
                 "pre_image": None, "action": "wrote", "changed_at": now, "corrections": i,
                 "state": ["idle", "error", "blocked"][i], "blocked_by": [None, None, "mailbox"][i],
                 "error": [None, {"code": "denied", "os_code": 5}, None][i],
                 "outlook": {"running": True, "started_at": now, "starts_since_change": 1},
                 "protocol": {"observed": "rpc_http", "confidence": "configured", "mailbox": "on_premises",
                              "evidence": ["profile:001f6622"]}} for i in range(USERS)]}

    def send(self, report, token=None):
        return self.agents.ask("POST", "/v1/reports", text(report), token or self.device["device_token"])

    def reporting(self, version):
        report = self.report(version)
        self.send(report)
        self.send(report)
        self.send(dict(report, seq=2))
        self.send(report, "nonsense")
        self.send(dict(report, colour="red"))
        self.send(dict(report, report_id="short"))
        self.send(dict(report, sent_at="yesterday"))
        self.send(dict(report, parts=0))
        self.send({"format": "mapi-rollout/report/1"})
        self.agents.ask("POST", "/v1/reports", b"{", self.device["device_token"])
        too_long(self.agents, "POST", "/v1/reports", 300 * 1024, self.device["device_token"])

    def policies(self, released):
        ask = self.agents.ask
        status, _ = ask("GET", "/v1/policy")
        ask("GET", "/v1/policy", token=self.device["device_token"])
        tag = self.etag() if released else '"0"'
        ask("GET", "/v1/policy", token=self.device["device_token"], If_None_Match=tag)
        ask("GET", "/v1/policy", token=self.device["device_token"], If_None_Match=tag, Prefer="wait=1")
        ask("GET", "/v1/policy", If_None_Match=tag, Prefer="wait=1")
        assert status == (200 if released else 204), status

    def health(self):
        for door in (self.agents, self.admins):
            door.ask("GET", "/healthz")
            door.ask("GET", "/readyz")
        self.admins.ask("GET", "/openapi.json")
        self.admins.ask("GET", "/metrics", role="local")

    # ---- administrators ----------------------------------------------------------------------

    def looking(self):
        for path in ("/v1/rollout", "/v1/compliance", "/v1/users", "/v1/devices", "/v1/audit"):
            self.admin("viewer", "GET", path)
        for path in ("/v1/users", "/v1/devices", "/v1/audit"):
            self.admin("viewer", "GET", path + "?limit=1")
            self.admin("viewer", "GET", path + "?limit=501")
            self.admin("viewer", "GET", path + "?cursor=x")
        self.admin("viewer", "GET", "/v1/users?state=error&q=user")
        for query in ("state=idle&set=block&protocol=unknown&confidence=none&mailbox=unknown", "value=1",
                      "blocked_by=preflight", "outlook=none", "stage=none", "version=7001", "stale=1&duplicate=0",
                      "failed=1", "seen_before=2030-01-01T00:00:00Z", "state=green", "colour=red", "value=x"):
            self.admin("viewer", "GET", "/v1/users?" + query)
        for query in ("series=hour", "series=day&from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00Z", "series=week"):
            self.admin("viewer", "GET", "/v1/compliance?" + query)
        for query in ("", "?state=idle&stage=none", "?state=green", "?limit=1"):
            self.admin("viewer", "GET", "/v1/reports.csv" + query)
        for query in ("stale=0", "retired=0", "seen_after=2020-01-01T00:00:00Z", "stage=other", "state=idle"):
            self.admin("viewer", "GET", "/v1/devices?" + query)
        self.admin("viewer", "GET", "/v1/users?host=" + "x" * 300)
        if self.device is not None:
            self.admin("viewer", "GET", "/v1/devices/" + self.device["device_id"])
        self.admin("viewer", "GET", "/v1/devices/" + "0" * 32)

    def put(self, name, match, query=""):
        headers = {} if match is None else {"If_Match": match}
        return self.admin("publisher", "PUT", "/v1/rollout" + query, self.read(name), **headers)

    def publishing(self):
        self.put("bundle-1.json", None)
        self.put("bundle-1.json", '"1-0"')
        self.put("strange.json", '"0"')
        self.put("plan-1.json", '"0"')
        self.admin("publisher", "PUT", "/v1/rollout", b"{", If_Match='"0"')
        too_long(self.admins, "PUT", "/v1/rollout", 9 * MIB, self.tokens["publisher"])
        self.put("bundle-1.json", '"0"')
        self.put("bundle-500.json", self.rollout()["bundle_etag"])

    def order(self, path, body, match="", role="operator"):
        headers = {"If_Match": self.etag() if match == "" else match} if match is not None else {}
        return self.admin(role, "POST", "/v1/rollout/" + path, body if isinstance(body, bytes) else text(body), **headers)

    def ordering(self):
        self.order("advance", {})
        self.order("release", {"stage": "observe"}, None)
        self.order("release", {"stage": "observe"}, '"9-9"')
        self.order("release", {"stage": "nowhere"})
        self.order("release", {"stage": "observe"})
        self.order("release", {"stage": "observe"})
        self.reporting(1001)
        self.order("release", {"stage": "later"})
        self.order("advance", {})
        self.order("advance", {}, None)
        self.order("advance", {}, '"9-9"')
        self.order("release", {"stage": "observe"})
        self.order("advance", b"")
        self.order("release", {"stage": "everyone"})
        self.order("release", {"stage": "back"})
        for path, body in (("hold", {"reason": "a look"}), ("resume", {})):
            self.order(path, body, None)
            self.order(path, body, '"9-9"')
            self.order(path, body)
        for path in ("release", "advance", "hold", "resume", "safe"):
            self.order(path, b"{")
            self.order(path, {"colour": "red"})
            self.order(path, {"stage": 7, "reason": 7, "confirm": 7})
            too_long(self.admins, "POST", "/v1/rollout/" + path, 17 * 1024, self.tokens["operator"])

    def braking(self):
        self.order("safe", {"reason": "smoke", "confirm": "another"}, None)
        self.order("safe", {"reason": "smoke", "confirm": "e2e"}, None)
        for path, body in (("advance", {}), ("hold", {"reason": "late"}), ("resume", {}), ("release", {"stage": "back"})):
            self.order(path, body)
        self.policies(True)

    def simulate(self, body):
        return self.admin("operator", "POST", "/v1/simulate", body if isinstance(body, bytes) else text(body))

    def simulating(self):
        self.simulate(self.read("plan-1.json"))
        for body in ({"stage": "pilot"}, {"stage": "later"}, {"advance": True}, {"stage": "nowhere"}, {"stage": 7},
                     {"advance": False}, {"colour": "red"}, b"{", b'{"stage":"a","stage":"b"}', b"[]"):
            self.simulate(body)
        plan = json.loads(self.read("plan-1.json"))
        plan["stages"][1]["rules"] = [{"ring": "nobody", "set": "allow"}, {"ring": "pilot", "set": "perhaps"}]
        self.simulate(plan)
        too_long(self.admins, "POST", "/v1/simulate", MIB + 1, self.tokens["operator"])

    def unbuilt(self):
        self.admin("publisher", "POST", "/v1/evidence", b"{}")
        too_long(self.admins, "POST", "/v1/evidence", MIB + 1, self.tokens["publisher"])

    def strangers(self):
        """Paths and methods that are not there; and rates, until they say no."""
        for door in (self.agents, self.admins):
            for method, path in (("GET", "/v1/nothing"), ("DELETE", "/v1/policy"), ("POST", "/healthz"), ("GET", "/")):
                door.ask(method, path)
            door.connection = None
            door.ask("GET", "/healthz", Content_Length="0", Transfer_Encoding="chunked")
            door.connection = None
        for method, path, body, token in (("GET", "/v1/policy", None, None), ("POST", "/v1/enroll", b"{", self.secret),
                                          ("POST", "/v1/reports", b"{", self.device["device_token"])):
            for _ in range(RATE_TRIES):
                if self.agents.ask(method, path, body, token, only=429)[0] == 429:
                    break # a moment later another one may be let in

    def run(self, document):
        self.health()
        self.simulate({"stage": "pilot"})
        self.order("safe", {"reason": "smoke", "confirm": "e2e"}, None)
        self.each_role(document)
        self.enrolling()
        self.policies(False)
        self.looking()
        self.publishing()
        self.simulating()
        self.ordering()
        self.looking()
        self.policies(True)
        self.simulating()
        self.braking()
        self.simulating()
        self.put("bundle-2.json", self.rollout()["bundle_etag"])
        self.put("bundle-1.json", self.rollout()["bundle_etag"])
        self.order("release", {"stage": "pilot", "confirm_regression": True})
        self.looking()
        self.unbuilt()
        self.health()
        self.strangers()


def ask(agents_url, admins_url, ca, folder, out_file):
    with open(out_file, "w") as out:
        admins = Door("administrators", admins_url, ca, out)
        document = json.loads(admins.ask("GET", "/openapi.json")[1])
        Battery(Door("agents", agents_url, ca, out), admins, folder).run(document)


def routes(admins_url, ca, token_file):
    url = urllib.parse.urlsplit(admins_url)
    connection = http.client.HTTPSConnection(url.hostname, url.port, context=ssl.create_default_context(cafile=ca))
    with open(token_file) as f:
        connection.request("GET", "/metrics", headers={"Authorization": "Bearer " + f.read().strip()})
    said = connection.getresponse().read().decode()
    doors = {"agents": "agents", "admins": "administrators"}
    found = set(re.findall(r'^mapi_rollout_http_requests_total\{[^}]*?listener="(\w+)",method="(\w+)",route="([^"]+)"',
                           said, re.M))
    for door, method, path in sorted(found):
        if method != "other":
            print(doors[door], method, path)


def codes(*folders):
    calls = re.compile(r'\b(?:err_refuse|pol_at_problem|refuse|(?:srv_answer|write)_problem)\(\s*'
                       r'[^,;()]+,\s*(?:[^,;()"]+,\s*)?([^,;]+),', re.S)
    found = set()
    for folder in folders:
        for source in sorted(Path(folder).glob("*.c")):
            if source.name not in NOT_AT_THE_SERVER:
                for code in calls.findall(source.read_text()):
                    found.update(re.findall(r'"((?!store_|trust_rollback)[a-z_]+)"', code))  # those of a start
    print("\n".join(sorted(found)))


if __name__ == "__main__":
    {"ask": ask, "routes": routes, "codes": codes}[sys.argv[1]](*sys.argv[2:])
