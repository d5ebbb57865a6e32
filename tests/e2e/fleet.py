#!/usr/bin/env python3
"""fleet.py - read what `mapi-rollout users --json` says (standard input: one object a line).

    fleet.py field SID NAME     prints one field of a user, "missing" if there is none; dots go down
    fleet.py table REGISTRY VERSION
                                prints registry and server side by side; exits 1 unless they agree

REGISTRY is a file of lines "NAME SID VALUE", VALUE being absent, no_hive or a number. Agreeing means:
the server names the user, under VERSION, with the value that the registry holds.
"""
import json
import sys

SHOWN = {"absent": "-", "no_hive": "not logged on"}


def read_users():
    users = {}
    for line in sys.stdin:
        if line.strip():
            user = json.loads(line)
            users[user["sid"]] = user
    return users


def field(users, sid, name):
    found = users.get(sid)
    for part in name.split("."):
        found = found.get(part, "missing") if isinstance(found, dict) else "missing"
    return json.dumps(found) if isinstance(found, (bool, list, dict, type(None))) else str(found)


def reported(user):
    """The server's view in the registry's words."""
    if user is None:
        return "unknown"
    if user.get("hive") == "not_loaded":
        return "no_hive"
    value = user.get("value")
    if value is None:
        return "unknown"
    if not value["present"]:
        return "absent"
    return str(value["value"]) if value["type"] == "dword" else "type:" + value["type"]


def row(name, registry, user, version):
    says = reported(user)
    agrees = says == registry and user is not None and user.get("version") == version
    note = "" if user is None else user.get("state") or ""
    if user is not None and user.get("blocked_by"):
        note += " (%s)" % user["blocked_by"]
    cells = (name, SHOWN.get(registry, registry), SHOWN.get(says, says), note)
    return agrees, cells


def table(users, registry_file, version):
    rows = []
    for line in open(registry_file):
        name, sid, value = line.split()
        rows.append(row(name, value, users.get(sid), version))
    head = ("user", "wine reg query", "mapi-rollout users", "state")
    widths = [max(len(c) for c in column) for column in zip(head, *(cells for _, cells in rows))]
    for cells in [head] + [cells for _, cells in rows]:
        print("     " + "  ".join(c.ljust(w) for c, w in zip(cells, widths)).rstrip())
    return all(agrees for agrees, _ in rows)


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "field":
        print(field(read_users(), *arguments[1:]))
    elif len(arguments) == 3 and arguments[0] == "table":
        sys.exit(0 if table(read_users(), arguments[1], int(arguments[2])) else 1)
    else:
        sys.exit("fleet.py: say field SID NAME or table REGISTRY VERSION")


main(sys.argv[1:])
