#!/usr/bin/env python3
"""make_audit.py - a chain of audit entries, as docs/protocol.md "The audit" says it is made.

Written from the document; it shares nothing with the program that it tests. Prints audit.jsonl:
python3 make_audit.py > audit.jsonl
"""

import datetime
import hashlib
import json
import struct

ENTRIES = (
    # at, who, name, address, what, before, after
    (1800000000, "local", "local uid 0", "", "token_add", "", "name=alice role=publisher"),
    (1800000060, "token", "alice", "192.0.2.7", "put_bundle", "", 'rollout=test serial=7 etag="7-00aa"'),
    (1800000061, "token", "alice", "2001:db8::17", "release", "", "version=7001 stage=observe"),
    (1800000061, "gate", "gate", "", "release", "version=7001 stage=observe", "version=7002 stage=pilot"),
    (1800009000, "token", "Jörg", "192.0.2.8", "safe", "version=7002", 'reason="Outlook hängt \\x1b \u2028? \U0001f6d1"'),
    (0, "server", "release record", "", "release_recovered", "", "a" * 1024),
    (253402300799, "device", "0" * 32, "192.0.2.9", "enroll_again", "", 'device=0 host="K\u00d6LN"'),
)


def text(value):
    raw = value.encode("utf-8")
    return struct.pack(">I", len(raw)) + raw


def main():
    previous = bytes(32)
    for number, (at, *texts) in enumerate(ENTRIES, 1):
        texts = [t.replace("\u2028", "\\u2028") for t in texts]
        whole = b"mapi-rollout/audit/1\n" + previous + struct.pack(">qq", number, at)
        whole += b"".join(text(t) for t in texts)
        previous = hashlib.sha256(whole).digest()
        when = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=at)
        names = ("who", "name", "address", "what", "before", "after")
        row = {"number": number, "at": when.strftime("%Y-%m-%dT%H:%M:%SZ"), **dict(zip(names, texts))}
        row["hash"] = previous.hex()
        print(json.dumps(row, ensure_ascii=False, separators=(",", ":")))


main()
