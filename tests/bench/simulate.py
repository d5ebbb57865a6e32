"""simulate.py FOLDER USERS PROGRAMS - make users, time simulate and its peer in turn, and write FOLDER/times.
simulate.py plan - the plan, for others.

A line of facts is what an agent knows of a user in ten groups, some 550 bytes.
"""
import json
import os
import random
import subprocess
import sys

RUNS = 5
PLAN = {
    "format": "mapi-rollout/plan/1", "rollout": "bench", "serial": 1,
    "issued_at": "2026-01-01T00:00:00Z", "expires_at": "2099-01-01T00:00:00Z",
    "guards": {"preflight": {"allow": ["https://mapi.example.com/mapi/healthcheck.htm"],
                             "block": ["https://mail.example.com/rpc/rpcproxy.dll"]},
               "minimum_outlook": ["14.0.7147", "15.0.4569", "16.0"]},
    "rings": {"exceptions": {"any": [{"group": ["CONTOSO\\MAPI-Exceptions"]}, {"tag": ["mapi-exception"]}]},
              "pilot": {"any": [{"group": ["CONTOSO\\MAPI-Pilot"]}, {"host": ["HQ-IT-*"]}]},
              "quarter": {"percent": 25, "of": "user", "salt": "bench"}},
    "stages": [{"name": name, "rules": [{"ring": ring, "set": what} for ring, what in rules], "otherwise": otherwise}
               for name, rules, otherwise in (
                   ("observe", [], "leave"),
                   ("hold-back", [("exceptions", "leave")], "block"),
                   ("pilot", [("exceptions", "leave"), ("pilot", "allow")], "block"),
                   ("quarter", [("exceptions", "leave"), ("pilot", "allow"), ("quarter", "allow")], "block"),
                   ("everyone", [("exceptions", "leave")], "allow"),
                   ("finish", [], "release"))],
    "safe": {"set": "block"},
}


def facts(chance, number):
    groups = ["S-1-5-21-1-2-3-%d" % chance.randint(1000, 2000) for _ in range(5)]
    groups += ["CONTOSO\\Group-%d" % chance.randint(1, 300) for _ in range(5)]
    if chance.random() < 0.05:
        groups.append("CONTOSO\\MAPI-Pilot")
    return {"host": {"name": "PC-%06d" % number, "domain": "CONTOSO", "ad_site": "Berlin", "tags": ["hq"],
                     "computer_ou": "OU=Laptops,OU=Berlin,DC=contoso,DC=com", "multi_session": False},
            "outlook": {"version": "16.0.17328.20162"},
            "user": {"sid": "S-1-5-21-1-2-3-%d" % (number + 1000), "account": "CONTOSO\\user%d" % number,
                     "groups": groups},
            "mailbox": "on_premises", "preflight": {"allow": True, "block": True}}


def cpu_us(command):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit("simulate.py: %s ended with status %d" % (command[0], status))
    return (usage.ru_utime + usage.ru_stime) * 1e6, usage.ru_maxrss


def main():
    if sys.argv[1:] == ["plan"]:
        json.dump(PLAN, sys.stdout)
        return
    folder, users, programs = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    plan, lines = os.path.join(folder, "plan.json"), os.path.join(folder, "facts.jsonl")
    chance = random.Random(1)
    with open(plan, "w", encoding="utf-8") as out:
        json.dump(PLAN, out)
    with open(lines, "w", encoding="utf-8") as out:
        for number in range(users):
            out.write(json.dumps(facts(chance, number), separators=(",", ":")) + "\n")
    ours = [os.path.join(programs, "mapi-rollout"), "simulate", plan, "--facts", lines]
    peer = [os.path.join(programs, "bench_parse_lines"), lines]
    memory = 0
    with open(os.path.join(folder, "times"), "w", encoding="utf-8") as out:
        for _ in range(RUNS):
            spent, kib = cpu_us(ours)
            memory = max(memory, kib)
            out.write("simulate %d users, six stages / parsing the lines\t%f\t%f\n" % (users, spent, cpu_us(peer)[0]))
    print("memory of simulate at most: %d KiB" % memory)


main()
