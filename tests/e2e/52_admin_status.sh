#!/bin/sh
# 52_admin_status.sh - status, users and devices as an administrator sees them: on a terminal, in a pipe, again and again.
#
# Natively, without Wine. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/admin.sh"
enter_network "$@"

ROLLOUT=gates-e2e
PLAN_TEMPLATE=$HARNESS_DIR/gates.json.in
MACHINES=24
need_files "$MR_SERVER" "$MR_ADMIN"
admin_begin
site_make
server_start
enroll_secret >enroll.secret

fleet() { # command, arguments...
    command=$1
    shift
    python3 "$HARNESS_DIR/gate_fleet.py" "$command" "$SERVER_URL" "$CA" "$@" || fail "the fleet: $command $*"
}

on_screen() { # COLUMNSxROWS, steps and command...
    python3 "$HARNESS_DIR/on_screen.py" "$@" >screen || {
        cat screen >"$WORK/log/screen.log"
        fail "on a screen: $*"
    }
}

publish 1
release observe
fleet enroll enroll.secret fleet "$MACHINES"
fleet report fleet 1001 unmanaged 1 "$MACHINES"
release hold-back
fleet report fleet 1002 compliant 1 12
fleet report fleet 1002 error 13 15
fleet report fleet 1002 blocked 16 17

# ---- status, once --------------------------------------------------------------------------------

done_well status
check "each stage has a bar" grep -q '^>  hold-back *1002 *\[############=*!!!*\.*\] *17 *70 % *block' out
check "and says what its signs mean" grep -q '^   # compliant   = under way   ! failing   - not managed$' out
check "who fails and why is counted, with an example" grep -q '^error *denied *3 *CONTOSO.user13 *PC-13$' out
check "and the commands that list them" grep -q "^all of them: mapi-rollout users --state error (3), or --state blocked (2)$" out
check "no colours and no other signs in a pipe" not_found '[^ -~]' out
done_well status --json
check "--json has all of it" python3 -c '
import json
d = json.load(open("out"))
assert d["rollout"]["gate"]["stage"] == "hold-back" and d["compliance"]["users"] == 24
assert [(f["state"], f["why"], f["users"]) for f in d["failing"]] == [("error", "denied", 3), ("blocked", "-", 2)]'

export TERM=xterm LC_ALL=C.UTF-8
RAW=raw on_screen 80x50 -- "$MR_ADMIN" status
check "colours on a terminal" found "$(printf '\033\\[3[12]m')" raw
check "blocks where the locale has them" found '█' screen
RAW=raw NO_COLOR=1 on_screen 80x50 -- "$MR_ADMIN" status
check "none of them with NO_COLOR" not_found "$(printf '\033')" raw
RAW=raw TERM=dumb on_screen 80x50 -- "$MR_ADMIN" status
check "none on a terminal that has none" not_found "$(printf '\033')" raw
LC_ALL=C on_screen 80x50 -- "$MR_ADMIN" status
check "ASCII where the locale has no more" not_found '[^ -~]' screen
on_screen 40x80 -- "$MR_ADMIN" status
say "ok: 40 columns are enough"

# ---- users and devices ---------------------------------------------------------------------------

done_well users --state error
check "a filter" equal "$(wc -l <out)" 4
check "and how many there are" equal "$(cat errors)" '3 users'
done_well users --limit 5
check "a limit, and that there may be more" equal "$(wc -l <out) $(cat errors)" '6 the first 5 users'
done_well users --text user13
check "a part of a name" grep -q 'user13 *PC-13 *- *- *error *denied' out
usage 'users --help' users --stat error
usage 'takes error, contested' users --state eror
usage '--limit takes a whole number' users --limit none
on_screen 80x50 -- "$MR_ADMIN" users --state error
check "a narrow terminal misses columns, and says which" grep -q '^3 users; not shown here: SID' screen
check "but not why" grep -q 'user13 *PC-13.*denied' screen
done_well devices
check "devices" equal "$(wc -l <out) $(cat errors)" "$((MACHINES + 1)) $MACHINES devices"
done_well devices PC-13
check "one machine by its name: policy" grep -q '^policy *version 1002$' out
check "and its users" grep -q 'CONTOSO.user13 *PC-13 *- *- *error *denied' out
id=$(sed -n 's/^device *//p' out)
done_well devices "$id" --json
check "by its id, for programs" python3 -c '
import json
d = json.load(open("out"))
assert d["device"]["name"] == "PC-13" and [u["account"] for u in d["users"]] == ["CONTOSO\\user13"]'
refused 'not_found: there is no device of the name "PC-99"' devices PC-99
refused 'not_found: ' devices 00000000000000000000000000000000
usage 'one device or filters' devices PC-13 --stale
done_well devices --host pc-13
check "filters" equal "$(wc -l <out)" 2

done_well devices --stale
check "nobody is stale" equal "$(wc -l <out)" 1
done_well users --stage hold-back
check "who has a stage in force" equal "$(wc -l <out)" 18
refused 'filter_value: stage may be observe, hold-back' users --stage nowhere

# ---- again and again -----------------------------------------------------------------------------

# What the steps below do while the command runs, as commands of their own.
cat >report <<END
exec python3 "$HARNESS_DIR/gate_fleet.py" report "$SERVER_URL" "$CA" fleet 1002 "\$@"
END
cat >stop <<END
kill $SERVER_PID
while [ -d /proc/$SERVER_PID ] && ! grep -q '^State:[[:space:]]*Z' /proc/$SERVER_PID/status; do sleep 0.05; done
END
# A server that this shell does not know of would not be ended by it.
cat >again <<END
"$MR_SERVER" --data "$SERVER_DATA" --listen 127.0.0.1:$SERVER_PORT --admin-listen 127.0.0.1:$ADMIN_PORT \
    --trust "$TRUST" --tls-cert "$CERT" --tls-key "$CERT_KEY" >again.out 2>>log/server.log </dev/null &
echo \$! >again.pid
END
on_screen 80x50 see='compliant 12' run='sh ./report compliant 18 20' see='compliant 15' gone='compliant 12' size=100x40 \
    run='sh ./stop' see='*** no answer: nobody answers' see='compliant 15' run='sh ./again' gone='no answer' \
    run='sh ./report compliant 21 22' see='compliant 17' int -- "$MR_ADMIN" status --watch 1
remember "$(cat again.pid)"
check "one picture stands there, the last one" equal "$(grep -c '^rollout' screen)" 1
check "and nothing below it" equal "$(tail -n 1 screen | cut -c 1-8)" '24 users'
on_screen 60x12 see='a taller window shows them' int -- "$MR_ADMIN" status --watch=1
say "ok: a window of 12 lines takes what fits"

at_least() { # lines, with these words, file
    [ "$(grep -c -- "$2" "$3")" -ge "$1" ]
}

WATCHED=
watch_into() { # file, arguments...
    into=$1
    shift
    "$MR_ADMIN" "$@" --watch 1 >"$into" 2>"$into.errors" </dev/null &
    WATCHED=$!
    remember "$WATCHED"
}

end_watch() {
    kill "$WATCHED"
    wait "$WATCHED" || fail "what watched ends with $?"
    say "ok: it ends well when it is told to"
}

watch_into lines status
until_ok 30 "elsewhere the picture comes once" grep -q '^24 users on 24 devices: compliant 17' lines
cp lines before
sh ./report idle 1 2
until_ok 30 "and then what changes" grep -Eq '^[-0-9]*T[:0-9]*Z  compliant 15 of 24$' lines
until_ok 30 "all of it" grep -Eq 'Z  idle 2 of 24$' lines
end_watch
check "and nothing else of the picture" equal "$(grep -c '^rollout' lines)" 1

watch_into users.lines users --state error
until_ok 30 "users who fail" grep -q '^3 users$' users.lines
sh ./report compliant 13 13
until_ok 30 "one of them is gone" grep -Eq 'Z  gone: S-1-5-21-1-2-3-1013 on ' users.lines
sh ./report error 14 14
sh ./report error 1 1
until_ok 30 "another one is there" grep -Eq 'Z  S-1-5-21-1-2-3-1001 .*  error  denied' users.lines
check "what did not change is not told again" equal "$(grep -c 1014 users.lines)" 1
end_watch

watch_into lines.json status --json
until_ok 30 "one object a line" at_least 3 compliance lines.json
end_watch
check "each of them whole" python3 -c '
import json
assert all(json.loads(line)["compliance"]["users"] == 24 for line in open("lines.json"))'

watch_into users.json users --json --state error
until_ok 30 "users as objects" at_least 3 sid users.json
sh ./report compliant 1 1
until_ok 30 "and who is gone" grep -q '"gone":"S-1-5-21-1-2-3-1001 on ' users.json
end_watch

usage '--watch takes a whole number from 1 to 3600' status --watch=0
refused 'unreachable: nobody answers' status --watch --server https://localhost:1

# ---- hold, resume, safe --------------------------------------------------------------------------

done_well hold --reason 'nobody is at the help desk'
has out 'the gates are held: hold-back (version 1002) stays until .mapi-rollout resume.'
done_well resume
has out '^the gates go on; gate of hold-back holds: '
refused 'rollout_mismatch at /confirm: the rollout of this server is not "gate-e2e"' safe --reason x --confirm gate-e2e
check "a wrong name is not put right" not_found "$ROLLOUT" errors
done_well safe --reason 'Outlook hangs' --confirm "$ROLLOUT"
has out 'the safe policy of gates-e2e is released: the brake is on'
has out 'a serial above 1: sign, publish, release'
refused 'mapi-rollout-server safe --data DIR --reason TEXT' safe --reason x --confirm "$ROLLOUT" --server https://localhost:1
has errors 'unreachable: nobody answers at'
done_well status
has out '^brake     on until a stage of a serial above 1 is released'

# ---- an older server, and one that goes away -----------------------------------------------------

end_process "$(cat again.pid)"
mkdir fake
cat >fake/rollout.json <<'END'
{"policy_etag": "0", "bundle_etag": "0"}
END
cat >fake/compliance.json <<'END'
{"users": 1, "devices": 1, "state": {"idle": 1}, "version": {}}
END
cat >fake/users.json <<'END'
{"users": [{"sid": "S-1-5-21-1", "state": "idle"}]}
END
cat >fake/devices.json <<'END'
{"devices": [{"device_id": "0123456789abcdef0123456789abcdef", "stale": false}]}
END
python3 "$HARNESS_DIR/fake_admin.py" fake 2>log/fake.log &
remember $!
until_true 20 test -s fake/port || fail "the played server does not start"
MAPI_ROLLOUT_SERVER=http://127.0.0.1:$(cat fake/port)
done_well status
check "an older server is understood" equal "$(tail -n 1 out)" '1 users on 1 devices: idle 1'
refused 'unsupported: this server does not know --state' users --state error
refused 'unsupported: this server does not know --stale' devices --stale
: >fake/log
refused 'unavailable: come again. Without the network, .* mapi-rollout-server safe' safe --reason x --confirm y
check "the brake asks nothing first" equal "$(cat fake/log)" 'connection
POST /v1/rollout/safe'
: >fake/log
watch_into old.lines status
until_ok 30 "several looks" at_least 4 /v1/rollout fake/log
check "over one connection" equal "$(grep -c connection fake/log)" 1
touch fake/away
until_ok 30 "a server that is busy is said to be" grep -q 'Z  \*\*\* no answer: come again' old.lines
: >fake/log
until_ok 60 "and is asked again" at_least 3 GET fake/log
rm fake/away
until_ok 90 "until it answers" grep -q 'Z  \*\*\* the server answers again' old.lines
check "that is said once" equal "$(grep -c 'no answer' old.lines)" 1
end_watch

# ---- completion ----------------------------------------------------------------------------------

unset MAPI_ROLLOUT_SERVER
done_well completion bash
cp out completion.bash
usage 'for bash only' completion fish
# Completes the last word, in bash, and prints what there is.
completes() { # words...
    bash -c '. ./completion.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mapi_rollout; printf "%s " "${COMPREPLY[@]}"' \
        bash mapi-rollout "$@"
}
: >a-plan.json
check "commands" equal "$(completes re)" 'release resume '
check "options" equal "$(completes users --st)" '--state --stage --stale '
check "words" equal "$(completes users --state comp)" 'compliant '
check "words behind =" equal "$(completes users --state = mism)" 'mismatch '
check "files" equal "$(completes check a-)" 'a-plan.json '
check "files behind options" equal "$(completes status --ca a-)" 'a-plan.json '
check "nothing behind a text" equal "$(completes hold --reason a)" ' '
check "a second word" equal "$(completes trust n)" 'new '
# Whatever a table of options has, the help of the command names; and nothing else.
options_of() { # command
    sed -n "s/^    $1) .*options+='\(.*\)' ;;\$/\1/p" completion.bash | tr ' ' '\n' | grep . | sort
}
for command in status users devices export hold safe; do
    for option in $(options_of "$command"); do
        run "$command" "$option"
        not_found 'has no option' errors || wrong "$command: the help names $option, and the command does not know it"
    done
    say "ok: $command knows what its help names"
done
grep -oh '\.name = "--[a-z-]*"' "$ROOT/admin/user_filter.h" "$ROOT/admin/watch.h" "$ROOT/admin/connection.h" \
    "$ROOT/admin/cmd_users.c" | grep -o -e '--[a-z-]*' | sort >known
options_of users >named
check "the help of users names all that there is" diff known named

passed
