#!/usr/bin/env python3
"""envelopes.py - take bundles apart and make envelopes that no agent may take.

    envelopes.py policy BUNDLE STAGE|safe       prints that stage's signed policy
    envelopes.py unsigned|tampered|duplicate|unprotected|oversized POLICY
                                                prints that policy, spoilt in this way
    envelopes.py raw KEY.pem PAYLOAD            prints an envelope over any bytes, rightly signed

`raw` signs with the openssl command: our own command signs nothing that is not a policy.
"""
import base64
import hashlib
import json
import subprocess
import sys

OVERSIZED_BYTES = 600 * 1024  # an envelope may have 512 KiB
COORDINATE_BYTES = 32


def encode(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def dump(document):
    return json.dumps(document, separators=(",", ":"))


def policy_of(bundle, stage):
    payload = json.loads(decode(json.load(open(bundle))["payload"]))
    for envelope in payload["policies"] + [payload["safe"]]:
        if json.loads(decode(envelope["payload"]))["stage"] == stage:
            return dump(envelope)
    sys.exit("envelopes.py: no stage %s in %s" % (stage, bundle))


def spoil(how, text):
    envelope = json.loads(text)
    if how == "unsigned":
        envelope["signatures"] = []
    elif how == "tampered":
        # One byte of what was signed: a digit of the time of issue, so that it still parses.
        payload = bytearray(decode(envelope["payload"]))
        at = payload.index(b'"issued_at":"') + len(b'"issued_at":"') + 3
        payload[at] ^= 1
        envelope["payload"] = encode(bytes(payload))
    elif how == "duplicate":
        return '{"payload":"%s",%s' % (envelope["payload"], dump(envelope)[1:])
    elif how == "unprotected":
        envelope["signatures"][0]["header"] = {"x": 1}
    elif how == "oversized":
        return dump(envelope) + " " * OVERSIZED_BYTES
    return dump(envelope)


def der_integer(der, at):
    """One INTEGER of an ECDSA-Sig-Value (RFC 3279): its 32 bytes, and where the next one begins."""
    length = der[at + 1]
    number = int.from_bytes(der[at + 2 : at + 2 + length], "big")
    return number.to_bytes(COORDINATE_BYTES, "big"), at + 2 + length


def thumbprint(key):
    """RFC 7638 over the point, which ends the SPKI of a P-256 key."""
    spki = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                          check=True, capture_output=True).stdout
    x, y = spki[-2 * COORDINATE_BYTES : -COORDINATE_BYTES], spki[-COORDINATE_BYTES:]
    jwk = '{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}' % (encode(x), encode(y))
    return encode(hashlib.sha256(jwk.encode()).digest())


def sign_raw(key, payload):
    header = {"alg": "ES256", "kid": thumbprint(key), "typ": "mapi-rollout-policy+jws"}
    protected = encode(dump(header).encode())
    der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key],
                         input=("%s.%s" % (protected, encode(payload))).encode(),
                         check=True, capture_output=True).stdout
    r, at = der_integer(der, 2)
    s, _ = der_integer(der, at)
    signature = {"protected": protected, "signature": encode(r + s)}
    return dump({"payload": encode(payload), "signatures": [signature]})


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "policy":
        print(policy_of(*arguments[1:]), end="")
    elif len(arguments) == 3 and arguments[0] == "raw":
        print(sign_raw(arguments[1], open(arguments[2], "rb").read()), end="")
    elif len(arguments) == 2:
        print(spoil(arguments[0], open(arguments[1]).read()), end="")
    else:
        sys.exit("envelopes.py: say policy BUNDLE STAGE, raw KEY PAYLOAD or HOW POLICY")


main(sys.argv[1:])
