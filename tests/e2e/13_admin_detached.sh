#!/bin/sh
# 13_admin_detached.sh - keys that stay where they are: OpenSSL signs what `sign --detached` writes, `attach` takes it.
#
# Natively, without Wine: MR_ADMIN is the command; openssl(1) stands for the device with the key.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/admin.sh"
admin_begin

for name in one two stranger; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$name.pem" 2>log/openssl.log &&
        openssl pkey -in "$name.pem" -pubout -out "$name.pub.pem" || fail 'no key of openssl'
done
done_well init site --rollout cli-test
plan=site/plan.json
done_well trust new --key one.pub.pem --rollout cli-test --out one.json
done_well trust new --key one.pub.pem --key two.pub.pem --threshold 2 --rollout cli-test --out both.json
kid_of() { # trust file of one key
    "$MR_ADMIN" trust show "$1" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["kids"][0])'
}
one=$(kid_of one.json)

# What the manual says to do: each file of a folder, by openssl.
sign_files() { # folder, key, end of the names
    for file in "$1"/*."$3"; do
        openssl dgst -sha256 -sign "$2" -out "$file.sig" "$file" || fail "openssl signs $file"
    done
}

# ---- one key, by files ---------------------------------------------------------------------------

done_well sign "$plan" --detached --key one.pub.pem --out round1.json --files round1
has out 'round 1 of 2: rollout cli-test, serial 1, 6 signatures of 1 keys'
check 'a file for each policy' equal "$(ls round1 | wc -l)" 6
sign_files round1 one.pem "$one"
done_well attach round1.json round1 --out round2.json --files round2
has out 'round 2 of 2: .* 1 signatures'
sign_files round2 one.pem "$one"
done_well attach round2.json round2 --out bundle.json
has out "by     $one"
done_well verify bundle.json --trust one.json
has out 'observe .*accepted'
has out 'safe .*accepted'

# The device drew random numbers, `sign` does not; all else must be equal.
done_well sign "$plan" --key one.pem --out signed.json
python3 - <<'END' || fail 'the payloads are those of sign, byte for byte'
import base64, json
def decode(text): return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
def payloads(path):
    bundle = json.loads(decode(json.load(open(path))["payload"]))
    envelopes = bundle.pop("policies") + [bundle.pop("safe")]
    return [json.dumps(bundle)] + [e["payload"] for e in envelopes] + [s["protected"] for e in envelopes for s in e["signatures"]]
assert payloads("bundle.json") == payloads("signed.json") and len(payloads("bundle.json")) == 13
END
say 'ok: the payloads are those of sign, byte for byte'
cp round1.json again.json
done_well sign "$plan" --detached --key one.pub.pem --out again.json
check 'the same plan and key give the same file' cmp round1.json again.json
check 'sha256 is the digest of the file to sign' equal "$(sed -n 's/^{"item":"1001[^"]*","sha256":"\([0-9a-f]*\)".*/\1/p' round1.json)" \
    "$(openssl dgst -sha256 -r "round1/1001.$one" | cut -d' ' -f1)"

# ---- two keys at two places, by JSON -------------------------------------------------------------

# A device that gets digests and answers in JSON: DER in base64, or r||s in base64url, as asked.
answer() { # to-sign file, key name, form, out
    python3 - "$@" <<'END' || fail "an answer of $2"
import base64, json, subprocess, sys
to_sign, name, form, out = sys.argv[1:]
kids = [k["kid"] for k in json.load(open(to_sign))["keys"]]
kid = kids[0 if name == "one" else 1]
signatures = {}
for document in json.load(open(to_sign))["documents"]:
    for item in document["signatures"]:
        if not item["item"].endswith("." + kid):
            continue
        open("digest", "wb").write(bytes.fromhex(item["sha256"]))
        der = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", name + ".pem", "-in", "digest", "-pkeyopt", "digest:sha256"],
                             check=True, capture_output=True).stdout
        n = der[3]
        r, s = der[4:4 + n], der[6 + n:]
        raw = r.lstrip(b"\0").rjust(32, b"\0") + s.lstrip(b"\0").rjust(32, b"\0")
        signatures[item["item"]] = (base64.b64encode(der) if form == "der" else base64.urlsafe_b64encode(raw).rstrip(b"=")).decode()
json.dump({"format": "mapi-rollout/signatures/1", "signatures": signatures}, open(out, "w"))
END
}

done_well sign "$plan" --detached --key one.pub.pem --key two.pub.pem --through pilot --out both1.json --json
python3 -c 'import json; o = json.load(open("out")); assert o["to_sign"] == "policies" and len(o["items"]) == 2 * len(set(i[:4] for i in o["items"])) == 8, o' ||
    wrong 'sign --detached --json'
answer both1.json one der a1.json
answer both1.json two raw a2.json
refused 'missing_field at /documents/0/signatures/1: there is no answer for 1001\.' attach both1.json a1.json --out both2.json
check 'nothing is written then' test ! -e both2.json
done_well attach both1.json a1.json --also a2.json --out both2.json
answer both2.json one raw b1.json
answer both2.json two der b2.json
done_well attach both2.json b2.json --also b1.json --out both-bundle.json --json
python3 -c 'import json; o = json.load(open("out")); assert o["bundle"] is True and len(o["signers"]) == 2, o' || wrong 'attach --json'
done_well verify both-bundle.json --trust both.json
has out 'pilot '
check 'what is behind --through is not there' test -z "$(grep everyone out)"
done_well verify both-bundle.json --trust one.json
refused 'signature_threshold' verify bundle.json --trust both.json

# ---- what is refused -----------------------------------------------------------------------------

# Each change to good answers or a good file: code and place, and no file.
change() { # file, statement in Python on the document d, out
    python3 -c "import json, sys
d = json.load(open(sys.argv[1]))
$2
json.dump(d, open(sys.argv[3], 'w'))" "$1" "$2" "$3" || fail "change: $2"
}
refused_attach() { # code and place, to-sign file, answers...
    words=$1
    shift
    refused "$words" attach "$@" --out never.json
    check 'nothing is written' test ! -e never.json
}
first='k = sorted(d["signatures"])[0]'
change b1.json "$first; d['signatures'][k] = 'AAAA' + d['signatures'][k][4:]" bad.json
refused_attach 'signature_invalid at /documents/0/signatures/0: ' both2.json bad.json
change b1.json "$first; d['signatures'][k] = 'no signature'" bad.json
refused_attach 'envelope_malformed at /documents/0/signatures/0: ' both2.json bad.json
change b1.json "d['signatures']['bundle.nobody'] = 'AAAA'" bad.json
refused_attach 'unknown_field at /signatures/bundle.nobody: ' both2.json bad.json
change b1.json "d['format'] = 'mapi-rollout/signatures/2'" bad.json
refused_attach 'out_of_range at /format: ' both2.json bad.json
openssl dgst -sha256 -sign stranger.pem -out "round2/bundle.$one.sig" "round2/bundle.$one"
refused_attach 'signature_invalid at /documents/0/signatures/0: ' round2.json round2
rm "round2/bundle.$one.sig"
refused_attach 'missing_field at /documents/0/signatures/0: ' round2.json round2
refused_attach 'unknown_field at /signatures/bundle\.' both1.json b1.json
refused_attach 'not_found' both1.json no-such-file
change round2.json "d['documents'][0]['payload'] = d['documents'][0]['payload'][:-4] + 'AAAA'" bad.json
refused_attach 'out_of_range at /documents/0/signatures/0: ' bad.json round2
change round2.json "d['round'] = 'policies'" bad.json
refused_attach 'out_of_range at /documents: ' bad.json round2
change round2.json "d['keys'][0]['kid'] = 'x'" bad.json
refused_attach 'key_unknown at /keys/0: ' bad.json round2
refused_attach 'json_syntax' one.pem round2
refused 'is a private key' sign "$plan" --detached --key one.pem --out never.json
refused 'duplicate_name' sign "$plan" --detached --key one.pub.pem --key one.pub.pem --out never.json
refused 'stage_unknown' sign "$plan" --detached --key one.pub.pem --through nowhere --out never.json
usage 'sign needs --key' sign "$plan" --detached --out never.json
usage '\-\-files is for --detached' sign "$plan" --key one.pem --files never --out never.json
usage 'have no passphrase' sign "$plan" --detached --key one.pub.pem --passphrase-file one.pem --out never.json
usage 'attach needs SIGNATURES' attach round2.json --out never.json
check 'nothing is written' test ! -e never.json -a ! -e never
passed
