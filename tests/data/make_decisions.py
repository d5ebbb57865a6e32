#!/usr/bin/env python3
"""make_decisions.py - decide as docs/policy-format.md says, without looking at the C code.

    make_decisions.py FOLDER...        writes expected-STAGE.jsonl beside each FOLDER/plan.json and facts.jsonl
    make_decisions.py --check FOLDER...   compares instead, and exits 1 where something differs
    make_decisions.py --stage STAGE PLAN FACTS    prints the decisions of one stage

A second implementation of matching, Kleene's logic, guards and the trace, in the shape that `explain --json` prints. Of
what is in tests/data/decision, the outcomes of the guards and a part of Kleene's rows were read through by hand.
"""
import hashlib
import json
import os
import re
import sys

FALSE, UNKNOWN, TRUE = 0, 1, 2
WORDS = ["false", "unknown", "true"]
TEXT_KEYS = ("user", "group", "host", "domain", "computer_ou", "ad_site", "tag")
MAILBOXES = ["on_premises", "exchange_online", "mixed", "unknown"]


def fold(text):
    return "".join(c.lower() if "A" <= c <= "Z" else c for c in text)


def upper(text):
    return "".join(c.upper() if "a" <= c <= "z" else c for c in text)


def fits(pattern, text):
    parts = [".*" if c == "*" else "." if c == "?" else re.escape(c) for c in fold(pattern)]
    return re.fullmatch("".join(parts), fold(text), re.DOTALL) is not None


def relative_names(dn):
    return [fold(part.strip()) for part in re.split(r"(?<!\\)(?:\\\\)*,", dn)]


def is_under(wanted, dn):
    wanted, dn = relative_names(wanted), relative_names(dn)
    return dn[-len(wanted):] == wanted


def version(text):
    numbers = [int(n) for n in text.split(".")]
    return tuple(numbers + [0] * (4 - len(numbers)))


def in_range(bounds, text):
    if text == "":
        return False
    have = version(text)
    for bound in bounds.split(" "):
        sign, wanted = re.fullmatch(r"(>=|<=|>|<|=)([0-9.]+)", bound).groups()
        wanted = version(wanted)
        if not {">=": have >= wanted, "<=": have <= wanted, ">": have > wanted, "<": have < wanted,
                "=": have == wanted}[sign]:
            return False
    return True


def bucket(salt, unit):
    digest = hashlib.sha256(b"mapi-rollout/bucket/1\0" + salt.encode() + b"\0" + unit.encode()).digest()
    return int.from_bytes(digest[:8], "big") * 1000000 // 2 ** 64


def threshold(percent):
    whole, _, part = str(percent).partition(".")
    return int(whole) * 10000 + int((part + "0000")[:4])


def shown(texts):
    return texts[0] if len(texts) == 1 else texts


class Deciding:
    def __init__(self, plan, stage, line):
        self.plan = plan
        self.safe = stage == "safe"
        self.stage = None if self.safe else next(s for s in plan["stages"] if s["name"] == stage)
        self.rings = plan.get("rings") or {}
        self.host = line.get("host") or {}
        self.user = line.get("user") or {}
        self.outlook = (line.get("outlook") or {}).get("version")
        self.mailbox = line.get("mailbox") or "unknown"
        self.preflight = line.get("preflight") or {}
        self.settled = {}
        self.trace = []
        self.rule = None
        self.order = []
        for name in self.rings:
            self.visit(name)

    # Each ring stands behind those that it names; within that, in the document's order.
    def visit(self, name):
        if name not in self.order:
            for other in self.named(self.rings[name]):
                self.visit(other)
            self.order.append(name)

    def named(self, condition):
        found = []
        for key, value in condition.items():
            if key == "ring":
                found.append(value)
            elif key == "not":
                found += self.named(value)
            elif key in ("any", "all"):
                for item in value:
                    found += self.named(item)
        return found

    def needs(self, name):
        found = set(self.named(self.rings[name]))
        for other in list(found):
            found |= self.needs(other)
        return found

    # ---- conditions

    def step(self, ring, key, want, saw, result, extra=None):
        step = {"rule": self.rule, "ring": ring, "key": key, "want": want, "saw": saw}
        step.update(extra or {})
        step["result"] = WORDS[result[0]]
        self.trace.append(step)
        return result

    def texts(self, ring, key, patterns, texts, fact, unsure=False, compare=fits):
        if texts is None:
            return self.step(ring, key, shown(patterns), None, (UNKNOWN, fact))
        for pattern in patterns:
            for text in texts:
                if compare(pattern, text):
                    return self.step(ring, key, pattern, text, (TRUE, None))
        result = (UNKNOWN, fact) if unsure else (FALSE, None)
        return self.step(ring, key, shown(patterns), shown(texts), result)

    def one(self, ring, key, value, condition):
        sid, account = self.user.get("sid"), self.user.get("account")
        groups = self.user.get("groups")
        names_asked = key in ("user", "group") and any(not p.startswith("S-1-") for p in value)
        if key == "user":
            texts = None if sid is None else [sid] + ([account] if account is not None else [])
            if sid is None:
                return self.texts(ring, key, value, None, "sid")
            return self.texts(ring, key, value, texts, "account", account is None and names_asked)
        if key == "group":
            only_sids = bool(groups) and all(g.startswith("S-1-") for g in groups)
            return self.texts(ring, key, value, groups, "groups", only_sids and names_asked)
        if key == "domain":
            domain = None if account is None else [account.split("\\")[0] if "\\" in account else ""]
            return self.texts(ring, key, value, domain, "account")
        if key == "tag":
            return self.texts(ring, key, value, self.host.get("tags"), "tags")
        if key in ("host", "ad_site", "computer_ou"):
            fact = self.host.get("name" if key == "host" else key)
            return self.texts(ring, key, value, None if fact is None else [fact], key,
                              compare=is_under if key == "computer_ou" else fits)
        if key == "outlook":
            if self.outlook is None:
                return self.step(ring, key, value, None, (UNKNOWN, "outlook"))
            return self.step(ring, key, value, self.outlook, (TRUE if in_range(value, self.outlook) else FALSE, None))
        if key == "mailbox":
            if self.mailbox in value:
                return self.step(ring, key, self.mailbox, self.mailbox, (TRUE, None))
            return self.step(ring, key, shown([m for m in MAILBOXES if m in value]), self.mailbox, (FALSE, None))
        if key == "multi_session":
            known = self.host.get("multi_session")
            want = "true" if value else "false"
            if known is None:
                return self.step(ring, key, want, None, (UNKNOWN, "multi_session"))
            return self.step(ring, key, want, "true" if known else "false", (TRUE if known == value else FALSE, None))
        if key == "percent":
            of_host = condition["of"] == "host"
            unit = self.host.get("name") if of_host else sid
            if unit is None:
                return self.step(ring, key, None, None, (UNKNOWN, "host" if of_host else "sid"))
            drawn = bucket(condition["salt"], upper(unit) if of_host else unit)
            below = threshold(value)
            return self.step(ring, key, None, unit, (TRUE if drawn < below else FALSE, None),
                             {"bucket": drawn, "threshold": below})
        if key == "ring":
            return self.step(ring, key, value, None, self.settled[value])
        if key == "not":
            truth, fact = self.condition(ring, value)
            return (UNKNOWN, fact) if truth == UNKNOWN else (TRUE - truth, None)
        if key in ("any", "all"):
            return self.joined([self.condition(ring, item) for item in value], key == "all")
        raise KeyError(key)

    @staticmethod
    def joined(answers, all_of):
        best = (TRUE, None) if all_of else (FALSE, None)
        for answer in answers:
            if (answer[0] < best[0]) if all_of else (answer[0] > best[0]):
                best = answer
        return best

    def condition(self, ring, condition):
        return self.joined([self.one(ring, key, value, condition) for key, value in condition.items()
                            if key not in ("of", "salt", "description", "ticket")], True)

    def ring(self, name):
        for other in self.order:
            if (other == name or other in self.needs(name)) and other not in self.settled:
                self.settled[other] = self.condition(other, self.rings[other])
        return self.settled[name]

    # ---- guards

    def guard(self, answer, name, want, saw, result, blocked_by):
        self.trace.append({"guard": name, "want": shown(want), "saw": saw, "result": WORDS[result]})
        if blocked_by is not None and answer["blocked_by"] is None:
            answer["guard"], answer["blocked_by"] = name, blocked_by

    def guards(self, answer):
        guards = self.plan.get("guards") or {}
        allows = answer["set"] in ("allow", "allow_explicit")
        if answer["set"] == "block":
            listed = guards.get("block_mailboxes", ["on_premises", "unknown"])
            fine = self.mailbox in listed
            self.guard(answer, "block_mailboxes", [m for m in MAILBOXES if m in listed], self.mailbox,
                       TRUE if fine else FALSE, None if fine else "mailbox")
        asked = (guards.get("preflight") or {}).get("allow" if allows else "block") or []
        if (allows or answer["set"] == "block") and asked and not self.safe:
            passed = self.preflight.get("allow" if allows else "block")
            self.guard(answer, "preflight", asked, {None: None, True: "passed", False: "failed"}[passed],
                       {None: UNKNOWN, True: TRUE, False: FALSE}[passed],
                       {None: "preflight_pending", True: None, False: "preflight"}[passed])
        minimums = sorted(guards.get("minimum_outlook") or [], key=version)
        if allows and minimums:
            self.minimum(answer, minimums)

    def minimum(self, answer, minimums):
        if not self.outlook:
            result = UNKNOWN if self.outlook is None else TRUE
            return self.guard(answer, "minimum_outlook", minimums, self.outlook, result, None)
        have = version(self.outlook)
        fine = have[0] > version(minimums[-1])[0] or any(
            version(m)[0] == have[0] and have >= version(m) for m in minimums)
        self.guard(answer, "minimum_outlook", minimums, self.outlook, TRUE if fine else FALSE,
                   None if fine else "client_version")

    # ---- rules

    def decide(self):
        answer = {"sid": self.user.get("sid"), "host": self.host.get("name"), "set": None, "rule": None,
                  "ring": None, "guard": None, "blocked_by": None, "fact": None}
        answer["set"] = self.plan["safe"]["set"] if self.safe else self.stage["otherwise"]
        for number, rule in enumerate([] if self.safe else self.stage["rules"]):
            self.rule = number
            truth, fact = self.ring(rule["ring"])
            if truth == FALSE:
                continue
            answer.update(rule=number, ring=rule["ring"], set=rule["set"])
            if truth == UNKNOWN:
                answer.update(set="leave", blocked_by="unknown_fact", fact=fact)
            break
        self.guards(answer)
        answer["trace"] = self.trace
        return answer


def decisions(plan, stage, facts):
    lines = []
    for line in facts:
        answer = Deciding(plan, stage, line).decide()
        lines.append(json.dumps(answer, separators=(",", ":"), ensure_ascii=False) + "\n")
    return "".join(lines)


def read_json_lines(path):
    return [json.loads(line, parse_float=str) for line in open(path, encoding="utf-8") if line.strip()]


def read_plan(path):
    return json.load(open(path, encoding="utf-8"), parse_float=str)


def main(arguments):
    if arguments[:1] == ["--stage"]:
        sys.stdout.write(decisions(read_plan(arguments[2]), arguments[1], read_json_lines(arguments[3])))
        return 0
    check = arguments[:1] == ["--check"]
    differing = 0
    for folder in arguments[1:] if check else arguments:
        plan = read_plan(os.path.join(folder, "plan.json"))
        facts = read_json_lines(os.path.join(folder, "facts.jsonl"))
        for stage in [s["name"] for s in plan["stages"]] + ["safe"]:
            path = os.path.join(folder, "expected-%s.jsonl" % stage)
            text = decisions(plan, stage, facts)
            if not check:
                open(path, "w", encoding="utf-8").write(text)
            elif open(path, encoding="utf-8").read() != text:
                print("%s: the two implementations disagree" % path)
                differing += 1
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
