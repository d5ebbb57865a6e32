#!/usr/bin/env python3
"""make_bucket.py - the golden vectors of docs/policy-format.md "Percentages", hash version 1.

Written from the document, with Python's integers of any size, so that it shares no arithmetic with the
program that it tests. Prints bucket.json:  python3 make_bucket.py > bucket.json
"""

import hashlib
import json

SALTS = ("mapihttp-2026", "MAPIHTTP-2026", "x", "s" * 64, "a b~!")
USERS = (
    "S-1-5-18",
    "S-1-5-21-1-2-3-500",
    "S-1-5-21-1-2-3-1001",
    "S-1-5-21-1-2-3-1002",
    "S-1-5-21-3623811015-3361044348-30300820-1013",
    "S-1-5-21-4294967295-4294967295-4294967295-4294967295",
    "S-1-12-1-1111111111-2222222222-3333333333-4444444444",
)
HOSTS = ("PC-0042", "pc-0042", "HQ-IT-7", "A", "K\u00d6LN-\u00e4-1")


def upper(name):
    """ASCII only: other letters stay as they are."""
    return "".join(chr(ord(c) - 32) if "a" <= c <= "z" else c for c in name)


def bucket(salt, unit):
    text = b"mapi-rollout/bucket/1\0" + salt.encode("ascii") + b"\0" + unit.encode("utf-8")
    number = int.from_bytes(hashlib.sha256(text).digest()[:8], "big")
    return number * 1000000 // 2**64


rows = []
for salt in SALTS:
    rows += [{"salt": salt, "of": "user", "unit": u, "bucket": bucket(salt, u)} for u in USERS]
    rows += [{"salt": salt, "of": "host", "unit": h, "bucket": bucket(salt, upper(h))} for h in HOSTS]

print('{"format": "mapi-rollout/test-buckets/1", "rows": [')
print(",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows))
print("]}")
