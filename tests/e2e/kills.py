#!/usr/bin/env python3
"""kills.py - a server under load, killed with -9 at random moments; all that it answered must be there afterwards.

kills.py SITE DIR KILLS SEED SERVER   one server of its own, in DIR, killed KILLS times; its audit goes to audit.jsonl

SITE holds what `mapi-rollout init` makes, and bundles of rising serials as bundle-N.json. Agents report (new, again,
late, with other content), enroll, take new tokens and poll; an operator uploads, releases, advances, holds, resumes and
pulls the brake; somebody reads; the history of reports is tidied. After each kill:

    each 204  the report is known (its id with other content is 409), and the user has the newest state answered
    each 201  the token is known
    each 200  the bundle is stored, the version is released or a higher one is, the gates are held or not
    the audit has an entry for each of them, and goes on from where it was known to be
    nobody is handed out a lower version than before (but for a brake that was not answered: it hands out first)
    the counters equal the users

One kill in eight hits the start. What was asked and not answered may be there or not. A kill of a process loses nothing
that the kernel has: whether the disk has it by then, no test of this kind can see.
"""
import ctypes
import http.client
import json
import os
import random
import signal
import sqlite3
import ssl
import subprocess
import sys
import threading
import time

PATIENCE_S = 60
REPORTERS = 3
USERS = 4
ANSWERS = (0, 60)  # until the kill, and then
LOAD_S = (0.0, 0.1)
LOAD_MOST_S = 10  # where the machine is slow
START_KILL_S = (0.0, 0.06)
REPORT_MB = 16  # the least: the history is tidied meanwhile
CHECKED_AGAIN = 300  # reports at the end, of each device
STATES = ["compliant", "error", "unmanaged", "pending_restart"]
STAGES = ["observe", "hold-back", "pilot", "everyone"]


def end_with_us():
    """In a child: it gets SIGKILL when the thread ends that started it, however it ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, prctl(2)


class Gone(Exception):
    """The server was killed: what was asked has no answer."""


def die(sentence):
    print("FAILED: " + sentence, file=sys.stderr, flush=True)
    os._exit(1)  # from whichever thread


# ---- one server ----------------------------------------------------------------------------------------------------


class Server:
    def __init__(self, site, folder, program):
        self.site, self.folder, self.program = site, folder, program
        self.data = os.path.join(folder, "data")
        self.ports = ["0", "0"]
        self.tls = ssl.create_default_context(cafile=os.path.join(site, "ca.pem"))
        self.log = open(os.path.join(folder, "server.log"), "ab")
        self.process = None

    def command(self, *arguments):
        done = subprocess.run([self.program, *arguments, "--data", self.data], stdout=subprocess.PIPE,
                              stderr=self.log, check=True)
        return done.stdout.decode().strip()

    def spawn(self):
        at = ["127.0.0.1:" + port for port in self.ports]
        site = lambda name: os.path.join(self.site, name)
        self.process = subprocess.Popen(
            [self.program, "--data", self.data, "--listen", at[0], "--admin-listen", at[1], "--trust",
             site("trust.json"), "--tls-cert", site("server.pem"), "--tls-key", site("server.key"),
             "--keep-reports-mb", str(REPORT_MB)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log,
            preexec_fn=end_with_us)

    def start(self):
        began = time.monotonic()
        self.spawn()
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening "):
            die("the server does not start: see server.log")
        self.ports = [part.rsplit(":", 1)[1].strip() for part in line.split()[1:3]]
        return time.monotonic() - began

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.terminate()
        status = self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        if status != 0:
            die("the server ends with status %d: see server.log" % status)


class Caller:
    """A connection that is kept, to one door."""

    def __init__(self, server, door, token):
        self.server, self.door, self.token, self.connection = server, door, token, None

    def ask(self, method, path, body=None, headers=None):
        if self.connection is None:
            self.connection = http.client.HTTPSConnection("localhost", int(self.server.ports[self.door]),
                                                          context=self.server.tls, timeout=PATIENCE_S)
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        try:
            self.connection.request(method, path, body=body,
                                    headers={"Authorization": "Bearer " + self.token, **(headers or {})})
            answer = self.connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise Gone from None

    def expect(self, statuses, method, path, body=None, headers=None):
        status, sent, text = self.ask(method, path, body, headers)
        if status not in statuses:
            die("%s %s gives %d: %s" % (method, path, status, text[:300]))
        return status, sent, text


# ---- what was answered ---------------------------------------------------------------------------------------------


class Device:
    def __init__(self, answer):
        made = json.loads(answer)
        self.id, self.token = made["device_id"], made["device_token"]
        self.number = 0  # of the last report that was sent, which is also its seq
        self.answered = {}  # number: state of its user
        self.fresh = []  # answered since they were last looked for
        self.newest = {}  # user: (seq, state) of the newest answered report
        self.perhaps = {}  # user: states that were sent after it and not answered


class Truth:
    def __init__(self):
        self.lock = threading.Lock()
        self.tokens = []  # (token, device id): each opens
        self.new_tokens = []
        self.released = 0
        self.served = 0
        self.braking = False  # a brake is under way that was not answered
        self.bundle = 0
        self.held = None  # None: not known
        self.entries = []  # (what, part of its text) that the audit must have
        self.noted = set()  # versions whose entry was looked for, or will be
        self.known = 0  # the audit's entry up to which all was looked at
        self.known_hash = None
        self.counts = {}

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def must_have(self, what, text):
        with self.lock:
            self.entries.append((what, text))

    def serve(self, etag):
        with self.lock:
            if etag:
                self.served = max(self.served, int(etag.strip('"').split("-")[0]))


def report(device, number, seq, user, state, full=False):
    return json.dumps({
        "format": "mapi-rollout/report/1", "report_id": "%032x" % number, "run_id": "%032x" % 1, "seq": seq, "part": 1,
        "parts": 1, "full": full, "device_id": device.id, "sent_at": "2026-01-01T00:00:00Z",
        "agent": {"version": "1.0.0", "started_at": "2026-01-01T00:00:00Z", "formats": ["mapi-rollout/policy/1"],
                  "trust_version": 1},
        "host": {"name": "PC-1"},
        "policy": {"rollout": None, "received": None, "effective": None, "digest": None, "failed": None,
                   "stale": False},
        "users": [{"sid": "S-1-5-21-1-2-3-%d" % user, "hive": "loaded", "state": state}],
    }).encode()


# ---- the load ------------------------------------------------------------------------------------------------------


def enroll(caller, truth, name, headers=None):
    _, _, text = caller.expect([201], "POST", "/v1/enroll", {"host": {"name": name}}, headers)
    device = Device(text)
    truth.count("enrolled")
    truth.must_have("enroll_again" if headers else "enroll", "device=" + device.id)
    with truth.lock:
        truth.new_tokens.append((device.token, device.id))
    return device


def play_reporter(server, truth, chance, device):
    caller = Caller(server, 0, device.token)
    while True:
        device.number += 1
        number, user, state = device.number, 1000 + chance.randrange(USERS), chance.choice(STATES)
        late = chance.random() < 0.2  # under a new id, but older than what is known: it changes nothing
        if not late:
            device.perhaps.setdefault(user, []).append(state)
        body = report(device, number, 0 if late else number, user, state)
        caller.expect([204], "POST", "/v1/reports", body)
        device.answered[number] = (user, state, late)
        device.fresh.append(number)
        if late:
            device.newest.setdefault(user, (0, state))
        else:
            device.newest[user] = (number, state)
            device.perhaps[user] = []
        truth.count("reported")
        if chance.random() < 0.2:
            caller.expect([204], "POST", "/v1/reports", body)  # its answer was lost, it thinks


def play_enroller(server, truth, chance, secret):
    caller = Caller(server, 0, secret)
    while True:
        device = enroll(caller, truth, "PC-%d" % chance.randrange(1 << 30))
        if chance.random() < 0.5:
            enroll(caller, truth, "PC", {"X-Device-Token": device.token})
        time.sleep(0.02)  # most of the load are reports


def play_poller(server, truth, chance, device):
    caller = Caller(server, 0, device.token)
    seen = '"0"'
    while True:
        headers = {"If-None-Match": seen}
        if chance.random() < 0.7:
            headers["Prefer"] = "wait=2"
        status, sent, _ = caller.expect([200, 204, 304], "GET", "/v1/policy", None, headers)
        truth.serve(sent["ETag"])
        seen = sent["ETag"] or seen


def play_reader(server, truth, chance, token):
    caller = Caller(server, 1, token)
    while True:
        path = chance.choice(["/v1/users?limit=9", "/v1/compliance", "/v1/audit?limit=50", "/v1/devices", "/metrics"])
        caller.expect([200], "GET", path)
        time.sleep(0.01)


class Operator:
    def __init__(self, server, truth, chance, token):
        self.caller, self.truth, self.chance = Caller(server, 1, token), truth, chance
        self.site, self.view = server.site, None

    def take(self, text):
        self.view = json.loads(text)
        with self.truth.lock:
            released = self.view["released"]
            if released and not self.view["audit"]["pending"] and released["version"] not in self.truth.noted:
                self.truth.noted.add(released["version"])
                self.truth.entries.append(("", "version=%d " % released["version"]))
            self.truth.released = max(self.truth.released, released["version"] if released else 0)

    def order(self, what, body, held=None):
        changes = held is not None and held != (self.view["hold"] is not None)
        with self.truth.lock:
            if held is not None:
                self.truth.held = None
            self.truth.braking = self.truth.braking or what == "safe"
        _, _, text = self.caller.expect([200], "POST", "/v1/rollout/" + what, body,
                                        {"If-Match": self.view["policy_etag"]})
        self.take(text)
        self.truth.count(what)
        with self.truth.lock:
            if held is not None:
                self.truth.held = held
            if changes:
                self.truth.entries.append((what, ""))
            self.truth.braking = self.truth.braking and what != "safe"

    def publish(self, serial):
        with open(os.path.join(self.site, "bundle-%d.json" % serial), "rb") as f:
            body = f.read()
        _, _, text = self.caller.expect([200], "PUT", "/v1/rollout", body, {"If-Match": self.view["bundle_etag"]})
        self.take(text)
        self.truth.must_have("put_bundle", "serial=%d " % serial)
        self.truth.count("published")
        with self.truth.lock:
            self.truth.bundle = max(self.truth.bundle, serial)

    def is_there(self, serial):
        return os.path.exists(os.path.join(self.site, "bundle-%d.json" % serial))

    def play_serial(self, serial):
        self.publish(serial)
        self.order("release", {"stage": "observe", "confirm_regression": True})
        at = 0
        for _ in range(self.chance.randrange(2, 12)):
            step = self.chance.choice(["advance", "hold", "resume"])
            if step == "advance" and at + 1 < len(STAGES):
                self.order("advance", {"confirm_regression": True})
                at += 1
            elif step == "hold":
                self.order("hold", {"reason": "a look"}, held=True)
            elif step == "resume":
                self.order("resume", {}, held=False)
        if self.chance.random() < 0.7:
            self.order("safe", {"reason": "smoke", "confirm": self.view["rollout"]})

    def play(self):
        _, _, text = self.caller.expect([200], "GET", "/v1/rollout")
        self.take(text)
        for _ in range(2):
            serial = (self.view["stored"] or {"serial": 0})["serial"] + 1
            if self.is_there(serial):
                self.play_serial(serial)
        while not self.view["safe_released"]:
            self.order("hold", {"reason": "again"}, held=True)
            self.order("resume", {}, held=False)


# ---- after a kill --------------------------------------------------------------------------------------------------


def check_reports(server, device, numbers):
    caller = Caller(server, 0, device.token)
    for number in numbers:
        user, state, late = device.answered[number]
        other = "unmanaged" if state != "unmanaged" else "error"
        caller.expect([409], "POST", "/v1/reports", report(device, number, 0 if late else number, user, other))
    for number in numbers[-3:]:
        user, state, late = device.answered[number]
        caller.expect([204], "POST", "/v1/reports", report(device, number, 0 if late else number, user, state))


def check_users(server, truth, token, devices):
    caller = Caller(server, 1, token)
    found, states, cursor = {}, {}, "0"
    while cursor is not None:
        page = json.loads(caller.expect([200], "GET", "/v1/users?limit=500&cursor=" + cursor)[2])
        for user in page["users"]:
            found[(user["device_id"], user["sid"])] = user["state"]
            states[user["state"]] = states.get(user["state"], 0) + 1
        cursor = page["next"]
    counted = json.loads(caller.expect([200], "GET", "/v1/compliance")[2])
    kept = {state: n for state, n in counted["state"].items() if n}
    if counted["users"] != len(found) or kept != states:
        die("the counters say %s, the users are %s" % (kept, states))
    for device in devices:
        for user, (_, state) in device.newest.items():
            says = found.get((device.id, "S-1-5-21-1-2-3-%d" % user))
            if says != state and says not in device.perhaps.get(user, []):
                die("user %d of %s: answered %s, sent since %s, stored %s" % (
                    user, device.id, state, device.perhaps.get(user), says))
            # Whatever it is, it stands.
            device.newest[user] = (device.newest[user][0], says)
            device.perhaps[user] = []


def check_rollout(server, truth, token):
    view = json.loads(Caller(server, 1, token).expect([200], "GET", "/v1/rollout")[2])
    released = view["released"]["version"] if view["released"] else 0
    stored = view["stored"]["serial"] if view["stored"] else 0
    if released < truth.released:
        die("version %d was released and answered; it is %d" % (truth.released, released))
    if stored < truth.bundle:
        die("serial %d was stored and answered; it is %d" % (truth.bundle, stored))
    _, sent, _ = Caller(server, 0, "nobody").expect([200, 204], "GET", "/v1/policy")
    handed_out = int(sent["ETag"].strip('"').split("-")[0]) if sent["ETag"] else 0
    if handed_out != released:
        die("version %d is released, and %d is handed out" % (released, handed_out))
    if released < truth.served:
        if not (truth.braking and truth.served % 1000 == 999):
            die("version %d was handed out; now it is %d" % (truth.served, released))
        truth.count("brakes_forgotten")
    if released and released not in truth.noted:  # answered or not: it is in force, so the audit has it
        truth.noted.add(released)
        truth.entries.append(("", "version=%d " % released))
    truth.served, truth.braking = released, False
    truth.released = max(truth.released, released)
    return view


def check_hold(truth, hold):
    if truth.held is not None and (hold is not None) != truth.held:
        die("the gates were %s; now they are %s" % (truth.held, hold))


def check_audit(server, truth, token):
    """What is new in it must hold what was answered; where it was known to be, it still is."""
    caller = Caller(server, 1, token)
    lines, after = [], max(truth.known - 1, 0)
    while True:
        page = json.loads(caller.expect([200], "GET", "/v1/audit?limit=500&cursor=%d" % after)[2])
        lines += page["entries"]
        if page["next"] is None:
            break
        after = int(page["next"])
    if truth.known and (not lines or lines[0]["number"] != truth.known or lines[0]["hash"] != truth.known_hash):
        die("the audit was at entry %d; that is gone or another one" % truth.known)
    for i, line in enumerate(lines):
        if line["number"] != max(truth.known, 1) + i:
            die("the audit goes from %d to %d" % (max(truth.known, 1) + i - 1, line["number"]))
    with open(os.path.join(server.folder, "audit.jsonl"), "a", encoding="utf-8") as copy:
        copy.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines if line["number"] > truth.known)
    texts = [(line["what"], (line["after"] or "") + " ") for line in lines]
    for what, part in truth.entries:
        if not any((not what or what == w) and part in text for w, text in texts):
            die("the audit has no entry for: %s %s" % (what or "a release", part))
    truth.known, truth.known_hash = lines[-1]["number"], lines[-1]["hash"]
    truth.entries = []


def check_tokens(server, truth, tokens):
    for token, device in tokens:
        _, sent, _ = Caller(server, 0, token).expect([200, 204], "GET", "/v1/policy")
        if sent["Enrollment-Required"] is not None:
            die("the token of %s was answered, and is not known" % device)


# ---- rounds --------------------------------------------------------------------------------------------------------


def play_until_gone(play, *arguments):
    try:
        play(*arguments)
    except Gone:
        pass
    except Exception as e:  # pylint: disable=broad-except
        die("%s: %r" % (play.__name__, e))


class Play:
    def __init__(self, site, folder, seed, program):
        self.chance = random.Random(seed)
        self.server = Server(site, folder, program)
        self.truth = Truth()
        self.secret = self.server.command("enroll-secret", "add")
        self.tokens = {role: self.server.command("token", "add", "--role", role, "--name", role)
                       for role in ("viewer", "publisher")}
        self.devices = []
        self.slowest_start_s = 0.0

    def meet(self):
        caller = Caller(self.server, 0, self.secret)
        self.devices = [enroll(caller, self.truth, "PC-%d" % i) for i in range(REPORTERS + 1)]

    def load(self):
        operator = Operator(self.server, self.truth, self.chance, self.tokens["publisher"])
        new = lambda: random.Random(self.chance.random())
        parts = [(play_reporter, self.server, self.truth, new(), device) for device in self.devices[:REPORTERS]]
        parts += [(play_enroller, self.server, self.truth, new(), self.secret),
                  (play_poller, self.server, self.truth, new(), self.devices[REPORTERS]),
                  (play_poller, self.server, self.truth, new(), self.devices[0]),
                  (play_reader, self.server, self.truth, new(), self.tokens["viewer"]), (operator.play,)]
        threads = [threading.Thread(target=play_until_gone, args=part) for part in parts]
        for thread in threads:
            thread.start()
        wanted = sum(self.truth.counts.values()) + self.chance.randrange(*ANSWERS)
        until = time.monotonic() + LOAD_MOST_S
        while sum(self.truth.counts.copy().values()) < wanted and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(self.chance.uniform(*LOAD_S))
        self.server.kill()
        for thread in threads:
            thread.join()

    def start(self):
        while self.chance.random() < 1 / 8:
            self.server.spawn()
            time.sleep(self.chance.uniform(*START_KILL_S))
            self.server.kill()
            self.truth.count("killed_at_start")
            self.killed += 1
        self.slowest_start_s = max(self.slowest_start_s, self.server.start())

    def check(self):
        for device in self.devices:
            check_reports(self.server, device, device.fresh)
            device.fresh = []
        check_users(self.server, self.truth, self.tokens["viewer"], self.devices)
        view = check_rollout(self.server, self.truth, self.tokens["viewer"])
        check_hold(self.truth, view["hold"] if "hold" in view else None)
        check_audit(self.server, self.truth, self.tokens["viewer"])
        check_tokens(self.server, self.truth, self.truth.new_tokens)
        self.truth.tokens += self.truth.new_tokens
        self.truth.new_tokens = []

    def run(self, kills):
        self.killed = 0
        self.server.start()
        self.meet()
        while self.killed < kills:
            self.load()
            self.killed += 1
            self.start()
            self.check()
        for device in self.devices:
            check_reports(self.server, device, sorted(device.answered)[-CHECKED_AGAIN:])
        check_tokens(self.server, self.truth, self.truth.tokens)
        self.server.stop()
        with sqlite3.connect(os.path.join(self.server.data, "store.db")) as store:
            says = store.execute("PRAGMA integrity_check").fetchone()[0]
        if says != "ok":
            die("the store after all kills: " + says)


def main(site, folder, kills, seed, program):
    os.makedirs(os.path.join(folder, "data"), mode=0o700)
    play = Play(site, folder, int(seed), program)
    play.run(int(kills))
    print("%d kills: %s; slowest start %d ms" % (
        play.killed, ", ".join("%s %d" % pair for pair in sorted(play.truth.counts.items())),
        1000 * play.slowest_start_s))


if __name__ == "__main__":
    main(*sys.argv[1:])
