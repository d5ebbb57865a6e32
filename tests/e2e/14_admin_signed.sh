#!/bin/sh
# 14_admin_signed.sh - every row of tests/data/signed.tsv through the admin command: code, place and exit status.
#
# Natively, without Wine: MR_ADMIN is the command.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/admin.sh"
admin_begin

data=$ROOT/tests/data
tab=$(printf '\t')
count=0
skipped=0

# What the command must print for a row that is refused.
line_of() { # code, pointer
    if [ "$2" = - ]; then echo "^mapi-rollout: $1: "; else echo "^mapi-rollout: $1 at $2: "; fi
}

while IFS=$tab read -r file document trust floor least verified expected pointer; do
    case $file in \#*) continue ;; esac
    # The command takes policies and bundles alike: that mismatch is none to it.
    case $expected:$pointer in type_mismatch:/signatures/*) skipped=$((skipped + 1)) && continue ;; esac
    set -- verify "$data/$file" --trust "$data/$trust"
    [ "$floor" = - ] || set -- "$@" --floor "$floor"
    [ "$least" = - ] || set -- "$@" --min-version "$least"
    if [ "$document" = trust ]; then
        set -- trust show "$data/$file"
        [ "$trust" = - ] || set -- "$@" --replaces "$data/$trust"
    fi
    run "$@"
    count=$((count + 1))
    case $document:$expected in
    trust:accept | trust:no_change)
        [ "$code" = 0 ] || wrong "$* gives $code"
        [ "$trust" = - ] || case $expected in accept) has out '^replaces .* taken' ;; *) has out '^replaces .* no change' ;; esac
        ;;
    *:accept)
        [ "$code" = 0 ] || wrong "$* gives $code"
        has out ' accepted$'
        ;;
    *:no_change)
        [ "$code" = 0 ] || wrong "$* gives $code"
        has out ' no change$'
        ;;
    *)
        [ "$code" = 1 ] || wrong "$* gives $code, should be refused"
        [ "$(wc -l <errors)" = 1 ] || wrong "$*: not one line on standard error"
        has errors "$(line_of "$expected" "$pointer")"
        # Of what is not genuine nothing is shown.
        [ "$verified" != no ] || [ ! -s out ] || wrong "$* shows what is not genuine"
        ;;
    esac
done <"$data/signed.tsv"
check 'there were rows' test "$count" -ge 190 -a "$skipped" -le 8
say "ok: $count rows, $skipped of another type"

# What `verify` says besides: who signed, at which moment, and whether that is known already.
done_well verify "$data/bundle/good-and-a-stranger.json" --trust "$data/trust/one.json"
has out '^key 1 .*trusted, its signatures hold'
has out '^key 2 .*a stranger, does not count'
has out '^7001  *pilot  *1 (2) .*accepted'
done_well verify "$data/bundle/good-two-signers.json" --trust "$data/trust/two-of-three.json" --json --floor 7001
python3 - <<'END' || wrong 'verify --json'
import json
o = json.load(open("out"))
assert len(o["signers"]) == 2 and o["strangers"] == [] and o["threshold"] == 2, o
assert [(p["version"], p["accepted"], p["no_change"]) for p in o["policies"]] == [(7001, True, True), (7002, True, False), (7999, True, False)], o
assert all(sorted(p["signers"]) == sorted(o["signers"]) for p in o["policies"]), o
END
refused 'expired at /expires_at' verify "$data/bundle/good.json" --trust "$data/trust/one.json" --at 2100-01-01T00:00:00Z
refused 'issued_in_future at /issued_at' verify "$data/bundle/good.json" --trust "$data/trust/one.json" --at 2025-01-01T00:00:00Z
has out '^7999  *safe .* accepted$'
refused 'not_yet' verify "$data/envelope/policy-good-everything.json" --trust "$data/trust/one.json" --at 2026-01-31T23:59:59Z
done_well verify "$data/envelope/policy-good-everything.json" --trust "$data/trust/one.json" --at 2026-02-01T00:00:00Z
usage '\-\-at takes a time' verify "$data/bundle/good.json" --trust "$data/trust/one.json" --at tomorrow
usage '\-\-floor takes VERSION or VERSION:DIGEST' verify "$data/bundle/good.json" --trust "$data/trust/one.json" --floor 7001:abc
usage '\-\-floor takes a whole number' verify "$data/bundle/good.json" --trust "$data/trust/one.json" --floor x
usage '\-\-min-version takes a whole number' verify "$data/bundle/good.json" --trust "$data/trust/one.json" --min-version 9000000999999
done_well trust show "$data/trust/version-2.json" --replaces "$data/trust/one.json" --json
python3 -c 'import json; assert json.load(open("out"))["change"] == "taken"' || wrong 'trust show --json'
refused 'json_syntax: the trust that is here: ' trust show "$data/trust/version-2.json" --replaces "$HARNESS_DIR/harness.sh"
passed
