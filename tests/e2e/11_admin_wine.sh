#!/bin/sh
# 11_admin_wine.sh - the admin command as a Windows program: plans, files, names in UTF-8, and the native server.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

: "${MR_ADMIN_EXE:=$ROOT/dist/windows/mapi-rollout.exe}"
need_files "$MR_SERVER" "$MR_ADMIN" "$MR_ADMIN_EXE" "$MR_WINE_TEMPLATE/system.reg"
DATA_DIR=/nonexistent
trap harness_end EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
WORK=$(wine_scratch)
PREFIX=$WORK/prefix
mkdir "$WORK/log"
wine_clone "$PREFIX"
wine_keep || fail "Wine's server does not start"
DRIVE=$PREFIX/drive_c/mr
mkdir "$DRIVE"
cp "$MR_ADMIN_EXE" "$DRIVE/mapi-rollout.exe"
cd "$DRIVE" || exit 1

# The Windows program in its own directory; output in out, errors in errors, exit code in code.
run() { # arguments...
    wine_quiet 'C:\mr\mapi-rollout.exe' "$@" >"$WORK/out" 2>"$WORK/errors.crlf"
    code=$?
    tr -d '\r' <"$WORK/errors.crlf" >"$WORK/errors"
}

wrong() { # sentence
    cat "$WORK/out" "$WORK/errors" >"$WORK/log/said.log"
    fail "$*"
}

gives() { # exit code, words in output or errors, arguments...
    expected=$1
    words=$2
    shift 2
    run "$@"
    [ "$code" = "$expected" ] || wrong "mapi-rollout.exe $* gives $code, should give $expected"
    grep -q -- "$words" "$WORK/out" "$WORK/errors" || wrong "mapi-rollout.exe $* does not say '$words'"
    say "ok: mapi-rollout.exe $1: $words"
}

gives 0 '^mapi-rollout [0-9]' --version
gives 0 'What comes next' init 'C:\mr\site' --host localhost --rollout wine-test
gives 1 'exists: ' init 'C:\mr\site'
gives 0 'is good' check 'C:\mr\site\plan.json'
cp site/plan.json 'plän-日本.json'
gives 0 'plän-日本.json is good' check 'C:\mr\plän-日本.json'
sed 's/"otherwise": "leave"/"otherwise": "nothing"/' site/plan.json >bad.json
gives 1 'out_of_range at /stages/0/otherwise' check 'C:\mr\bad.json'
gives 1 'not_found: ' check 'C:\mr\no-such.json'
gives 2 'check needs PLAN.json' check
printf 'correct horse\r\n' >passphrase
gives 0 'key id' keygen --out 'C:\mr\ops.pem' --passphrase-file 'C:\mr\passphrase'
check 'a passphrase file with a Windows line end means the same to openssl' \
    openssl pkey -in ops.pem -passin 'pass:correct horse' -noout
gives 0 'key ' trust new --key 'C:\mr\ops.pub.pem' --rollout wine-test --out 'C:\mr\trust.json'
gives 0 'signed ' sign 'C:\mr\site\plan.json' --key 'C:\mr\ops.pem' --passphrase-file 'C:\mr\passphrase' \
    --out 'C:\mr\bundle.json'
gives 0 'observe .*accepted' verify 'C:\mr\bundle.json' --trust 'C:\mr\trust.json'
check 'the native command takes what the Windows one signed' \
    "$MR_ADMIN" verify bundle.json --trust trust.json >"$WORK/log/native.log"

# ---- deciding, without keys ----------------------------------------------------------------------

cp "$ROOT/tests/data/decision/rules/"*.json* .
gives 0 'so: block, because no rule matches' explain 'C:\mr\plan.json' --stage hold-back --facts 'C:\mr\facts.jsonl'
run explain 'C:\mr\plan.json' --stage pilot --facts 'C:\mr\facts.jsonl' --json
check 'the Windows command decides as stored' cmp "$WORK/out" expected-pilot.jsonl
gives 0 'hold-back: 2 from leave to block' simulate 'C:\mr\plan.json' --facts 'C:\mr\facts.jsonl' --changes 'C:\mr\wär-ändert.jsonl'
check 'who changes stands in a file with any name' test "$(wc -l <'wär-ändert.jsonl')" -gt 4
gives 1 'exists: ' simulate 'C:\mr\plan.json' --facts 'C:\mr\facts.jsonl' --changes 'C:\mr\wär-ändert.jsonl'

# ---- keys that stay where they are: the answers of openssl, in files -----------------------------

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out hsm.pem 2>"$WORK/log/openssl.log" &&
    openssl pkey -in hsm.pem -pubout -out hsm.pub.pem || fail 'no key of openssl'
answer() { # folder
    for file in "$1"/*; do openssl dgst -sha256 -sign hsm.pem -out "$file.sig" "$file" || fail "openssl signs $file"; done
}
gives 0 'version  *2' trust new --key 'C:\mr\hsm.pub.pem' --rollout wine-test --version 2 --out 'C:\mr\hsm-trust.json'
gives 0 'replaces .*taken' trust show 'C:\mr\hsm-trust.json' --replaces 'C:\mr\trust.json'
gives 1 'trust_rollback at /version' trust show 'C:\mr\trust.json' --replaces 'C:\mr\hsm-trust.json'
gives 0 'round 1 of 2' sign 'C:\mr\site\plan.json' --detached --key 'C:\mr\hsm.pub.pem' --out 'C:\mr\one.json' \
    --files 'C:\mr\one'
answer one
gives 0 'round 2 of 2' attach 'C:\mr\one.json' 'C:\mr\one' --out 'C:\mr\two.json' --files 'C:\mr\two'
gives 1 'missing_field at /documents/0/signatures/0' attach 'C:\mr\two.json' 'C:\mr\two' --out 'C:\mr\never.json'
gives 1 'not_found: ' attach 'C:\mr\two.json' 'C:\mr\no-such-file' --out 'C:\mr\never.json'
answer two
gives 0 'signed ' attach 'C:\mr\two.json' 'C:\mr\two' --out 'C:\mr\attached.json'
gives 0 'observe .*accepted' verify 'C:\mr\attached.json' --trust 'C:\mr\hsm-trust.json' --floor 1000
check 'what is refused writes nothing' test ! -e never.json
"$MR_ADMIN" sign site/plan.json --detached --key hsm.pub.pem --out native-one.json >"$WORK/log/native.log" 2>&1 || fail 'sign --detached'
check 'the native command writes the same to-sign file' cmp one.json native-one.json

# ---- the native server ---------------------------------------------------------------------------

ROLLOUT=wine-test
site_make
server_start
cp "$CA" ca.pem
cp "$MAPI_ROLLOUT_TOKEN_FILE" token
unset MAPI_ROLLOUT_CA MAPI_ROLLOUT_TOKEN_FILE
set -- --server "$MAPI_ROLLOUT_SERVER" --ca 'C:\mr\ca.pem' --token-file 'C:\mr\token'
gives 0 'released  nothing yet' status "$@"
plan_write plan-1.json 1
"$MR_ADMIN" sign plan-1.json --key "$SIGNING_KEY" --out bundle-1.json >"$WORK/log/native.log" 2>&1 || fail 'sign'
gives 0 'stored serial 1' publish 'C:\mr\bundle-1.json' "$@"
gives 2 'give --yes' release observe "$@"
gives 0 'released observe (version 1001)' release observe --yes "$@"
gives 0 '> *observe *1001' status "$@"
gives 0 '"compliance":' status --json "$@"
gives 0 '^SID ' users "$@"
gives 0 '^0 users' users "$@"
gives 0 '^0 devices' devices "$@"
gives 0 'exported 0 users' export --out 'C:\mr\alle Benützer.jsonl' --format jsonl "$@"
check 'an export has its name' test -e 'alle Benützer.jsonl'
gives 1 'exists: ' export --out 'C:\mr\alle Benützer.jsonl' --format jsonl "$@"
gives 0 'exported 0 users' export --out 'C:\mr\alle Benützer.jsonl' --format jsonl --force "$@"
check 'and no part is left' equal "$(find . -name '*.part')" ''
run completion bash
"$MR_ADMIN" completion bash >native.bash
check 'the same words are completed' cmp "$WORK/out" native.bash

# ---- a console -----------------------------------------------------------------------------------

on_screen() { # COLUMNSxROWS, steps, --, arguments...
    python3 "$HARNESS_DIR/on_screen.py" "$@" >"$WORK/log/screen.log" || fail "on a console: $*"
}
on_screen 160x40 -- "$MR_WINE" 'C:\mr\mapi-rollout.exe' status "$@"
check 'a console shows blocks' grep -q '^> *observe *1001 *\[░░' "$WORK/log/screen.log"
RAW=$WORK/raw on_screen 160x40 -- "$MR_WINE" 'C:\mr\mapi-rollout.exe' status "$@"
check 'and colours' grep -q "$(printf '\033\\[1m')rollout" "$WORK/raw"
RAW=$WORK/raw NO_COLOR=1 on_screen 160x40 -- "$MR_WINE" 'C:\mr\mapi-rollout.exe' status "$@"
check 'if they are wanted' test -z "$(grep "$(printf '\033\\[1m')" "$WORK/raw")"
# Wide: Wine counts the escape sequences, too, where it breaks lines.
on_screen 160x40 see='every 1 s' int -- "$MR_WINE" 'C:\mr\mapi-rollout.exe' status --watch 1 "$@"
check 'Ctrl-C ends a watch well, with one picture' equal "$(grep -c '^rollout' "$WORK/log/screen.log")" 1

# ---- what goes wrong -----------------------------------------------------------------------------

gives 1 'denied: .* not from a CA that is trusted here' status --server "$MAPI_ROLLOUT_SERVER" \
    --ca 'C:\mr\site\ca.pem' --token-file 'C:\mr\token'
printf 'not-a-token\n' >wrong.token
gives 1 'unauthorized: ' status --server "$MAPI_ROLLOUT_SERVER" --ca 'C:\mr\ca.pem' --token-file 'C:\mr\wrong.token'
gives 1 'denied: .* not from a CA that is trusted here' status --server "$MAPI_ROLLOUT_SERVER" --token-file 'C:\mr\token'
server_stop
gives 1 'unreachable: nobody answers' status "$@"

passed
