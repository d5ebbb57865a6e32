#!/usr/bin/env python3
"""Holds a server's metrics to the rules of Prometheus' text format, and what is written about them to the metrics.

metrics_check.py format FILE              FILE is an answer of /metrics; prints how many families and samples
metrics_check.py value FILE SAMPLE...     prints the value of each sample, written as NAME or NAME{label="value",...}
metrics_check.py alerts FILE ALERTS PAGE  metrics, labels and values in the rules exist; runbooks name sections of PAGE
metrics_check.py dashboard FILE JSON      the same for the queries of a dashboard
metrics_check.py page FILE PAGE           the table of PAGE has each metric with its type and labels, and no other
"""
import json
import re
import sys

NAME = r"mapi_rollout_[a-z][a-z0-9_]*"
SAMPLE = re.compile(r"(%s)(\{(.*)\})? (-?[0-9]+(?:\.[0-9]+)?)" % NAME)
LABEL = re.compile(r'([a-z][a-z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
MATCHER = re.compile(r'\s*([a-z][a-z0-9_]*)\s*(=~|!~|!=|=)\s*"([^"]*)"\s*(?:,|$)')
# All that may ever be a label: none of them has values that a client, user or device chooses.
BOUNDED = {"version", "stage", "verdict", "reason", "number", "count", "state", "set", "protocol", "listener", "method",
           "route", "status", "kind", "le"}
# Labels that Prometheus adds, and what a dashboard fills in.
ADDED = {"instance", "job"}
MOST_BYTES, MOST_SAMPLES = 65536, 1000


def wrong(sentence):
    sys.exit("  " + sentence)


def parse_labels(text, line):
    labels, at = [], 0
    while at < len(text):
        match = LABEL.match(text, at)
        if not match:
            wrong("labels cannot be read: " + line)
        labels.append((match.group(1), match.group(2)))
        at = match.end()
    names = [name for name, _ in labels]
    if len(set(names)) != len(names) or not set(names) <= BOUNDED or text.endswith(","):
        wrong("labels that should not be there: " + line)
    return tuple(labels)


def read(path):
    """Families in their order: name -> {"type", "samples": {(name, labels): value}}."""
    with open(path, encoding="utf-8", newline="") as f:
        text = f.read()
    if not text.endswith("\n") or "\r" in text or "\n\n" in text or len(text.encode()) > MOST_BYTES:
        wrong("the text as a whole: no end of line at its end, empty lines, or too long")
    families, current, helped = {}, None, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            _, _, helped, sentence = line.split(" ", 3)
            if helped in families or not sentence.endswith("."):
                wrong("HELP twice, or no sentence: " + line)
        elif line.startswith("# TYPE "):
            _, _, current, kind = line.split(" ")
            if current != helped or not re.fullmatch(NAME, current):
                wrong("TYPE without its HELP: " + line)
            families[current] = {"type": kind, "samples": {}}
        else:
            add_sample(families, current, line)
    return families


def add_sample(families, current, line):
    match = SAMPLE.fullmatch(line)
    if not match:
        wrong("a line that is neither comment nor sample: " + line)
    name, labels = match.group(1), parse_labels(match.group(3) or "", line)
    family = families.get(current)
    if family is None:
        wrong("a sample before its family: " + line)
    suffixes = ["_bucket", "_sum", "_count"] if family["type"] == "histogram" else [""]
    if name not in [current + suffix for suffix in suffixes]:
        wrong("a sample of another family: " + line)
    if (name, labels) in family["samples"]:
        wrong("a sample twice: " + line)
    if ("le" in dict(labels)) != name.endswith("_bucket"):
        wrong("le belongs to buckets: " + line)
    family["samples"][(name, labels)] = float(match.group(4))


def check_histogram(name, samples):
    series = {}
    for (sample, labels), value in samples.items():
        rest = tuple(label for label in labels if label[0] != "le")
        series.setdefault(rest, []).append((sample[len(name):], dict(labels).get("le"), value))
    for rest, parts in series.items():
        bounds = [float(le) for suffix, le, _ in parts if suffix == "_bucket"]
        counts = [value for suffix, _, value in parts if suffix == "_bucket"]
        ends = [(suffix, value) for suffix, _, value in parts if suffix != "_bucket"]
        if bounds != sorted(set(bounds)) or not bounds or bounds[-1] != float("inf") or counts != sorted(counts):
            wrong("buckets of %s%s" % (name, rest))
        if [suffix for suffix, _ in ends] != ["_sum", "_count"] or ends[1][1] != counts[-1]:
            wrong("sum and count of %s%s" % (name, rest))


def check_format(path):
    families = read(path)
    for name, family in families.items():
        if (family["type"] == "counter") != name.endswith("_total"):
            wrong("counters end in _total, and nothing else does: " + name)
        if family["type"] not in ("counter", "gauge", "histogram") or re.search("_(sum|count|bucket|info_total)$", name):
            wrong("type or name of " + name)
        if family["type"] == "histogram":
            check_histogram(name, family["samples"])
        elif family["type"] == "counter" and min(family["samples"].values(), default=0) < 0:
            wrong("a counter below nought: " + name)
    samples = sum(len(family["samples"]) for family in families.values())
    if samples > MOST_SAMPLES:
        wrong("%d samples are too many" % samples)
    print(len(families), samples)


def print_values(path, wanted):
    families = read(path)
    known = {}
    for family in families.values():
        for (name, labels), value in family["samples"].items():
            inside = ",".join('%s="%s"' % label for label in labels)
            known[name + ("{%s}" % inside if inside else "")] = value
    print(" ".join("%.15g" % known[sample] if sample in known else "-" for sample in wanted))


def labels_of(families, name):
    """Label -> values; of a name with or without a histogram's suffix. None: there is no such metric."""
    family = families.get(name)
    if family is None or family["type"] == "histogram":
        family = families.get(re.sub("_(bucket|sum|count)$", "", name))
        if family is None or family["type"] != "histogram" or family is families.get(name):
            return None
    if not family["samples"]:
        wrong("%s has no samples, so nothing about it can be checked" % name)
    values = {}
    for (sample, labels) in family["samples"]:
        for label, value in labels if sample == name else ():
            values.setdefault(label, set()).add(value)
    return values


def check_query(families, query):
    found = list(re.finditer(r"\bmapi_rollout_\w+", query))
    for match in found:
        known = labels_of(families, match.group())
        if known is None:
            wrong("no such metric: %s in %s" % (match.group(), query))
        inside = re.match(r"\{([^}]*)\}", query[match.end():])
        for label, operator, value in MATCHER.findall(inside.group(1) if inside else ""):
            if label in ADDED:
                continue
            for one in value.split("|") if "~" in operator else [value]:
                if one not in known.get(label, ()):
                    wrong('%s never has %s="%s"' % (match.group(), label, one))
    for labels in re.findall(r"\b(?:by|without|on)\s*\(([^)]*)\)", query):
        for label in re.split(r"\s*,\s*", labels.strip()):
            if label not in BOUNDED | ADDED:
                wrong("no such label: %s in %s" % (label, query))
    return len(found)


def check_alerts(path, alerts_path, page_path):
    families = read(path)
    with open(page_path, encoding="utf-8") as f:
        sections = set(re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
                       for title in re.findall(r"^#+ (.*)$", f.read(), re.M))
    with open(alerts_path, encoding="utf-8") as f:
        rules = re.split(r"^ +- alert: ", f.read(), flags=re.M)[1:]
    names = [rule.split("\n", 1)[0] for rule in rules]
    if not rules or len(set(names)) != len(names):
        wrong("no alerts, or one twice")
    for name, rule in zip(names, rules):
        query = re.search(r"^ +expr: >-\n(.*?)^ +for: ", rule, re.M | re.S)
        runbook = re.search(r'^ +runbook: "[^"]*docs/operations-metrics\.md#([a-z0-9-]+)"$', rule, re.M)
        if not query or (check_query(families, query.group(1)) == 0 and 'up{job="mapi-rollout"}' not in rule):
            wrong("%s asks for nothing of ours" % name)
        if not runbook or runbook.group(1) not in sections:
            wrong("%s names no section of %s" % (name, page_path))
        for used in re.findall(r"\$labels\.(\w+)", rule):
            if used not in BOUNDED | ADDED:
                wrong("%s speaks of a label %s" % (name, used))
    print(len(rules))


def queries_of(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "expr" or (key == "query" and "mapi_rollout" in str(value)):
                yield value
            else:
                yield from queries_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from queries_of(value)


def check_dashboard(path, json_path):
    families = read(path)
    with open(json_path, encoding="utf-8") as f:
        dashboard = json.load(f)
    queries = list(queries_of(dashboard))
    for query in queries:
        if check_query(families, query) == 0:
            wrong("asks for nothing of ours: " + query)
    ids = [panel["id"] for panel in dashboard["panels"]]
    if not ids or len(set(ids)) != len(ids) or any(not panel["targets"] for panel in dashboard["panels"]):
        wrong("panels without a number of their own or without a query")
    print(len(queries))


def check_page(path, page_path):
    families = read(path)
    with open(page_path, encoding="utf-8") as f:
        rows = re.findall(r"^\| `(%s)` \| (\w+) \|([^|]*)\|" % NAME, f.read(), re.M)
    told = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    for name in sorted(set(told) ^ set(families)):
        wrong("only one of server and %s has %s" % (page_path, name))
    for name, (kind, labels) in told.items():
        seen = {label for _, sample in families[name]["samples"] for label, _ in sample} - {"le"}
        if kind != families[name]["type"] or labels != seen:
            wrong("%s is told otherwise: %s %s, is %s %s" % (name, kind, labels, families[name]["type"], seen))
    print(len(told))


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "value":
        print_values(arguments[0], arguments[1:])
    else:
        {"format": check_format, "alerts": check_alerts, "dashboard": check_dashboard,
         "page": check_page}[command](*arguments)
