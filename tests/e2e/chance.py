#!/usr/bin/env python3
"""chance.py SEED FOLDER - a plan and users made by chance, the same for the same seed: plan.json and facts.jsonl.

Everything that a condition, a guard or a fact can be turns up, known and not known, so that two implementations can be held
against each other where nobody thought of an example.
"""
import json
import os
import random
import sys

STAGES, USERS = 8, 16
SETS = ["block", "allow", "allow_explicit", "leave", "release", "restore"]
MAILBOXES = ["on_premises", "exchange_online", "mixed", "unknown"]
GROUPS = ["S-1-5-21-1-2-3-512", "S-1-5-21-1-2-3-513", "CONTOSO\\Pilot", "CONTOSO\\Sales-North", "FABRIKAM\\Pilot"]
GROUP_PATTERNS = GROUPS + ["contoso\\*", "*\\pilot", "CONTOSO\\Sales-?orth", "S-1-5-21-*", "*"]
HOSTS = ["PC-1", "pc-22", "HQ-IT-7", "K\u00f6ln-1"]
HOST_PATTERNS = ["pc-*", "PC-?", "HQ-IT-7", "*-1", "K?ln-*", "k*N-1"]
OUS = ["OU=Berlin,DC=contoso,DC=com", "OU=IT, OU=Berlin ,DC=contoso,DC=com", "OU=a\\,b,DC=contoso,DC=com", "DC=com"]
VERSIONS = ["", "14.0.7147", "15.0.4569.1503", "16.0", "16.0.17328.20162", "17"]
RANGES = [">=16.0", "<15.0.4569", ">14 <=16.0", "=16.0", ">=15 <17 <16.1", "<=16.0.17328.20162"]


def some(chance, items, most=3):
    return chance.sample(items, chance.randint(1, min(most, len(items))))


def condition(chance, rings, depth):
    keys = ["user", "group", "host", "domain", "computer_ou", "ad_site", "tag", "outlook", "mailbox", "multi_session",
            "percent"] + (["ring"] if rings else []) + (["any", "all", "not"] if depth > 0 else [])
    made = {}
    for key in chance.sample(keys, chance.choice([1, 1, 1, 2, 3])):
        if key == "percent":
            made.update(percent=chance.choice([0, 5, 25, 50.5, 33.3333, 100]), of=chance.choice(["user", "host"]),
                        salt=chance.choice(["a", "b"]))
        elif key == "ring":
            made[key] = chance.choice(rings)
        elif key in ("any", "all"):
            made[key] = [condition(chance, rings, depth - 1) for _ in range(chance.randint(1, 3))]
        elif key == "not":
            made[key] = condition(chance, rings, depth - 1)
        else:
            made[key] = {
                "user": lambda: some(chance, ["S-1-5-21-1-2-3-1001", "CONTOSO\\a*", "*\\bob", "S-1-5-21-1-2-3-100?"]),
                "group": lambda: some(chance, GROUP_PATTERNS),
                "host": lambda: some(chance, HOST_PATTERNS),
                "domain": lambda: some(chance, ["CONTOSO", "fabri*", "?"]),
                "computer_ou": lambda: some(chance, OUS, 2),
                "ad_site": lambda: some(chance, ["Berlin", "Paris-*"]),
                "tag": lambda: some(chance, ["hq", "IT*", "x"]),
                "outlook": lambda: chance.choice(RANGES),
                "mailbox": lambda: some(chance, MAILBOXES),
                "multi_session": lambda: chance.choice([True, False]),
            }[key]()
    return made


def plan(chance):
    rings = {}
    for number in range(chance.randint(3, 9)):
        rings["r%d" % number] = condition(chance, list(rings), 2)
    # The document's order is not the order of need.
    names = list(rings)
    chance.shuffle(names)
    guards = {}
    if chance.random() < 0.6:
        guards["block_mailboxes"] = some(chance, ["on_premises", "unknown"])
    if chance.random() < 0.6:
        guards["preflight"] = {side: ["https://%s%d.example.com/" % (side, n) for n in range(chance.randint(0, 2))]
                               for side in ("allow", "block")}
    if chance.random() < 0.6:
        guards["minimum_outlook"] = some(chance, ["14.0.7147", "15.0.4569", "16.0.17000"])
    return {
        "format": "mapi-rollout/plan/1", "rollout": "chance", "serial": 1,
        "issued_at": "2026-01-01T00:00:00Z", "expires_at": "2099-01-01T00:00:00Z", "guards": guards,
        "rings": {name: rings[name] for name in names},
        "stages": [{"name": "s%d" % n, "otherwise": chance.choice(SETS),
                    "rules": [{"ring": chance.choice(names), "set": chance.choice(SETS)}
                              for _ in range(chance.randint(0, 5))]} for n in range(STAGES)],
        "safe": {"set": chance.choice([s for s in SETS if s != "release"])},
    }


def maybe(chance, into, key, value):
    roll = chance.random()
    if roll < 0.75:
        into[key] = value()
    elif roll < 0.85:
        into[key] = None


def facts(chance):
    host, user, line = {}, {}, {}
    maybe(chance, host, "name", lambda: chance.choice(HOSTS))
    maybe(chance, host, "computer_ou", lambda: "CN=PC," + chance.choice(OUS))
    maybe(chance, host, "ad_site", lambda: chance.choice(["berlin", "Paris-1", "Rome"]))
    maybe(chance, host, "tags", lambda: chance.sample(["HQ", "it-1", "y"], chance.randint(0, 3)))
    maybe(chance, host, "multi_session", lambda: chance.choice([True, False]))
    maybe(chance, user, "sid", lambda: "S-1-5-21-1-2-3-%d" % chance.randint(1000, 1012))
    maybe(chance, user, "account", lambda: chance.choice(["CONTOSO\\alice", "FABRIKAM\\Bob", "local"]))
    maybe(chance, user, "groups", lambda: chance.sample(GROUPS, chance.randint(0, len(GROUPS))))
    maybe(chance, line, "host", lambda: host)
    maybe(chance, line, "user", lambda: user)
    maybe(chance, line, "outlook", lambda: {"version": chance.choice(VERSIONS)})
    maybe(chance, line, "mailbox", lambda: chance.choice(MAILBOXES))
    maybe(chance, line, "preflight", lambda: {side: chance.choice([True, False, None]) for side in ("allow", "block")})
    return line


def main():
    chance = random.Random("mapi-rollout %s" % sys.argv[1])
    os.makedirs(sys.argv[2])
    with open(os.path.join(sys.argv[2], "plan.json"), "w", encoding="utf-8") as out:
        json.dump(plan(chance), out, ensure_ascii=False, indent=1)
    with open(os.path.join(sys.argv[2], "facts.jsonl"), "w", encoding="utf-8") as out:
        for _ in range(USERS):
            out.write(json.dumps(facts(chance), ensure_ascii=False) + "\n")


main()
