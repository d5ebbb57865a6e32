#!/bin/sh
# 22_audit.sh - who changed what: every change that was answered is in the audit, kill -9 or not; a copy of it is
# verified offline, and whoever changes, drops, inserts or cuts off entries is found out.
#
# Natively, without Wine. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

ROUNDS=6
ROLLOUT=audit-e2e
native_begin "$MR_SERVER" "$MR_ADMIN"
site_make
server_start
: >"$WORK/heads"

# The heads in what a command said. On a slow disk the entry of a release is still on its way.
heads_of() { # file
    sed -n -e 's/ (an entry is still on its way: ask again)$//' \
        -e 's/^audit head \([0-9][0-9]* [0-9a-f]\{64\}\)$/\1/p' "$1"
}

# The head that a command prints, kept as an auditor would keep it.
order() { # subcommand, arguments...
    "$MR_ADMIN" "$@" >"$WORK/said" 2>>"$WORK/log/operator.log" || fail "mapi-rollout $*"
    head=$(heads_of "$WORK/said")
    [ -n "$head" ] || fail "mapi-rollout $1 prints no head: $(cat "$WORK/said")"
    printf '%s\n' "$head" >>"$WORK/heads"
}

nothing_is_pending() {
    "$MR_ADMIN" status --json 2>>"$WORK/log/operator.log" | grep -q '"pending":false'
}

copy() { # file
    rm -f "$1"
    "$MR_ADMIN" audit --json --out "$1" 2>>"$WORK/log/operator.log" || fail "mapi-rollout audit"
}

verify() { # arguments...
    "$MR_ADMIN" audit verify "$@" >"$WORK/said" 2>"$WORK/refused"
}

# Every head that was printed must be that entry of the copy.
heads_are_in() { # file
    while read -r number hash; do
        verify "$1" --head "$hash" || fail "head $number is not there: $(cat "$WORK/refused")"
        grep -q "the head that was given is entry $number;" "$WORK/said" || fail "head $number is another entry"
    done <"$WORK/heads"
}

refuses() { # words, arguments...
    words=$1
    shift
    ! verify "$@" || fail "'verify $*' finds nothing wrong"
    check "found out: $words" grep -q "$words" "$WORK/refused"
}

# A changed copy: what python makes of the list of lines.
forge() { # file, statement about lines
    python3 - "$WORK/copy.jsonl" "$1" "$2" <<'END' || fail "forge $2"
import json
import sys

with open(sys.argv[1], encoding="utf-8") as source:
    lines = [json.loads(line) for line in source]
exec(sys.argv[3])
with open(sys.argv[2], "w", encoding="utf-8") as out:
    for line in lines:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
END
}

# ---- every command that changes something prints where the audit ends ----------------------------

sign 1
order publish "$WORK/bundle-1.json"
order hold --reason 'not on a Friday'
order resume
order release observe --yes
order advance --yes
until_ok 30 "nothing is on its way" nothing_is_pending
order status
order status
check "status moves nothing" equal "$(tail -n 1 "$WORK/heads")" "$(tail -n 2 "$WORK/heads" | head -n 1)"
copy "$WORK/copy.jsonl"
heads_are_in "$WORK/copy.jsonl"
say "ok: all heads that were printed are in the copy"
"$MR_ADMIN" audit >"$WORK/table" || fail "the table"
check "the table says who, from where, what" grep -q 'token publisher .* 127.0.0.1 .* hold .*-> .*not on a Friday' \
    "$WORK/table"
check "the first entry is the token" grep -q '^1 .* local local uid [0-9]* .* - .* token_add ' "$WORK/table"
check "no secret is in it" lacks "$WORK/copy.jsonl" -F -f "$MAPI_ROLLOUT_TOKEN_FILE"
check "a file is never overwritten" sh -c "! '$MR_ADMIN' audit --json --out '$WORK/copy.jsonl' 2>/dev/null"

# ---- kills ---------------------------------------------------------------------------------------

# Orders one after the other; the server dies under one of them, each time under another one.
hammer() {
    while "$MR_ADMIN" hold --reason 'hammer' && "$MR_ADMIN" resume; do
        :
    done >>"$WORK/hammered" 2>/dev/null
}

orders() {
    wc -l <"$WORK/hammered"
}

has_orders() { # count
    [ "$(orders)" -ge "$1" ]
}

: >"$WORK/hammered"
round=1
while [ "$round" -le "$ROUNDS" ]; do
    hammer &
    hammering=$!
    remember "$hammering"
    until_true 30 has_orders $(($(orders) + 4 * round)) || fail "orders are not answered"
    server_kill
    wait "$hammering" || :
    server_start
    round=$((round + 1))
done
heads_of "$WORK/hammered" >>"$WORK/heads"
"$MR_SERVER" token add --data "$SERVER_DATA" --role viewer --name auditor >"$WORK/auditor.token" || fail "token add"
order status
copy "$WORK/copy.jsonl"
heads_are_in "$WORK/copy.jsonl"
check "$ROUNDS kills: all $(wc -l <"$WORK/heads") heads that were printed are in one whole chain" \
    verify "$WORK/copy.jsonl"
check "a viewer may read it, too" "$MR_ADMIN" audit --json --out "$WORK/viewed.jsonl" --token-file "$WORK/auditor.token"
check "and reads the same" cmp "$WORK/copy.jsonl" "$WORK/viewed.jsonl"

order safe --reason 'it hangs' --confirm "$ROLLOUT"
server_kill
server_start
order status
copy "$WORK/copy.jsonl"
heads_are_in "$WORK/copy.jsonl"
check "killed right after the brake: it has its entry, once" equal "$(grep -c '"what":"safe"' "$WORK/copy.jsonl")" 1
END=$(tail -n 1 "$WORK/heads" | cut -d' ' -f2)

# ---- forged copies -------------------------------------------------------------------------------

forge "$WORK/bad.jsonl" 'lines[4]["name"] = "somebody"'
refuses 'chain_broken .*line 5.*entry 5 does not fit' "$WORK/bad.jsonl"
forge "$WORK/bad.jsonl" 'lines[2]["at"] = "2026-01-01T00:00:00Z"'
refuses 'entry 3 does not fit' "$WORK/bad.jsonl"
forge "$WORK/bad.jsonl" 'lines[3]["hash"] = "0" * 64'
refuses 'entry 4 does not fit' "$WORK/bad.jsonl"
forge "$WORK/bad.jsonl" 'del lines[5]'
refuses 'entry 7 stands where entry 6 should' "$WORK/bad.jsonl"
forge "$WORK/bad.jsonl" 'del lines[0]'
refuses 'entry 2 stands where entry 1 should' "$WORK/bad.jsonl"
forge "$WORK/bad.jsonl" 'lines[3], lines[4] = lines[4], lines[3]'
refuses 'entry 5 stands where entry 4 should' "$WORK/bad.jsonl"
forge "$WORK/bad.jsonl" 'lines.insert(3, lines[3])'
refuses 'entry 4 stands where entry 5 should' "$WORK/bad.jsonl"
forge "$WORK/bad.jsonl" 'lines[1]["more"] = 1'
refuses 'unknown_field' "$WORK/bad.jsonl"
forge "$WORK/cut.jsonl" 'del lines[-1]'
check "cut off at the end it is whole in itself" verify "$WORK/cut.jsonl"
check "and says that it cannot know" grep -q 'only --head tells' "$WORK/said"
refuses 'chain_truncated' "$WORK/cut.jsonl" --head "$END"
forge "$WORK/cut.jsonl" 'lines.clear()'
refuses 'chain_truncated' "$WORK/cut.jsonl" --head "$END"
check "the true one has that head" verify "$WORK/copy.jsonl" --head "$END"
! verify "$WORK/copy.jsonl" --head 12 || fail "a head of two digits is taken"
check "a head is 64 digits" grep -q 'takes the 64 hexadecimal digits' "$WORK/refused"

# ---- a store that somebody changed ---------------------------------------------------------------

server_kill
python3 - "$SERVER_DATA/store.db" <<'END' || fail "changing the store"
import sqlite3
import sys

store = sqlite3.connect(sys.argv[1])
store.execute("DROP TRIGGER audit_entry_is_not_changed")
store.execute("UPDATE audit_entry SET name = 'somebody' WHERE number = 3")
store.commit()
END
server_start
copy "$WORK/copy.jsonl"
refuses 'entry 3 does not fit' "$WORK/copy.jsonl" --head "$END"
passed
