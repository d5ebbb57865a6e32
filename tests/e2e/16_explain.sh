#!/bin/sh
# 16_explain.sh - explain and simulate: the stored decisions, plans made by chance, and what people can do wrong.
#
# A second implementation of the decision (tests/data/make_decisions.py) says what must come out.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/admin.sh"
enter_network "$@"
admin_begin
DECISIONS=$ROOT/tests/data/decision
# More with MR_CHANCES.
CHANCES=${MR_CHANCES:-10}
decide() { python3 "$ROOT/tests/data/make_decisions.py" "$@"; }

stages_of() { # plan
    python3 -c 'import json, sys; print("\n".join([s["name"] for s in json.load(open(sys.argv[1]))["stages"]] + ["safe"]))' "$1"
}

explain_all() { # folder
    for stage in $(stages_of "$1/plan.json"); do
        done_well explain "$1/plan.json" --stage "$stage" --facts "$1/facts.jsonl" --json
        cmp -s out "$1/expected-$stage.jsonl" || {
            diff out "$1/expected-$stage.jsonl" | head -n 4 >&2
            fail "$1, stage $stage"
        }
    done
}

# ---- decisions -----------------------------------------------------------------------------------

(cd "$DECISIONS" && ls -d */ | tr -d /) >folders
check 'each folder is in folders.txt' cmp -s folders "$DECISIONS/folders.txt"
for folder in $(cat folders); do
    explain_all "$DECISIONS/$folder"
done
say "ok: the command decides as stored"
check 'the second implementation decides as stored' decide --check $(sed "s,^,$DECISIONS/," folders)

seed=1
while [ $seed -le $CHANCES ]; do
    python3 "$HARNESS_DIR/chance.py" $seed "chance-$seed" || fail "chance.py"
    decide "chance-$seed" || fail "make_decisions.py"
    explain_all "chance-$seed"
    seed=$((seed + 1))
done
say "ok: $CHANCES plans made by chance are decided alike"
[ "$(cat chance-*/expected-*.jsonl | grep -c '"set":"leave".*"unknown_fact"')" -gt 50 ] &&
    [ "$(cat chance-*/expected-*.jsonl | grep -c '"guard":"')" -gt 50 ] || fail "chance hardly reaches unknown facts and guards"

# ---- simulating ----------------------------------------------------------------------------------

# What simulate counts must be what explain says, user by user.
cat >count.py <<'END'
import collections, json, sys
folder = sys.argv[1]
plan = json.load(open(folder + "/plan.json"))
told = json.load(open("out"))
before = None
moved = []
for stage, row in zip([s["name"] for s in plan["stages"]] + ["safe"], told["stages"] + [told["safe"]]):
    lines = [json.loads(line) for line in open("%s/expected-%s.jsonl" % (folder, stage))]
    outcomes = ["unknown" if d["blocked_by"] == "unknown_fact" else d["set"] for d in lines]
    sets = [d["set"] for d in lines]
    assert row["stage"] == stage
    assert row["outcomes"] == dict(collections.Counter(outcomes)), (stage, row)
    assert row["unknown_facts"] == dict(collections.Counter(d["fact"] for d in lines if d["fact"])), (stage, row)
    assert row["blocked_by"] == dict(collections.Counter(
        d["blocked_by"] for d in lines if d["blocked_by"] not in (None, "unknown_fact"))), (stage, row)
    if stage != "safe":
        before = before or ["leave"] * len(lines)
        changed = sum(a != b for a, b in zip(before, sets))
        assert sum(c["users"] for c in row["changes"]) == changed, (stage, row)
        moved += [stage] * changed
        before = sets
assert told["users"] == len(lines)
assert sorted(json.loads(line)["stage"] for line in open("changes")) == sorted(moved)
END
for folder in chance-1 chance-2 chance-3 "$DECISIONS/rules" "$DECISIONS/guards-together"; do
    rm -f changes
    done_well simulate "$folder/plan.json" --facts "$folder/facts.jsonl" --changes changes --json
    python3 count.py "$folder" || fail "simulate does not count what explain says: $folder"
done
say "ok: simulate counts what explain says"
done_well simulate "$DECISIONS/rules/plan.json" --facts "$DECISIONS/rules/facts.jsonl"
has out '^rollout mapihttp-2026, serial 7, 4 users'
has out '^hold-back: 2 from leave to block'

# ---- from standard input, on a terminal ----------------------------------------------------------

"$MR_ADMIN" explain "$DECISIONS/rules/plan.json" --stage pilot --facts - --json <"$DECISIONS/rules/facts.jsonl" >out 2>errors
check 'facts come from standard input' cmp -s out "$DECISIONS/rules/expected-pilot.jsonl"
python3 - "$DECISIONS/rules/facts.jsonl" >many.jsonl <<'END'
import sys
lines = open(sys.argv[1]).read()
for _ in range(10000):
    sys.stdout.write(lines)
END
python3 "$HARNESS_DIR/on_terminal.py" '' "$MR_ADMIN" simulate "$DECISIONS/rules/plan.json" --facts many.jsonl >out ||
    fail 'simulate on a terminal'
has out '[0-9] users, [0-9.]* MB'
has out '40000 users'
done_well simulate "$DECISIONS/rules/plan.json" --facts many.jsonl
check 'elsewhere nothing is written over' test ! -s errors

# ---- what can be wrong ---------------------------------------------------------------------------

cp "$DECISIONS/rules/plan.json" plan.json
cp "$DECISIONS/rules/facts.jsonl" facts.jsonl
refused 'stage_unknown: .*there are empty, hold-back, .* safe' explain plan.json --stage nowhere --facts facts.jsonl
done_well explain plan.json --stage pilot --facts facts.jsonl --user S-1-5-21-1-2-3-1002
check 'only that user' equal "$(grep -c 'stage pilot' out)" 1
refused 'not_found: no line of facts.jsonl is about the user S-1-5-9' explain plan.json --stage pilot --facts facts.jsonl --user S-1-5-9
refused 'not_found: .*none.jsonl' explain plan.json --stage pilot --facts none.jsonl
: >empty.jsonl
refused 'not_found: empty.jsonl has no line' simulate plan.json --facts empty.jsonl
{ cat facts.jsonl; printf '\n{"user":{"sid":7}}\n'; } >bad.jsonl
refused 'wrong_type at /user/sid: bad.jsonl, line 6: ' simulate plan.json --facts bad.jsonl --changes half
check 'half a list of changes is not kept' test ! -e half
refused 'wrong_type at /user/sid: bad.jsonl, line 6: ' explain plan.json --stage safe --facts bad.jsonl
: >there
refused 'exists: .*there' simulate plan.json --facts facts.jsonl --changes there
refused 'missing_field at /safe' simulate "$ROOT/tests/data/json/plan/safe-missing.json" --facts facts.jsonl
usage 'simulate needs --facts FACTS.jsonl or --fleet' simulate plan.json
usage 'are two sources' simulate plan.json --fleet --facts facts.jsonl
usage '--changes needs --facts' simulate plan.json --fleet --changes who
usage 'a server is asked with --fleet only' simulate plan.json --facts facts.jsonl --server https://localhost:1
usage 'server' simulate plan.json --fleet
usage 'explain needs --stage' explain plan.json --facts facts.jsonl
passed
