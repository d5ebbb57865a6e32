"""sources.py - what the agent's sources and pages say of settings and State, for the checks beside it.

Each function takes a text and ends the test if it is not written as it expects: a check must not pass because it found
nothing.
"""
import re
import sys
from collections import namedtuple

Setting = namedtuple("Setting", "name is_list machine_policy")
Column = namedtuple("Column", "name type")  # type: REG_SZ or REG_DWORD

REGISTRY_TYPES = {"TEXT": "REG_SZ", "TIME": "REG_SZ", "DIGITS": "REG_SZ", "DWORD": "REG_DWORD", "FLAG": "REG_DWORD"}


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def find(pattern, text, flags=re.S):
    found = re.search(pattern, text, flags)
    if found is None:
        sys.exit("sources.py: nothing looks like %s" % pattern)
    return found.group(1)


def find_all(pattern, text):
    found = re.findall(pattern, text)
    if not found:
        sys.exit("sources.py: nothing looks like %s" % pattern)
    return found


def settings(config_c):
    table = find(r"AG_CONFIG_ENTRIES\[AG_SET_COUNT\] = \{\n(.*?)\n\};", config_c)
    rows = find_all(r'\[AG_SET_\w+\] = \{"(\w+)", "[^"]+", (true|false), (true|false)\}', table)
    if len(rows) != table.count("[AG_SET_"):
        sys.exit("sources.py: a row of AG_CONFIG_ENTRIES cannot be read")
    return [Setting(name, is_list == "true", policy == "true") for name, is_list, policy in rows]


def words(array, text):
    return find_all(r'"(\w+)"', find(r"\b%s\[\d*\] = \{(.*?)\};" % array, text))


def number(name, text):
    return int(find(r"\b%s = (\d+)\b" % name, text))


def columns(array, mirror_c):
    table = find(r"\b%s\[\w+\] = \{\n(.*?)\n\};" % array, mirror_c)
    rows = find_all(r'\] = \{"(\w+)",\s+"\w+",\s+AG_MIRROR_(\w+)\}', table)
    if len(rows) != table.count("[AG_"):
        sys.exit("sources.py: a row of %s cannot be read" % array)
    return [Column(name, REGISTRY_TYPES[kind]) for name, kind in rows]


def table_rows(page, heading):
    """The cells of the table's rows below a heading of a page, without the head; code marks are taken off."""
    section = find(r"^#+ %s\n(.*?)(?=^#|\Z)" % re.escape(heading), page, re.M | re.S)
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    if len(lines) < 2:
        sys.exit("sources.py: no table below %s" % heading)
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[1:]]


def fail_if(complaints):
    for complaint in complaints:
        print(complaint)
    if complaints:
        sys.exit(1)


def missed(mutations, check):
    """Names of the planted mistakes that the check does not complain of in the expected words. mutations: name, expected
    words, and the files' texts with the mistake; a mistake that changes nothing is one of ours."""
    return ["planted mistake not noticed: %s" % name
            for name, expected, texts in mutations
            if not any(expected in complaint for complaint in check(texts))]


def spoil(texts, file, old, new, count=1):
    """The texts with a mistake in one file. The place must be there, so that no mistake is planted beside it."""
    if texts[file].count(old) < 1:
        sys.exit("sources.py: %s does not hold %r" % (file, old))
    return {**texts, file: texts[file].replace(old, new, count)}
