#!/usr/bin/env python3
"""fences.py - the whole documents among the examples of a page.

    fences.py PAGE.md DIRECTORY     writes each as DIRECTORY/KIND-NUMBER.json, and prints how many of each kind

A whole document is a code fence of JSON that has a member "format" of ours. Every fence of JSON must be one: what is only
a part is no JSON, and is marked otherwise.
"""
import json
import os
import re
import sys
from collections import Counter


def main(page, directory):
    found = Counter()
    for text in re.findall(r"^```json\n(.*?)^```$", open(page, encoding="utf-8").read(), re.M | re.S):
        kind = re.fullmatch(r"mapi-rollout/([a-z]+)/1", json.loads(text).get("format", ""))
        if kind is None:
            sys.exit("fences.py: a fence of JSON that is no whole document: %s" % text[:60])
        found[kind[1]] += 1
        with open(os.path.join(directory, "%s-%d.json" % (kind[1], found[kind[1]])), "w", encoding="utf-8") as out:
            out.write(text)
    for kind, count in sorted(found.items()):
        print("%s %d" % (kind, count))


if len(sys.argv) != 3:
    sys.exit("fences.py: say PAGE.md DIRECTORY")
main(*sys.argv[1:])
