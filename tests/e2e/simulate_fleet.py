#!/usr/bin/env python3
"""A random fleet and random plans: what a server counts for them, against two other ways to know it.

simulate_fleet.py plan SEED ROLLOUT SERIAL     prints a plan; its last stage but one, full, uses all its rings
simulate_fleet.py heavy ROLLOUT SERIAL         prints a plan that takes long for each user
simulate_fleet.py people SEED COUNT            prints what is true of the machines and users of a fleet
simulate_fleet.py report SERVER CA FLEET PEOPLE PLAN STAGE
                                               each machine does what the stage says, and reports it
simulate_fleet.py facts PEOPLE PLAN STAGE      prints the facts that the server has after that, for `simulate --facts`
simulate_fleet.py same SERVER_SAID COMMAND_SAID
                                               what both count alike is equal
simulate_fleet.py counts SAID PEOPLE PLAN STAGE PLAN_SIMULATED
                                               what the server said of a plan is what the other implementation counts, for a
                                               fleet that last reported under STAGE of PLAN
simulate_fleet.py sets USERS_SAID              prints "sid host set" of each user from `users --json` (standard input: FILE)
simulate_fleet.py moved SAID BEFORE AFTER      what the preview said is what the users' sets then did
simulate_fleet.py old_server FOLDER            a server from before simulating, on a free port: prints its URL. It answers
                                               what is in FOLDER: rollout.json, compliance.json, and simulate.json if
                                               there is one

FLEET is what gate_fleet.py enrolled. The other implementation is tests/data/make_decisions.py.
"""
import http.server
import json
import random
import secrets
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "data"))
import make_decisions
from report_stream import connect, post

SETS = ["block", "allow", "allow_explicit", "leave", "release", "restore"]
GROUPS = ["CONTOSO\\MAPI-%s" % word for word in ("Pilot", "Exceptions", "Sales", "Desk")] + [
    "S-1-5-21-1-2-3-%d" % number for number in (512, 513, 1601)]
URLS = ["https://mapi%d.example.com/mapi/healthcheck.htm" % number for number in range(3)]
SITES = ["Berlin", "Bonn", "Bern"]
TAGS = ["hq", "lab", "kiosk"]
VERSIONS = ["14.0.7000.1", "15.0.4569.1506", "16.0.17328.20162", ""]
MAILBOXES = ["on_premises", "exchange_online", "mixed", "unknown"]
STATES = ["compliant", "idle"]
USERS_A_MACHINE = 2
HEAVY_PATTERNS = 15000


# ---- plans ---------------------------------------------------------------------------------------

def condition(rng, names, depth=0):
    kinds = ["group", "group", "group", "user", "host", "tag", "outlook", "mailbox", "ad_site", "computer_ou",
             "multi_session", "percent", "domain"] + (["any", "all", "not"] if depth < 2 else []) + (["ring"] if names else [])
    kind = rng.choice(kinds)
    some = lambda items: rng.sample(items, rng.randint(1, min(3, len(items))))
    value = {
        "group": lambda: some(GROUPS), "user": lambda: some(["S-1-5-21-1-2-3-10%02d" % i for i in range(30)] + ["CONTOSO\\user1*"]),
        "host": lambda: some(["PC-1*", "PC-2?", "PC-7"]), "tag": lambda: some(TAGS),
        "outlook": lambda: rng.choice([">=16.0", "<15.0", ">=14.0 <16.0"]), "mailbox": lambda: some(MAILBOXES),
        "ad_site": lambda: some(SITES + ["B*"]), "computer_ou": lambda: some(["OU=Hall,DC=contoso,DC=com", "DC=contoso,DC=com"]),
        "multi_session": lambda: rng.random() < 0.5, "percent": lambda: rng.choice([10, 50, 90]),
        "domain": lambda: some(["CONTOSO", "FABRIKAM"]), "ring": lambda: rng.choice(names),
        "any": lambda: [condition(rng, names, depth + 1) for _ in range(2)],
        "all": lambda: [condition(rng, names, depth + 1) for _ in range(2)],
        "not": lambda: condition(rng, names, depth + 1),
    }[kind]()
    extra = {"of": rng.choice(["user", "host"]), "salt": rng.choice(["a", "b"])} if kind == "percent" else {}
    return {kind: value, **extra}


def make_plan(seed, rollout, serial):
    rng = random.Random("plan %s" % seed)
    rings = {}
    for i in range(rng.randint(3, 6)):
        rings["ring-%d" % i] = condition(rng, list(rings))
    rules = lambda names: [{"ring": name, "set": rng.choice(SETS[:4])} for name in names]
    stages = [{"name": "stage-%d" % i, "rules": rules(rng.sample(sorted(rings), rng.randint(0, 3))),
               "otherwise": rng.choice(SETS[:4])} for i in range(3)]
    stages.append({"name": "full", "rules": rules(sorted(rings)), "otherwise": rng.choice(SETS[:3])})
    stages.append({"name": "last", "rules": [], "otherwise": rng.choice(SETS)})
    day = 86400
    at = lambda offset: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))
    return {"format": "mapi-rollout/plan/1", "rollout": rollout, "serial": int(serial), "issued_at": at(-60),
            "expires_at": at(30 * day), "guards": {
                "block_mailboxes": rng.choice([["on_premises"], ["unknown"], ["on_premises", "unknown"]]), "minimum_outlook": ["14.0.7147", "15.0.4569", "16.0"],
                "preflight": {"allow": rng.sample(URLS, rng.randint(0, 2)), "block": rng.sample(URLS, rng.randint(0, 1))}},
            "rings": rings, "stages": stages, "safe": {"set": rng.choice(["block", "allow", "leave", "restore"])}}


def make_heavy(rollout, serial):
    plan = make_plan(1, rollout, serial)
    patterns = ["*%d*u*s*e*r*%d*x" % (i % 10, i) for i in range(HEAVY_PATTERNS)]
    plan["rings"] = {"heavy": {"user": patterns}}
    plan["stages"] = [{"name": "heavy", "rules": [{"ring": "heavy", "set": "allow"}], "otherwise": "block"}]
    return plan


# ---- people --------------------------------------------------------------------------------------

def make_people(seed, count):
    rng = random.Random("people %s" % seed)
    some = lambda value, chance=0.85: value if rng.random() < chance else None
    machines = []
    for m in range(1, int(count) + 1):
        probes = [{"url": url, "verdict": rng.choice(["ready", "unreachable"])} for url in URLS if rng.random() < 0.6]
        users = []
        for u in range(USERS_A_MACHINE):
            number = rng.randint(1000, 1029) if u == 0 else 2000 + m
            domain = rng.choice(["CONTOSO", "FABRIKAM"])
            users.append({
                "sid": "S-1-5-21-1-2-3-%d" % number, "account": some("%s\\user%d" % (domain, number)),
                "groups": some(rng.sample(GROUPS, rng.randint(0, 4))), "mailbox": rng.choice(MAILBOXES)})
        machines.append({
            "name": "PC-%d" % m, "computer_ou": some("CN=PC-%d,OU=%s,DC=contoso,DC=com" % (m, rng.choice(["Hall", "Attic"]))),
            "ad_site": some(rng.choice(SITES)), "tags": rng.sample(TAGS, rng.randint(0, 2)),
            "multi_session": some(rng.random() < 0.3), "outlook": some(rng.choice(VERSIONS)), "probes": probes, "users": users})
    return machines


def groups_named(plan, stage):
    """The texts that the rings in use by a stage look for among groups."""
    rings = plan.get("rings") or {}
    found, todo, done = set(), [rule["ring"] for rule in stage_of(plan, stage)["rules"]], set()

    def visit(node):
        for key, value in node.items():
            if key == "group":
                found.update(value)
            elif key == "ring":
                todo.append(value)
            elif key == "not":
                visit(value)
            elif key in ("any", "all"):
                for item in value:
                    visit(item)
    while todo:
        name = todo.pop()
        if name not in done:
            done.add(name)
            visit(rings[name])
    return found


def stage_of(plan, name):
    return next(stage for stage in plan["stages"] if stage["name"] == name)


def answered(machine, asked):
    """Has one of these URLs answered? As agents reckon it."""
    verdicts = [next((p["verdict"] for p in machine["probes"] if p["url"] == url), None) for url in asked]
    if "ready" in verdicts:
        return True
    return None if None in verdicts or not verdicts else False


def line_of(machine, user, groups, plan):
    """The facts of one user for that plan; groups: what is known of them."""
    asked = (plan.get("guards") or {}).get("preflight") or {}
    return {"host": {"name": machine["name"], "computer_ou": machine["computer_ou"], "ad_site": machine["ad_site"],
                     "tags": machine["tags"], "multi_session": machine["multi_session"]},
            "outlook": {"version": machine["outlook"]},
            "user": {"sid": user["sid"], "account": user["account"], "groups": groups}, "mailbox": user["mailbox"],
            "preflight": {side: answered(machine, asked.get(side) or []) for side in ("allow", "block")}}


def reported_groups(user, named):
    return None if user["groups"] is None else [group for group in user["groups"] if group in named]


class Seen(make_decisions.Deciding):
    """Decides as a server: a group that was not asked for, and is not in the report, is not known."""

    def __init__(self, plan, stage, line, named):
        super().__init__(plan, stage, line)
        self.named_groups = named

    def one(self, ring, key, value, condition):
        if key == "group":
            return self.texts(ring, key, value, self.user["groups"], "groups",
                              any(group not in self.named_groups for group in value))
        return super().one(ring, key, value, condition)


class Real(Seen):
    """Decides as the machine itself, which can look up every group."""

    def __init__(self, plan, stage, line):
        super().__init__(plan, stage, line, set(GROUPS))


def everybody(people):
    return [(machine, user) for machine in people for user in machine["users"]]


# ---- reports -------------------------------------------------------------------------------------

def report(server, ca, fleet_file, people_file, plan_file, stage):
    fleet, people, plan = load(fleet_file), load(people_file), load(plan_file)
    connection = connect(server, ca)
    named = groups_named(plan, stage)
    version = plan["serial"] * 1000 + [s["name"] for s in plan["stages"]].index(stage) + 1
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for device, machine in zip(fleet, people):
        users = []
        for user in machine["users"]:
            decision = Real(plan, stage, line_of(machine, user, user["groups"], plan)).decide()
            users.append({"sid": user["sid"], "account": user["account"], "groups": reported_groups(user, named),
                          "hive": "loaded", "set": decision["set"], "blocked_by": decision["blocked_by"],
                          "state": random.choice(STATES), "protocol": {"mailbox": user["mailbox"]}})
        body = {
            "format": "mapi-rollout/report/1", "report_id": secrets.token_hex(16), "run_id": "%032x" % 1,
            "seq": time.monotonic_ns() // 1000000 % 2000000000, "part": 1, "parts": 1, "full": True,
            "device_id": device["device_id"], "sent_at": now,
            "agent": {"version": "1.0.0", "started_at": now, "formats": ["mapi-rollout/policy/1"], "trust_version": 1},
            "host": {"name": machine["name"], "computer_ou": machine["computer_ou"], "ad_site": machine["ad_site"],
                     "tags": machine["tags"], "multi_session": machine["multi_session"]},
            "outlook": None if machine["outlook"] is None else {"version": machine["outlook"]},
            "preflight": [{"url": p["url"], "for": "allow", "verdict": p["verdict"]} for p in machine["probes"]],
            "policy": {"rollout": plan["rollout"], "received": version, "effective": version, "digest": "0" * 64,
                       "failed": None, "stale": False},
            "users": users}
        status, answer = post(connection, "/v1/reports", device["device_token"], json.dumps(body).encode())
        if status != 204:
            sys.exit("a report gave %d: %s" % (status, answer.decode()))


def facts(people_file, plan_file, stage):
    plan = load(plan_file)
    named = groups_named(plan, stage)
    for machine, user in everybody(load(people_file)):
        groups = reported_groups(user, named)
        # A name that is there says that names could be looked up: of SIDs alone the command cannot tell.
        print(json.dumps(line_of(machine, user, None if groups is None else groups + ["CONTOSO\\Everybody"], plan)))


# ---- judging -------------------------------------------------------------------------------------

def count(into, key):
    into[key] = into.get(key, 0) + 1


def outcome(decision):
    return "unknown" if decision["blocked_by"] == "unknown_fact" else decision["set"]


def moves(pairs):
    found = {}
    as_set = lambda word: "leave" if word == "unknown" else word
    for before, after in pairs:
        if as_set(before) != as_set(after):
            count(found, (before, after))
    return found


def moves_said(items):
    return {(item["from"], item["to"]): item["users"] for item in items}


def expect(what, said, expected):
    if said != expected:
        sys.exit("%s: the server says %s, the other implementation %s" % (what, said, expected))


def judge_stage(said, name, decisions, before, now, is_safe):
    outcomes, blocked, unknown = {}, {}, {}
    for decision in decisions:
        count(outcomes, outcome(decision))
        if decision["blocked_by"] == "unknown_fact":
            count(unknown, decision["fact"])
        elif decision["blocked_by"] is not None:
            count(blocked, decision["blocked_by"])
    after = [outcome(decision) for decision in decisions]
    expect(name + " outcomes", said["outcomes"], outcomes)
    expect(name + " blocked_by", said["blocked_by"], blocked)
    expect(name + " unknown_facts", said["unknown_facts"], unknown)
    if not is_safe:
        expect(name + " changes", moves_said(said["changes"]), moves(zip(before, after)))
    expect(name + " from_released", moves_said(said["from_released"]), moves(zip(now, after)))
    expect(name + " regressing", said["regressing"],
           sum(b in ("allow", "allow_explicit") and a == "block" for b, a in zip(now, after)))
    return after


def counts(said_file, people_file, plan_file, stage, other_file):
    said, people, plan, other = load(said_file), load(people_file), load(plan_file), load(other_file)
    named = groups_named(plan, stage)

    def decide(which, name):
        return [Seen(which, name, line_of(m, u, reported_groups(u, named), which), named).decide()
                for m, u in everybody(people)]
    now = [outcome(decision) for decision in decide(plan, stage)]
    before = ["leave"] * len(now)
    expect("users", said["users"], len(now))
    expect("stages", [s["stage"] for s in said["stages"]], [s["name"] for s in other["stages"]])
    for item in said["stages"]:
        before = judge_stage(item, item["stage"], decide(other, item["stage"]), before, now, False)
    judge_stage(said["safe"], "safe", decide(other, "safe"), before, now, True)
    kinds = {word for item in said["stages"] for word in item["outcomes"]}
    print("%d users, %d stages, outcomes %s" % (len(now), len(said["stages"]), ", ".join(sorted(kinds))))


def same(server_file, command_file):
    server, command = load(server_file), load(command_file)
    for member in ("at", "policy_etag", "released", "warnings"):
        del server[member]
    for item in server["stages"] + [server["safe"]]:
        del item["from_released"], item["regressing"]
    if server != command:
        sys.exit("the server says %s, the command %s" % (server, command))
    print("%d users alike" % server["users"])


def sets(users_file):
    for line in open(users_file):
        user = json.loads(line)
        print(user["sid"], user["host"], user["set"])


def moved(said_file, before_file, after_file):
    said = load(said_file)
    table = lambda path: {tuple(line.split()[:2]): line.split()[2] for line in open(path)}
    before, after = table(before_file), table(after_file)
    real, stayed = moves((before[who], after[who]) for who in before), sum(before[who] == after[who] for who in before)
    told = moves_said(said["changes"])
    expect("users", said["users"], len(before))
    expect("sum", sum(told.values()) + said["unchanged"] + said["unknown"], said["users"])
    # Whoever is known does what was said; of the others nobody knew, and they are all that may differ.
    missing = [real.get(move, 0) - users for move, users in told.items()]
    missing += [users for move, users in real.items() if move not in told] + [stayed - said["unchanged"]]
    if min(missing) < 0 or sum(missing) != said["unknown"]:
        sys.exit("said %s, unchanged %d, unknown %d; happened %s, stayed %d" % (
            told, said["unchanged"], said["unknown"], real, stayed))
    print("%d users, %d changed, %d had not been known" % (len(before), sum(real.values()), said["unknown"]))


# ---- a server from before ------------------------------------------------------------------------

class Old(http.server.BaseHTTPRequestHandler):
    folder = None

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status == 200 else "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, (self.folder / ("%s.json" % self.path.split("/")[-1])).read_bytes())

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = self.folder / "simulate.json"
        if self.path == "/v1/simulate" and told.exists():
            self.answer(200, told.read_bytes())
        elif self.path == "/v1/simulate":
            self.answer(501, b'{"type":"about:blank","title":"Not built yet","status":501,"detail":"not yet","code":"unsupported"}')
        else:
            self.answer(200, (self.folder / "rollout.json").read_bytes())

    def log_message(self, *arguments):
        pass


def old_server(folder):
    Old.folder = Path(folder)
    with http.server.HTTPServer(("127.0.0.1", 0), Old) as server:
        print("http://127.0.0.1:%d" % server.server_port, flush=True)
        server.serve_forever()


def load(path):
    with open(path) as f:
        return json.load(f)


if __name__ == "__main__":
    show = lambda make: lambda *arguments: print(json.dumps(make(*arguments)))
    {"plan": show(make_plan), "heavy": show(make_heavy), "people": show(make_people), "report": report, "facts": facts,
     "same": same, "counts": counts, "sets": sets, "moved": moved, "old_server": old_server}[sys.argv[1]](*sys.argv[2:])
