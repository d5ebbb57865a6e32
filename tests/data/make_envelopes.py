#!/usr/bin/env python3
"""make_envelopes.py - the vectors for signatures and acceptance: envelope/, bundle/, trust/ and signed.tsv.

    make_envelopes.py MAPI_ROLLOUT      (the program, for the few that our own `sign` makes)

Written from docs/policy-format.md. Signed by the openssl command, with keys that live only while this runs: each
run makes other files, and the stored ones are the vectors. What is expected stands beside how a file is made; the
files of an earlier set, whose keys are gone, are kept and listed at the end. Standard library only.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
POLICY, BUNDLE = "mapi-rollout-policy+jws", "mapi-rollout-bundle+jws"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256's group
rows = []
keys = {}


# ---- encoding and signing --------------------------------------------------------------------


def encode(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def dump(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def openssl(*arguments, given=None):
    return subprocess.run(["openssl", *arguments], input=given, check=True, capture_output=True).stdout


class Key:
    def __init__(self, folder, name):
        self.path = os.path.join(folder, name + ".pem")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.path)
        spki = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")
        x, y = encode(spki[-64:-32]), encode(spki[-32:])
        self.spki = spki
        self.jwk = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        self.kid = encode(hashlib.sha256(b'{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}' % (x.encode(), y.encode())).digest())

    def sign(self, data):
        der = openssl("dgst", "-sha256", "-sign", self.path, given=data)
        at = 4 + der[3]
        r, s = der[4:at], der[at + 2 :]
        return b"".join(int.from_bytes(n, "big").to_bytes(32, "big") for n in (r, s))


def header_of(key, kind, **more):
    header = {"alg": "ES256", "kid": key.kid, "typ": kind}
    header.update(more)
    return {name: value for name, value in header.items() if value is not None}


def signature(payload_text, key, typ=POLICY, header=None, change=None):
    protected = encode(dump(header if header is not None else header_of(key, typ)))
    raw = key.sign(("%s.%s" % (protected, payload_text)).encode())
    return {"protected": protected, "signature": encode(change(raw) if change else raw)}


def jws(payload, signers, typ=POLICY):
    raw = payload if isinstance(payload, bytes) else dump(payload)
    text = encode(raw)
    return {"payload": text, "signatures": [signature(text, keys[s], typ) for s in signers]}


# ---- documents -------------------------------------------------------------------------------


def policy(**changes):
    document = {
        "format": "mapi-rollout/policy/1", "rollout": "mapihttp-2026", "version": 7003, "kind": "stage", "stage": "pilot",
        "issued_at": "2026-01-01T00:00:00Z", "expires_at": "2099-01-01T00:00:00Z", "not_before": None,
        "timing": {"poll_s": 900, "wait_s": 240, "spread_s": 10, "report_s": 86400},
        "guards": {"block_mailboxes": ["on_premises", "unknown"]},
        "rings": {"pilot": {"host": ["HQ-IT-*"]}},
        "rules": [{"ring": "pilot", "set": "allow"}], "otherwise": "block", "expect": "mapi_http",
    }
    document.update(changes)
    return {name: value for name, value in document.items() if value != "absent"}


def safe(**changes):
    document = policy(version=7999, kind="safe", stage="safe", expires_at=None, rings={}, rules=[], expect="any")
    document.update(changes)
    return document


def stage(position, name, **changes):
    return policy(version=7000 + position, stage=name, **changes)


def bundle(policies, last, **changes):
    document = {"format": "mapi-rollout/bundle/1", "rollout": "mapihttp-2026", "serial": 7, "policies": policies, "safe": last}
    document.update(changes)
    return {name: value for name, value in document.items() if value != "absent"}


# ---- files and rows --------------------------------------------------------------------------


def expect(path, document, trust, floor, least, verified, expected, pointer):
    rows.append((path, document, trust, floor, least, verified, expected, pointer))


def write(path, content):
    raw = content if isinstance(content, bytes) else dump(content)
    with open(os.path.join(HERE, path), "wb") as file:
        file.write(raw)


def put(name, envelope, expected="accept", pointer="-", trust="one", floor="-", least="-", verified=None):
    """A policy, and one row about it."""
    path = "envelope/policy-%s.json" % name
    write(path, envelope)
    again(name, expected, pointer, trust, floor, least, verified)


# What is refused for its signatures or its form, before a byte of the payload is parsed.
BEFORE_PARSING = ("signature_invalid", "signature_threshold", "key_unknown", "envelope_malformed", "algorithm_refused",
                  "type_mismatch")


def again(name, expected="accept", pointer="-", trust="one", floor="-", least="-", verified=None):
    """A further row about a policy."""
    if verified is None:
        verified = "no" if expected in BEFORE_PARSING else "yes"
    expect("envelope/policy-%s.json" % name, "policy", "trust/%s.json" % trust, floor, least, verified, expected, pointer)


def put_bundle(name, envelope, expected="accept", pointer="-", trust="one", verified="yes"):
    path = "bundle/%s.json" % name
    write(path, envelope)
    expect(path, "bundle", "trust/%s.json" % trust, "-", "-", verified, expected, pointer)


def signed(name, payload, expected, pointer="-", **more):
    put(name, jws(payload, ["a"]), expected, pointer, **more)


def bundle_of(policies, last, signers=("a",), inner=("a",), **changes):
    """A bundle of payloads; what is a JWS already stays as it is."""
    def inside(one):
        return one if "payload" in one else jws(one, inner)
    return jws(bundle([inside(p) for p in policies], inside(last), **changes), signers, BUNDLE)


# ---- the vectors -----------------------------------------------------------------------------


def trust_documents():
    def trust(version=1, threshold=1, names=("a",), rollouts=("mapihttp-2026",), **more):
        document = {"format": "mapi-rollout/trust/1", "version": version, "threshold": threshold,
                    "rollouts": list(rollouts), "keys": [keys[n].jwk for n in names]}
        document.update(more)
        return document

    def change(new, old, expected, pointer="-"):
        expect("trust/%s.json" % new, "trust", "trust/%s.json" % old if old != "-" else "-", "-", "-", "-", expected, pointer)

    write("trust/one.json", trust())
    write("trust/two-of-three.json", trust(threshold=2, names="abc"))
    write("trust/another-rollout.json", trust(rollouts=["another-one"]))
    write("trust/version-2.json", trust(version=2, names="bc"))
    write("trust/version-2-respaced.json", json.dumps(trust(version=2, names="bc")).encode())
    write("trust/version-2-more-keys.json", trust(version=2, names="abc"))
    write("trust/threshold-of-too-many.json", trust(version=3, threshold=2))
    write("trust/same-key-twice.json", trust(version=3, names="aa"))
    off_curve = dict(keys["a"].jwk, y=keys["b"].jwk["y"])
    write("trust/off-the-curve.json", trust(version=3, keys=[off_curve]))
    private = dict(keys["a"].jwk, d=encode(bytes(32)))
    write("trust/private-key.json", trust(version=3, keys=[private]))
    write("trust/no-keys.json", trust(version=3, keys=[]))
    for name in ("one", "two-of-three", "another-rollout", "version-2", "version-2-respaced", "version-2-more-keys"):
        change(name, "-", "accept")
    change("version-2", "one", "accept")
    change("version-2", "version-2", "no_change")
    change("one", "one", "no_change")
    change("one", "version-2", "trust_rollback", "/version")
    change("version-2-respaced", "version-2", "trust_rollback", "/version")
    change("version-2-more-keys", "version-2", "trust_rollback", "/version")
    change("threshold-of-too-many", "one", "out_of_range", "/threshold")
    change("same-key-twice", "one", "duplicate_name", "/keys/1")
    change("off-the-curve", "one", "out_of_range", "/keys/0")
    change("private-key", "one", "unknown_field", "/keys/0/d")
    change("no-keys", "one", "out_of_range", "/keys")


def good_policies():
    everything = policy(
        version=7004, stage="quarter", not_before="2026-02-01T00:00:00Z",
        rings={
            "exceptions": {"any": [{"group": ["CONTOSO\\MAPI-Exceptions", "S-1-5-21-1-2-3-512"]}, {"tag": ["mapi-exception"]}]},
            "people": {"user": ["CONTOSO\\a?ice", "S-1-5-21-1-2-3-1001"], "not": {"ring": "exceptions"}},
            "quarter": {"all": [{"percent": 12.5, "of": "user", "salt": "mapihttp-2026"}, {"host": ["K\u00d6LN-*"]}]},
        },
        rules=[{"ring": "exceptions", "set": "leave"}, {"ring": "people", "set": "allow"}, {"ring": "quarter", "set": "allow_explicit"}],
        expect="any")
    first = jws(policy(), ["a"])
    digest = hashlib.sha256(decode(first["payload"])).hexdigest()
    other = hashlib.sha256(b"another one").hexdigest()
    put("good-stage", first)
    again("good-stage", "accept", floor="7002:" + other)
    again("good-stage", "no_change", floor="7003:" + digest)
    again("good-stage", "version_conflict", "/version", floor="7003:" + other)
    again("good-stage", "version_rollback", "/version", floor="7004:" + digest)
    again("good-stage", "version_rollback", "/version", floor="7999:" + other)
    again("good-stage", "accept", least="7003")
    again("good-stage", "version_rollback", "/version", least="7004")
    again("good-stage", "version_rollback", "/version", floor="7003:" + digest, least="7004")
    again("good-stage", "rollout_mismatch", "/rollout", trust="another-rollout", floor="7004:" + digest)
    again("good-stage", "signature_threshold", "/signatures", trust="two-of-three")
    again("good-stage", "key_unknown", "/signatures", trust="version-2")
    last = jws(safe(), ["a"])
    digest = hashlib.sha256(decode(last["payload"])).hexdigest()
    put("good-safe", last)
    again("good-safe", "accept", floor="7050:" + other)
    again("good-safe", "no_change", floor="7999:" + digest)
    again("good-safe", "version_conflict", "/version", floor="7999:" + other)
    again("good-safe", "version_rollback", "/version", floor="8001:" + other)
    put("good-everything", jws(everything, ["a"]))
    put("good-places-and-guards", jws(policy(
        rings={"pilot": {"domain": ["CONTOSO"], "computer_ou": ["OU=Berlin,DC=contoso,DC=com"], "ad_site": ["Berlin*"],
                         "outlook": ">=16.0.4266 <17", "mailbox": ["on_premises"], "multi_session": False}},
        guards={"block_mailboxes": ["on_premises"], "minimum_outlook": ["14.0.7147", "15.0.4569", "16.0"],
                "preflight": {"allow": ["https://mapi.example.com/mapi/healthcheck.htm"], "block": ["https://mail.example.com/rpc/rpcproxy.dll"]}},
        gate={"advance": "auto", "soak_s": 259200, "max_failing": 5, "on_fail": "safe"}), ["a"]))
    put("good-two-signers", jws(policy(), ["b", "a"]), trust="two-of-three")
    again("good-two-signers", "accept", trust="one")
    put("good-three-signers", jws(policy(), ["c", "a", "b"]), trust="two-of-three")
    put("good-and-a-stranger", jws(policy(), ["stranger", "a"]))
    again("good-and-a-stranger", "signature_threshold", "/signatures", trust="two-of-three")
    put("good-lowest-version", jws(policy(version=1001), ["a"]))
    put("good-highest-version", jws(policy(version=9000000050), ["a"]))
    put("good-spaced-payload", jws(json.dumps(policy(), indent=2).encode(), ["a"]))
    # (r, n - s) is as good a signature as (r, s): it must count for the same key, and do no harm.
    text = first["payload"]
    mirrored = signature(text, keys["a"], change=lambda raw: raw[:32] + (ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big"))
    put("good-mirrored", {"payload": text, "signatures": [mirrored]})
    put("mirrored-is-the-same-key", {"payload": text, "signatures": [signature(text, keys["a"]), mirrored]},
        "signature_threshold", "/signatures", trust="two-of-three")


def forged_policies():
    good = policy()
    text = encode(dump(good))
    a = keys["a"]

    def one(name, header, expected, pointer="/signatures/0/protected", **more):
        put(name, {"payload": text, "signatures": [dict(signature(text, a, header=header), **more)]}, expected, pointer)

    one("alg-none", header_of(a, POLICY, alg="none"), "algorithm_refused", signature=encode(bytes(64)))
    one("alg-es256k", header_of(a, POLICY, alg="ES256K"), "algorithm_refused")
    # The public key as the secret of an HMAC: whoever lets the header choose takes it.
    protected = encode(dump(header_of(a, POLICY, alg="HS256")))
    mac = openssl("dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:" + a.spki.hex(), "-binary",
                  given=("%s.%s" % (protected, text)).encode())
    put("alg-hs256", {"payload": text, "signatures": [{"protected": protected, "signature": encode(mac)}]},
        "algorithm_refused", "/signatures/0/protected")
    one("key-in-header", header_of(keys["stranger"], POLICY, jwk=keys["stranger"].jwk), "envelope_malformed")
    one("crit", header_of(a, POLICY, crit=["exp"], exp=1), "envelope_malformed")
    one("no-kid", header_of(a, POLICY, kid=None), "envelope_malformed")
    one("bundle-type", header_of(a, BUNDLE), "type_mismatch")
    one("no-type", header_of(a, POLICY, typ=None), "envelope_malformed")
    put("unprotected-header", {"payload": text, "signatures": [dict(signature(text, a), header={"kid": a.kid})]},
        "envelope_malformed", "/signatures/0/header")
    put("unsigned", {"payload": text, "signatures": []}, "envelope_malformed", "/signatures")
    put("by-a-stranger", jws(good, ["stranger"]), "key_unknown", "/signatures")
    stranger_as_a = signature(text, keys["stranger"], header=header_of(a, POLICY))
    put("by-a-stranger-as-ours", {"payload": text, "signatures": [stranger_as_a]}, "signature_invalid", "/signatures/0")
    put("zeros", {"payload": text, "signatures": [signature(text, a, change=lambda raw: bytes(64))]}, "signature_invalid", "/signatures/0")
    put("order-as-s", {"payload": text, "signatures": [signature(text, a, change=lambda raw: raw[:32] + ORDER.to_bytes(32, "big"))]},
        "signature_invalid", "/signatures/0")
    other = encode(dump(policy(otherwise="allow")))
    put("payload-exchanged", {"payload": other, "signatures": [signature(text, a)]}, "signature_invalid", "/signatures/0")
    put("second-signature-false", {"payload": text, "signatures": [signature(text, a), signature(other, keys["b"])]},
        "signature_invalid", "/signatures/1", trust="two-of-three")
    again("second-signature-false", "accept", trust="one")
    put("one-key-twice", {"payload": text, "signatures": [signature(text, a), signature(text, a)]},
        "signature_threshold", "/signatures", trust="two-of-three")
    whole = dump({"payload": text, "signatures": [signature(text, a)]})
    put("two-payloads", b'{"payload":"%s",' % other.encode() + whole[1:], "json_duplicate_key", "/payload", verified="no")
    put("cut-off", whole[:-1], "json_syntax", "/signatures", verified="no")
    # What comes first in the order names the code: form, signatures, parse, then the rollout.
    put("malformed-and-false", {"payload": other + "=", "signatures": [signature(text, a)]}, "envelope_malformed", "/payload")
    put("unreadable-and-by-a-stranger", jws(b"{", ["stranger"]), "key_unknown", "/signatures")
    put("unreadable-and-false", {"payload": encode(b"{"), "signatures": [signature(text, a)]}, "signature_invalid", "/signatures/0")
    put("false-and-too-few", {"payload": text, "signatures": [signature(other, a), signature(text, keys["b"])]},
        "signature_invalid", "/signatures/0", trust="two-of-three")
    put("unknown-member-of-another-rollout", jws(policy(rollout="another-one", cmd="calc.exe"), ["a"]), "unknown_field", "/cmd")
    put("kind-mismatch-and-expired", jws(policy(version=7999, expires_at="2020-01-01T00:00:00Z"), ["a"]), "kind_mismatch", "-")
    put("bare-payload", dump(good), "envelope_malformed", "/format")


def unreadable_policies():
    text = dump(policy()).decode()

    def bent(name, old, new, expected, pointer):
        assert text.count(old) == 1, old
        new = new if isinstance(new, bytes) else new.encode()
        signed(name, text.encode().replace(old.encode(), new), expected, pointer)

    signed("byte-order-mark", b"\xef\xbb\xbf" + text.encode(), "json_syntax", "-")
    signed("trailing-comma", text[:-1].encode() + b",}", "json_syntax", "-")
    bent("leading-zero", '"poll_s":900', '"poll_s":0900', "json_syntax", "/timing/poll_s")
    bent("exponent", '"poll_s":900', '"poll_s":9e2', "out_of_range", "/timing/poll_s")
    bent("control-character", "HQ-IT", "HQ\x01IT", "json_syntax", "/rings/pilot/host/0")
    bent("bad-utf-8", "HQ-IT", b"HQ\xc0\xafIT", "json_syntax", "/rings/pilot/host/0")
    bent("lone-surrogate", "HQ-IT", "HQ\\ud800IT", "json_syntax", "/rings/pilot/host/0")
    bent("nul", "HQ-IT", "HQ\\u0000IT", "json_syntax", "/rings/pilot/host/0")
    bent("two-objects", '"expect":"mapi_http"}', '"expect":"mapi_http"}{}', "json_syntax", "-")
    bent("version-twice", '"version":7003', '"version":7003,"version":9003', "json_duplicate_key", "/version")
    bent("version-twice-escaped", '"version":7003', '"version":7003,"ver\\u0073ion":9003', "json_duplicate_key", "/version")
    bent("ring-twice", '"rings":{', '"rings":{"pilot":{"host":["A"]},', "json_duplicate_key", "/rings/pilot")
    bent("above-2-to-53", '"version":7003', '"version":9007199254740993', "out_of_range", "/version")
    signed("a-list", b"[]", "wrong_type")
    signed("another-format", policy(format="mapi-rollout/policy/2"), "out_of_range", "/format")
    signed("unknown-member", policy(cmd="calc.exe"), "unknown_field", "/cmd")
    signed("unknown-timing", policy(timing={"poll_s": 900, "wait": 240}), "unknown_field", "/timing/wait")
    signed("no-otherwise", policy(otherwise="absent"), "missing_field", "/otherwise")
    signed("no-expiry", policy(expires_at=None), "missing_field", "/expires_at")
    signed("version-as-text", policy(version="7003"), "wrong_type", "/version")
    signed("rules-as-object", policy(rules={}), "wrong_type", "/rules")
    signed("unknown-set", policy(otherwise="remove"), "out_of_range", "/otherwise")
    signed("poll-too-fast", policy(timing={"poll_s": 59}), "out_of_range", "/timing/poll_s")
    signed("percent-too-fine", policy(rings={"pilot": {"percent": 0.00001, "of": "user", "salt": "x"}}), "out_of_range", "/rings/pilot/percent")
    signed("long-string", policy(rings={"pilot": {"host": ["H" * 257]}}), "too_large", "/rings/pilot/host/0")
    signed("many-rules", policy(rules=[{"ring": "pilot", "set": "allow"}] * 257), "too_large", "/rules")
    deep = {"host": ["A"]}
    for _ in range(16):
        deep = {"not": deep}
    signed("deep", policy(rings={"pilot": deep}), "too_large", "/rings/pilot" + "/not" * 14)
    signed("rule-of-no-ring", policy(rules=[{"ring": "pilto", "set": "allow"}]), "unknown_ring", "/rules/0/ring")
    signed("ring-of-no-ring", policy(rings={"pilot": {"ring": "nowhere"}}), "unknown_ring", "/rings/pilot/ring")
    signed("ring-circle", policy(rings={"pilot": {"ring": "b"}, "b": {"any": [{"host": ["A"]}, {"ring": "pilot"}]}}), "ring_circle", "/rings/b/any/1/ring")
    signed("no-such-day", policy(issued_at="2026-02-30T00:00:00Z"), "bad_time", "/issued_at")
    signed("time-of-a-place", policy(expires_at="2099-01-01T00:00:00+01:00"), "bad_time", "/expires_at")
    signed("bad-url", policy(guards={"preflight": {"allow": ["http://mapi.example.com/"]}}), "bad_url", "/guards/preflight/allow/0")
    signed("bad-url-userinfo", policy(guards={"preflight": {"block": ["https://me@mapi.example.com/"]}}), "bad_url", "/guards/preflight/block/0")
    signed("bad-version-range", policy(rings={"pilot": {"outlook": ">=16.0 <17.x"}}), "bad_version_range", "/rings/pilot/outlook")
    signed("bad-minimum-version", policy(guards={"minimum_outlook": ["16.0", "sixteen"]}), "bad_version_range", "/guards/minimum_outlook/1")
    signed("stage-with-the-safe-version", policy(version=7999), "kind_mismatch", "-")
    signed("stage-with-version-7000", policy(version=7000), "kind_mismatch", "-")
    signed("stage-named-safe", policy(stage="safe"), "kind_mismatch", "-")
    signed("safe-with-a-stage-version", safe(version=7001), "kind_mismatch", "-")
    signed("safe-that-expires", safe(expires_at="2099-01-01T00:00:00Z"), "kind_mismatch", "-")
    signed("safe-with-rules", safe(rings={"pilot": {"host": ["A"]}}, rules=[{"ring": "pilot", "set": "allow"}]), "kind_mismatch", "-")
    signed("safe-that-releases", safe(otherwise="release"), "kind_mismatch", "-")


def untimely_policies():
    other = hashlib.sha256(b"another one").hexdigest()
    past, far = "2020-01-01T00:00:00Z", "2098-01-01T00:00:00Z"
    expired = policy(issued_at="2019-01-01T00:00:00Z", expires_at=past)
    signed("of-another-rollout", policy(rollout="another-one"), "rollout_mismatch", "/rollout")
    put("expired", jws(expired, ["a"]), "expired", "/expires_at")
    # Known already: its time is not asked for.
    digest = hashlib.sha256(dump(expired)).hexdigest()
    again("expired", "no_change", floor="7003:" + digest)
    again("expired", "version_conflict", "/version", floor="7003:" + other)
    again("expired", "version_rollback", "/version", floor="7004:" + other)
    signed("not-yet", policy(not_before=far), "not_yet", "/not_before")
    signed("not-yet-and-expired", policy(issued_at="2019-01-01T00:00:00Z", not_before=far, expires_at=past), "not_yet", "/not_before")
    signed("issued-in-future", policy(issued_at=far), "issued_in_future", "/issued_at")
    signed("issued-in-future-and-not-yet", policy(issued_at=far, not_before=far), "issued_in_future", "/issued_at")
    again("issued-in-future", "version_rollback", "/version", least="7004")
    again("of-another-rollout", "rollout_mismatch", "/rollout", floor="7004:" + other)
    signed("safe-issued-in-future", safe(issued_at=far), "accept")


def bundles():
    pilot, all_users, last = stage(1, "pilot"), stage(2, "everyone", rules=[], rings={}, otherwise="allow"), safe()
    good = bundle_of([pilot, all_users], last)
    a = keys["a"]
    put_bundle("good", good)
    put_bundle("good-one-stage", bundle_of([pilot], last))
    put_bundle("good-two-signers", bundle_of([pilot, all_users], last, "ab", "ba"), trust="two-of-three")
    put_bundle("good-and-a-stranger", bundle_of([pilot], last, ("stranger", "a"), ("a", "stranger")))
    text = good["payload"]
    other = encode(dump(bundle([jws(pilot, "a")], jws(last, "a"))))
    put_bundle("payload-exchanged", {"payload": other, "signatures": good["signatures"]}, "signature_invalid", "/signatures/0", verified="no")
    put_bundle("by-a-stranger", bundle_of([pilot], last, ["stranger"]), "key_unknown", "/signatures", verified="no")
    put_bundle("by-one-of-two", bundle_of([pilot], last, "a", "ab"), "signature_threshold", "/signatures", trust="two-of-three", verified="no")
    none = {"protected": encode(dump(header_of(a, BUNDLE, alg="none"))), "signature": encode(bytes(64))}
    put_bundle("alg-none", {"payload": text, "signatures": [none]}, "algorithm_refused", "/signatures/0/protected", verified="no")
    put_bundle("a-policy", jws(pilot, "a"), "type_mismatch", "/signatures/0/protected", verified="no")
    put_bundle("cut-off", dump(good)[:-1], "json_syntax", "/signatures", verified="no")

    raw = dump(bundle([jws(pilot, "a")], jws(last, "a")))
    put_bundle("payload-cut-off", jws(raw[:-1], "a", BUNDLE), "json_syntax", "/safe")
    put_bundle("serial-twice", jws(raw.replace(b'"serial":7', b'"serial":7,"serial":8'), "a", BUNDLE), "json_duplicate_key", "/serial")
    put_bundle("unknown-member", bundle_of([pilot], last, note="x"), "unknown_field", "/note")
    put_bundle("no-safe", jws(bundle([jws(pilot, "a")], "absent"), "a", BUNDLE), "missing_field", "/safe")
    put_bundle("no-stages", bundle_of([], last), "wrong_type", "/policies")
    put_bundle("serial-of-nought", bundle_of([pilot], last, serial=0), "out_of_range", "/serial")
    put_bundle("too-many-stages", bundle_of([jws(pilot, "a")] * 51, last), "too_large", "/policies")
    put_bundle("stage-twice", bundle_of([pilot, stage(2, "pilot")], last), "duplicate_name", "/policies")
    put_bundle("out-of-order", bundle_of([all_users, pilot], last), "kind_mismatch", "/serial")
    put_bundle("of-another-serial", bundle_of([pilot], last, serial=8), "kind_mismatch", "/serial")
    put_bundle("stage-as-safe", bundle_of([pilot], all_users), "kind_mismatch", "/serial")
    put_bundle("of-another-rollout", bundle_of([pilot], last, rollout="another-one"), "rollout_mismatch", "/rollout")
    put_bundle("policy-of-another-rollout", bundle_of([stage(1, "pilot", rollout="another-one")], last), "rollout_mismatch", "/rollout")
    put_bundle("another-timing", bundle_of([pilot, stage(2, "everyone", timing={"poll_s": 60})], last), "envelope_malformed", "-")
    put_bundle("another-expiry", bundle_of([pilot, stage(2, "everyone", expires_at="2098-01-01T00:00:00Z")], last), "envelope_malformed", "-")

    exchanged = dict(jws(pilot, "a"), payload=encode(dump(stage(1, "pilot", otherwise="allow"))))
    put_bundle("policy-exchanged", bundle_of([exchanged], last), "signature_invalid", "/policies/0")
    put_bundle("policy-by-a-stranger", bundle_of([pilot, jws(all_users, ["stranger"])], last), "key_unknown", "/policies/1")
    put_bundle("policy-by-one-of-two", bundle_of([pilot], jws(last, "a"), "ab", "ab"), "signature_threshold", "/safe", trust="two-of-three")
    put_bundle("bundle-in-a-bundle", bundle_of([good], last), "type_mismatch", "/policies/0")
    put_bundle("policy-unsigned", bundle_of([{"payload": encode(dump(pilot)), "signatures": []}], last), "envelope_malformed", "/policies/0")
    put_bundle("policy-with-unknown-member", bundle_of([stage(1, "pilot", cmd="calc.exe")], last), "unknown_field", "/policies/0")
    put_bundle("policy-with-bad-time", bundle_of([pilot], safe(issued_at="yesterday")), "bad_time", "/safe")


def made_by_ourselves(program, folder):
    plan = {
        "format": "mapi-rollout/plan/1", "rollout": "mapihttp-2026", "serial": 7,
        "issued_at": "2026-01-01T00:00:00Z", "expires_at": "2099-01-01T00:00:00Z",
        "rings": {"pilot": {"any": [{"group": ["S-1-5-21-1-2-3-512"]}, {"host": ["HQ-IT-*"]}]},
                  "quarter": {"percent": 25, "of": "user", "salt": "mapihttp-2026"}},
        "stages": [
            {"name": "observe", "rules": [], "otherwise": "leave", "expect": "any"},
            {"name": "pilot", "rules": [{"ring": "pilot", "set": "allow"}], "otherwise": "block"},
            {"name": "quarter", "rules": [{"ring": "pilot", "set": "allow"}, {"ring": "quarter", "set": "allow"}],
             "otherwise": "block", "not_before": "2026-02-01T00:00:00Z"}],
        "safe": {"set": "block"}}
    path = os.path.join(folder, "plan.json")
    with open(path, "wb") as file:
        file.write(dump(plan))
    for name, signers, trust in (("one", "a", "one"), ("two", "ab", "two-of-three")):
        out = os.path.join(HERE, "bundle/good-by-mapi-rollout-%s.json" % name)
        chosen = [word for s in signers for word in ("--key", keys[s].path)]
        subprocess.run([program, "sign", path, *chosen, "--out", out], check=True, capture_output=True)
        expect("bundle/good-by-mapi-rollout-%s.json" % name, "bundle", "trust/%s.json" % trust, "-", "-", "yes", "accept", "-")
        made = json.loads(decode(json.load(open(out))["payload"]))
        for envelope in made["policies"] + [made["safe"]]:
            put("good-by-mapi-rollout-%s-%s" % (name, json.loads(decode(envelope["payload"]))["stage"]), envelope, trust=trust)


# The earlier set: signed likewise, with payloads that are no policies.
EARLIER = """
good one unknown_field /note
good-and-a-stranger one unknown_field /note
good-spaced one unknown_field /note
good-header-members-in-other-order one unknown_field /note
good-bundle one type_mismatch /signatures/0/protected
good-two-keys one key_unknown /signatures
key-unknown one key_unknown /signatures
kid-of-another one signature_invalid /signatures/0
payload-changed one signature_invalid /signatures/0
alg-none one algorithm_refused /signatures/0/protected
alg-es384 one algorithm_refused /signatures/0/protected
alg-hs256 one algorithm_refused /signatures/0/protected
alg-missing one envelope_malformed /signatures/0/protected
type-jwt one type_mismatch /signatures/0/protected
kid-missing one envelope_malformed /signatures/0/protected
kid-short one envelope_malformed /signatures/0/protected
crit one envelope_malformed /signatures/0/protected
b64-false one envelope_malformed /signatures/0/protected
header-key-twice one envelope_malformed /signatures/0/protected
header-array one envelope_malformed /signatures/0/protected
header-no-json one envelope_malformed /signatures/0/protected
header-too-long one too_large /signatures/0/protected
unprotected-header one envelope_malformed /signatures/0/header
signature-der one envelope_malformed /signatures/0/signature
signature-padded one envelope_malformed /signatures/0/signature
signature-not-canonical one envelope_malformed /signatures/0/signature
payload-padded one envelope_malformed /payload
payload-empty one envelope_malformed /payload
payload-plain-base64 one envelope_malformed /payload
no-signatures one envelope_malformed /signatures
nine-signatures one too_large /signatures
flattened one envelope_malformed /protected
compact one json_syntax -
extra-member one envelope_malformed /note
member-twice one json_duplicate_key /payload
signatures-object one envelope_malformed /signatures
trailing-comma one json_syntax -
good-two-keys two-of-three unknown_field /note
good two-of-three signature_threshold /signatures
threshold-same-key-twice two-of-three signature_threshold /signatures
threshold-one-and-a-stranger two-of-three signature_threshold /signatures
second-signature-false two-of-three signature_invalid /signatures/2
key-unknown two-of-three key_unknown /signatures
"""


def earlier():
    for line in EARLIER.strip().split("\n"):
        name, trust, expected, pointer = line.split(" ")
        expect("envelope/%s.json" % name, "policy", "envelope/trust-%s.json" % trust, "-", "-",
               "yes" if expected == "unknown_field" else "no", expected, pointer)


def main():
    if len(sys.argv) != 2:
        sys.exit("make_envelopes.py: name the program mapi-rollout")
    for folder in ("envelope", "bundle", "trust"):
        os.makedirs(os.path.join(HERE, folder), exist_ok=True)
        for name in os.listdir(os.path.join(HERE, folder)):
            if name.endswith(".json") and (folder != "envelope" or name.startswith("policy-")):
                os.remove(os.path.join(HERE, folder, name))
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a", "b", "c", "stranger"):
            keys[name] = Key(folder, name)
        trust_documents()
        good_policies()
        forged_policies()
        unreadable_policies()
        untimely_policies()
        bundles()
        made_by_ourselves(sys.argv[1], folder)
    earlier()
    with open(os.path.join(HERE, "signed.tsv"), "w", encoding="ascii") as file:
        file.write("# file\tdocument\ttrust\tfloor\tmin_version\tverified\texpected\tpointer\n")
        for row in rows:
            file.write("\t".join(row) + "\n")


main()
