#!/bin/sh
# 54_server_mistakes.sh - what an administrator mistypes at the server's command line: one line with a stable code that
# names what is wrong, its exit code, and nothing made or changed.
#
# Natively, without Wine. SC2034 below: variables that the harness reads.
# shellcheck disable=SC2034
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

ROLLOUT=mistakes-e2e
native_begin "$MR_SERVER" "$MR_ADMIN"
site_make
: >"$WORK/empty"
mkdir "$WORK/folder"
cd "$WORK" || fail "no $WORK"

refused() { # exit code, beginning of the sentence (extended regular expression), arguments...
    expected=$1 beginning=$2
    shift 2
    timeout 60 "$MR_SERVER" "$@" >"$WORK/out" 2>"$WORK/said"
    ended=$?
    check "mapi-rollout-server $*: exit code $expected" equal "$ended" "$expected"
    check "and says: $beginning" grep -Eq "^mapi-rollout-server: $beginning" "$WORK/said"
    check "in one line" equal "$(wc -l <"$WORK/said")" 1
    check "and nothing else" test ! -s "$WORK/out"
}

serving() { # exit code, sentence, trust file
    refused "$1" "$2" --data "$WORK/data" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --trust "$3"
}

# ---- the command line and the settings -----------------------------------------------------------

refused 2 'usage: --data is missing' token list
refused 2 'usage: --bogus is not known here' --bogus
refused 2 'usage: there is no command serve' serve
refused 2 'usage: token takes add\|list\|revoke' token
printf 'data = d\nlistne = a\n' >wrong.conf
refused 2 'usage: wrong.conf, line 2: ' --config wrong.conf
refused 2 'out_of_range: --role is ' token add --data data --role king --name a
refused 1 'not_found: cannot read none.conf' --config none.conf
refused 1 'io: cannot read folder: it is not a file' --config folder

# ---- the data directory --------------------------------------------------------------------------

refused 1 'not_found: there is no directory none: --data names ' token list --data none
refused 1 'not_found: there is no directory none: --data names ' enroll-secret list --data none
refused 1 'not_found: there is no directory none: --data names ' token revoke --data none --name a
refused 1 'not_found: there is no directory none: --data names ' device list --data none
refused 1 'not_found: there is no directory none: --data names ' safe --data none --reason test
refused 1 'not_found: there is no directory none: --data names ' backup copy.db --data none
refused 1 'not_found: there is no directory none: --data names ' restore empty --data none
refused 1 'not_found: empty is no directory: --data names ' token list --data empty
refused 1 'not_found: empty is no directory: --data names ' token add --data empty --role viewer --name a
refused 1 'not_found: empty is no directory: --data names ' --data empty --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 \
    --trust "$TRUST"
check "no directory was made" test ! -e none
check "and no copy" test ! -e copy.db

# ---- files ---------------------------------------------------------------------------------------

serving 1 'not_found: cannot read none.json' none.json
serving 1 'io: cannot read folder: it is not a file' folder
serving 1 'json_syntax: the trust file empty: line 1, ' empty
sed 's/"version": *1/"version": 0/' "$TRUST" >zero.json
serving 1 'out_of_range at /version: the trust file zero.json: ' zero.json
"$MR_SERVER" token add --data data --role viewer --name kept >viewer.token || fail "a token"
before=$(cksum <data/store.db)
refused 1 'not_found: there is no file none.db to restore' restore none.db --data data
refused 1 'store_foreign: folder is no file that backup made' restore folder --data data
refused 1 'store_foreign: empty is no store' restore empty --data data
check "the store is as it was" equal "$(cksum <data/store.db)" "$before"
passed
