#!/usr/bin/env python3
"""split_bundle.py - the signed policies of a bundle, one file each, for machines that have no server.

    split_bundle.py BUNDLE.json DIRECTORY     writes DIRECTORY/STAGE.jws and DIRECTORY/safe.jws, prints what they are

Nothing is verified here: `mapi-rollout verify STAGE.jws --trust trust.json` does that, and every agent.
"""
import base64
import json
import os
import re
import sys

BUNDLE_MOST_BYTES = 8 * 1024 * 1024  # docs/policy-format.md "Limits"


def payload_of(envelope):
    text = envelope["payload"]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def read_bundle(path):
    with open(path, "rb") as file:
        raw = file.read(BUNDLE_MOST_BYTES + 1)
    if len(raw) > BUNDLE_MOST_BYTES:
        sys.exit("split_bundle.py: %s is larger than a bundle can be" % path)
    bundle = payload_of(json.loads(raw))
    return bundle["policies"] + [bundle["safe"]]


def write(directory, envelope):
    policy = payload_of(envelope)
    # A name out of a file that nobody has verified becomes part of a path.
    if not re.fullmatch(r"[a-z0-9-]{1,64}", policy["stage"]):
        sys.exit("split_bundle.py: a stage has no plain name")
    path = os.path.join(directory, policy["stage"] + ".jws")
    with open(path, "w", encoding="ascii", newline="") as out:
        json.dump(envelope, out, separators=(",", ":"))
    print("%s\trollout %s\tversion %d" % (path, policy["rollout"], policy["version"]))


def main(bundle, directory):
    try:
        envelopes = read_bundle(bundle)
        os.makedirs(directory, exist_ok=True)
        for envelope in envelopes:
            write(directory, envelope)
    except OSError as error:
        sys.exit("split_bundle.py: %s" % error)
    except (ValueError, KeyError, TypeError):
        sys.exit("split_bundle.py: %s is no bundle" % bundle)


if len(sys.argv) != 3:
    sys.exit("split_bundle.py: say BUNDLE.json DIRECTORY")
main(*sys.argv[1:])
