#!/bin/sh
# 15_admin_jose.sh - an unrelated JOSE implementation verifies what we sign, and we verify what it signs.
#
# Natively, without Wine: MR_ADMIN is the command; tests/js/jose.js speaks for the npm package `jose`.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/admin.sh"
admin_begin
export NODE_PATH="${NODE_PATH:-$ROOT/build/node_modules}"
[ -e "$NODE_PATH/jose/package.json" ] || fail "there is no $NODE_PATH/jose: ./run setup fetches it"

jose() { # arguments...
    node "$ROOT/tests/js/jose.js" "$@" >out 2>errors
}

# One key of ours, one of theirs; both in one trust file.
done_well init site --rollout cli-test
done_well keygen --out ours.pem --no-passphrase --json
ours=$(python3 -c 'import json; print(json.load(open("out"))["kid"])')
jose keygen theirs || wrong 'a key by jose'
theirs=$(cat out)
done_well trust new --key ours.pub.pem --key theirs.pub.pem --threshold 2 --rollout cli-test --out trust.json
done_well trust show trust.json --json
check 'thumbprints are the same on both sides' equal \
    "$(python3 -c 'import json; print(*json.load(open("out"))["kids"])')" "$ours $theirs"

done_well sign site/plan.json --key ours.pem --key theirs.pem --out bundle.json
jose verify trust.json bundle.json || wrong 'jose refuses what we signed'
check 'jose verifies our bundle and its 6 policies by both keys' equal "$(cat out)" \
    "{\"kids\":[\"$ours\",\"$theirs\"],\"envelopes\":7}"

jose sign bundle.json theirs.pem ours.pem || wrong 'jose signs'
cp out by-jose.json
check 'it is another file' test "$(cksum <by-jose.json)" != "$(cksum <bundle.json)"
done_well verify by-jose.json --trust trust.json
has out '^bundle of rollout cli-test, signed by key 1,2; 2 of 2'
has out '^1001  *observe  *1,2 .*accepted'
has out '^1999  *safe  *1,2 .*accepted'
done_well verify by-jose.json --trust trust.json --json
python3 - "$ours" "$theirs" <<'END' || wrong 'who signed, by jose'
import json, sys
o = json.load(open("out"))
assert all(sorted(p["signers"]) == sorted(sys.argv[1:]) and not p["strangers"] for p in o["policies"] + [o]), o
END

# One signer of two is refused on both sides.
jose sign bundle.json theirs.pem || wrong 'jose signs with one key'
cp out by-one.json
refused 'signature_threshold at /signatures' verify by-one.json --trust trust.json
jose verify trust.json by-one.json && wrong 'jose takes what one of two signed'
has errors 'JWSSignatureVerificationFailed'
say 'ok: one of two signers is refused by both'
passed
