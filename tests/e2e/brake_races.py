#!/usr/bin/env python3
"""Operators who act at the same moment: many rounds against a real server.

brake_races.py ADMIN AGENTS CA TOKEN_FILE BUNDLE_FOLDER FIRST LAST KIND
Rounds have the serials FIRST..LAST, whose bundles are bundle-SERIAL.json; of "put" also bundle-SERIAL-N.json, N from 1 to 4.
advance  several advance by the same ETag: one does, by one stage
release  several release different stages by the same ETag: one does
put      several upload different bundles of one serial by the same ETag: one is stored
gate     one advances while the gate of the stage passes: one of the two does
safe     the brake between releases: if it was answered it is out, whoever came first
killed   the same; the server may be killed meanwhile, and the last line is the last brake that was answered, or 0
"""
import calendar
import http.client
import json
import ssl
import sys
import threading
import time
import urllib.parse

from brake import etag, version_of

OPERATORS = 4
PATIENCE_S = 60
NEAR_S = 0.1  # before a moment: until then nobody needs a processor
GONE = 0  # instead of a status: the server did not answer


class Operator:
    """Has a connection of his own."""

    def __init__(self, site):
        self.site = site
        self.connection = site.connect()
        self.status = GONE
        self.answer = {}

    def ask(self, method, path, body, if_match=None):
        headers = {"Authorization": "Bearer " + self.site.token}
        if if_match is not None:
            headers["If-Match"] = if_match
        try:
            self.connection.request(method, path, body=body, headers=headers)
            answer = self.connection.getresponse()
            self.status, self.answer = answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.status, self.answer = GONE, {}
        return self.status

    def order(self, name, body, if_match=None):
        return self.ask("POST", "/v1/rollout/" + name, json.dumps(body), if_match)


class Site:
    def __init__(self, admin, agents, ca, token_file, bundles):
        self.url = urllib.parse.urlsplit(admin)
        self.agents, self.ca, self.bundles = agents, ca, bundles
        self.context = ssl.create_default_context(cafile=ca)
        with open(token_file) as f:
            self.token = f.read().strip()

    def connect(self):
        return http.client.HTTPSConnection(self.url.hostname, self.url.port, context=self.context, timeout=PATIENCE_S)

    def view(self):
        operator = Operator(self)
        if operator.ask("GET", "/v1/rollout", None) != 200:
            sys.exit("the server does not say what is released")
        return operator.answer

    def bundle(self, name):
        with open("%s/bundle-%s.json" % (self.bundles, name), "rb") as f:
            return f.read()

    def begin(self, serial, stage):
        """The bundle of that serial is stored, and this stage of it is out; the ETag."""
        operator = Operator(self)
        if operator.ask("PUT", "/v1/rollout", self.bundle(serial), self.view()["bundle_etag"]) != 200:
            sys.exit("publishing %d: %s" % (serial, operator.answer))
        if operator.order("release", {"stage": stage}, self.view()["policy_etag"]) != 200:
            sys.exit("releasing %s of %d: %s" % (stage, serial, operator.answer))
        return operator.answer["policy_etag"]

    def served(self):
        return int(version_of(etag(self.agents, self.ca)))


def at_once(*acts):
    barrier = threading.Barrier(len(acts))

    def run(act):
        barrier.wait()
        act()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def expect_one(operators, serial):
    winners = [operator for operator in operators if operator.status == 200]
    losers = [operator for operator in operators if operator.status != 200]
    codes = {(loser.status, loser.answer.get("code")) for loser in losers}
    if len(winners) != 1 or not codes <= {(412, "precondition_failed")}:
        sys.exit("round %d: %d of %d succeed, the others get %s" % (serial, len(winners), len(operators), codes))
    return winners[0]


def expect_out(site, serial, version):
    view = site.view()
    if (view["released"]["version"], site.served()) != (version, version):
        sys.exit("round %d: %d is out, and agents get %d; it should be %d" % (
            serial, view["released"]["version"], site.served(), version))


def race_advance(site, serial):
    tag = site.begin(serial, "observe")
    operators = [Operator(site) for _ in range(OPERATORS)]
    at_once(*[lambda one=one: one.order("advance", {}, tag) for one in operators])
    expect_one(operators, serial)
    expect_out(site, serial, serial * 1000 + 2)


def race_release(site, serial):
    tag = site.begin(serial, "observe")
    stages = ["pilot", "everyone", "back", "last"]
    operators = [Operator(site) for _ in stages]
    at_once(*[lambda one=one, stage=stage: one.order("release", {"stage": stage}, tag)
              for one, stage in zip(operators, stages)])
    winner = expect_one(operators, serial)
    expect_out(site, serial, serial * 1000 + 2 + stages.index(winner.answer["released"]["stage"]))


def race_put(site, serial):
    tag = site.view()["bundle_etag"]
    operators = [Operator(site) for _ in range(OPERATORS)]
    bundles = [site.bundle("%d-%d" % (serial, number)) for number in range(1, OPERATORS + 1)]
    at_once(*[lambda one=one, bundle=bundle: one.ask("PUT", "/v1/rollout", bundle, tag)
              for one, bundle in zip(operators, bundles)])
    winner = expect_one(operators, serial)
    if site.view()["bundle_etag"] != winner.answer["bundle_etag"]:
        sys.exit("round %d: another bundle is stored than the one that was taken" % serial)


def race_gate(site, serial, wins):
    """The stage's soak time is one second, which ends with a second of the clock: the operator comes then, some
    milliseconds before or behind, while the gate is looked at again and again."""
    tag = site.begin(serial, "observe")
    waker, operator = Operator(site), Operator(site)
    released_s = calendar.timegm(time.strptime(site.view()["released"]["at"], "%Y-%m-%dT%H:%M:%SZ"))
    due_s = released_s + 1 + (serial % 9 - 4) * 0.004

    def come_near():
        time.sleep(max(0, due_s - NEAR_S - time.time()))

    def keep_it_awake():
        come_near()
        while waker.order("resume", {}, tag) == 200:
            pass

    def advance():
        come_near()
        while time.time() < due_s:
            pass
        operator.order("advance", {}, tag)

    at_once(keep_it_awake, advance)
    if operator.status == 200:
        wins["operator"] += 1
    elif (operator.status, operator.answer.get("code")) == (412, "precondition_failed"):
        wins["gate"] += 1
    else:
        sys.exit("round %d: the operator gets %d %s" % (serial, operator.status, operator.answer))
    expect_out(site, serial, serial * 1000 + 2)
    by = site.view()["released"]["by"]
    if (by == "gate") != (operator.status != 200):
        sys.exit("round %d: the operator gets %d, and it was %s" % (serial, operator.status, by))


def pull_between(site, serial):
    tag = site.begin(serial, "observe")
    brake, one, other = Operator(site), Operator(site), Operator(site)

    def go_on():
        """A second release may follow the first."""
        if one.order("advance", {}, tag) == 200:
            one.order("advance", {}, one.answer["policy_etag"])

    at_once(lambda: brake.order("safe", {"reason": "it hangs", "confirm": "races-e2e"}), go_on,
            lambda: other.order("release", {"stage": "last", "confirm_regression": True}, tag))
    return brake.status


def race_safe(site, serial):
    if pull_between(site, serial) != 200:
        sys.exit("round %d: the brake is not answered" % serial)
    expect_out(site, serial, serial * 1000 + 999)


def race_killed(site, first, last):
    must = 0
    try:
        for serial in range(first, last + 1):
            must = serial * 1000 + 999 if pull_between(site, serial) == 200 else must
    except (SystemExit, OSError, http.client.HTTPException, ValueError, TypeError):
        pass  # killed in the middle of the next round, whose first step may or may not have taken place
    print(must)


def main(admin, agents, ca, token_file, bundles, first, last, kind):
    site = Site(admin, agents, ca, token_file, bundles)
    wins = {"gate": 0, "operator": 0}
    if kind == "killed":
        race_killed(site, int(first), int(last))
        return
    for serial in range(int(first), int(last) + 1):
        if kind == "gate":
            race_gate(site, serial, wins)
        else:
            {"advance": race_advance, "release": race_release, "put": race_put, "safe": race_safe}[kind](site, serial)
    print("%d rounds%s" % (int(last) - int(first) + 1, ", %s" % wins if kind == "gate" else ""))


if __name__ == "__main__":
    main(*sys.argv[1:])
