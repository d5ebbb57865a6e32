#!/bin/sh
# 53_admin_export.sh - the admin command exports users: whole or not at all, in bounded memory, for the owner alone.
#
# Natively, without Wine. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/admin.sh"
enter_network "$@"

ROLLOUT=gates-e2e
need_files "$MR_SERVER" "$MR_ADMIN"
admin_begin
umask 022

# ---- a server that is played ---------------------------------------------------------------------

mkdir fake
printf 'operator\n' >token
python3 "$HARNESS_DIR/fake_admin.py" fake 2>log/fake.log &
remember $!
until_true 20 test -s fake/port || fail "the played server does not start"
MAPI_ROLLOUT_SERVER=http://127.0.0.1:$(cat fake/port)
MAPI_ROLLOUT_TOKEN_FILE=$WORK/token
export MAPI_ROLLOUT_SERVER MAPI_ROLLOUT_TOKEN_FILE

# Nothing but what was there before: no half of it, under no name.
nothing_left() {
    [ "$(echo x.csv*)" = 'x.csv*' ] || wrong "something is left behind: $(echo x.csv*)"
    say "ok: nothing is left behind"
}

echo whole 1 >fake/export
done_well export --out x.csv
check "a row with line ends in quotes is one user" grep -q '^exported [0-9]* users ([0-9]* bytes) to x.csv$' out
rows=$(sed -n 's/^exported \([0-9]*\) .*/\1/p' out)
check "as many as there are" equal "$rows" "$(python3 -c '
import csv, io
text = open("x.csv", encoding="utf-8-sig", newline="").read()
print(len(list(csv.reader(io.StringIO(text)))) - 1)')"
check "it is for the owner alone" equal "$(stat -c %a x.csv)" 600
refused 'exists: x.csv is there already' export --out x.csv
check "and the server was not asked" equal "$(grep -c 'GET /v1/reports.csv' fake/log)" 1
done_well export --out x.csv --force --json
check "--json says how many" grep -q "\"users\":$rows," out
rm x.csv
done_well export --out - --ring 'a b&c' --state error
check "- is standard output, and nothing else is on it" equal "$(head -c 3 out | od -An -tx1 | tr -d ' ')" efbbbf
check "filters go to the server, escaped" grep -q 'GET /v1/reports.csv?state=error&ring=a%20b%26c$' fake/log
usage 'takes error, contested' export --out x.csv --state eror
usage '--format takes csv or jsonl' export --out x.csv --format xml
usage 'export needs --out' export
refused 'not_found: cannot create' export --out no/such/x.csv

echo cut >fake/export
refused 'unreachable: the answer of .* was cut in the middle' export --out x.csv
nothing_left
echo kept >x.csv
refused 'unreachable: the answer of .* was cut in the middle' export --out x.csv --force
check "what was there before is as it was" equal "$(cat x.csv*)" kept
rm x.csv
echo unmarked >fake/export
refused 'io: nothing says where the answer of .* ends' export --out x.csv
nothing_left
echo page >fake/export
refused 'io: the server answered with text/html, not with text/csv' export --out x.csv
nothing_left
echo busy >fake/export
refused 'unavailable: come again' export --out x.csv
nothing_left

# Ctrl-C in the middle.
echo slow >fake/export
typed=$(python3 "$HARNESS_DIR/on_screen.py" 80x24 "run=until ls x.csv.*.part >/dev/null 2>&1; do sleep 0.05; done" \
    int -- "$MR_ADMIN" export --out x.csv) && fail "an interrupted export says that it is done: $typed"
case $typed in
*'cancelled: interrupted'*) say "ok: Ctrl-C ends it and says so" ;;
*) fail "Ctrl-C: $typed" ;;
esac
nothing_left

# A disk that is full.
if [ -w /dev/full ]; then
    echo whole 1 >fake/export
    "$MR_ADMIN" export --out - >/dev/full 2>errors && fail "a full disk is not noticed"
    check "a full disk is told" grep -q 'cannot write the output' errors
fi

# Much more than what is kept of it.
echo whole 100 >fake/export
python3 -c '
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)' "$MR_ADMIN" export --out large.csv >peak || fail "exporting 100 MB"
check "all of it is there" test "$(stat -c %s large.csv)" -gt 99000000
check "100 MB go through less than 80 MB of memory" test "$(cat peak)" -lt 80000
rm large.csv

cat >fake/users.json <<'END'
{"users": [{"sid": "S-1-5-21-1", "state": "error", "ring": "pilot"}, {"sid": "S-1-5-21-2", "state": "idle"}], "next": null}
END
refused 'unsupported: this server does not know --state' export --out x.csv --format jsonl --state error
nothing_left
done_well export --out x.csv --format jsonl
check "JSON lines: one user each" equal "$(python3 -c '
import json; print([json.loads(line)["sid"] for line in open("x.csv")])')" "['S-1-5-21-1', 'S-1-5-21-2']"
rm x.csv

# ---- the real one --------------------------------------------------------------------------------

site_make
server_start
enroll_secret >enroll.secret
python3 "$HARNESS_DIR/gate_fleet.py" enroll "$SERVER_URL" "$CA" enroll.secret fleet 30 || fail "enrolling"
python3 "$HARNESS_DIR/gate_fleet.py" report "$SERVER_URL" "$CA" fleet 1001 compliant 1 20 || fail "reporting"
python3 "$HARNESS_DIR/gate_fleet.py" report "$SERVER_URL" "$CA" fleet 1001 error 21 30 || fail "reporting"
done_well export --out all.jsonl --format jsonl
check "all 30 as JSON lines" equal "$(wc -l <all.jsonl)" 30
done_well export --out errors.jsonl --format jsonl --state error
check "ten of them fail" equal "$(wc -l <errors.jsonl)" 10
done_well export --out all.csv
has out 'exported 30 users'
check "all 30 as CSV" equal "$(python3 -c '
import csv
print(len({tuple(row) for row in csv.reader(open("all.csv", encoding="utf-8-sig", newline=""))}))')" 31
done_well export --out errors.csv --state error
has out 'exported 10 users'
server_token viewer >viewer.token
done_well export --out viewer.csv --token-file viewer.token
printf 'not-a-token\n' >wrong.token
refused 'unauthorized: ' export --out x.csv --token-file wrong.token
nothing_left

passed
