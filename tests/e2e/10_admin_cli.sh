#!/bin/sh
# 10_admin_cli.sh - the admin command alone: what it makes, what it refuses, and in which words and exit codes.
#
# Natively, without Wine: MR_ADMIN is the command; openssl(1) looks at its certificates and plays servers whose
# certificates are wrong.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/admin.sh"
enter_network "$@"
admin_begin

# ---- init ----------------------------------------------------------------------------------------

done_well init site --host mapi.example.com --rollout cli-test
has out 'What comes next'
for file in README.txt plan.json trust.json ca.pem server.pem signing.pub.pem install-agent.cmd; do
    [ -s "site/$file" ] || fail "init made no $file"
done
for file in signing.pem ca.key server.key; do
    check "$file is for its owner alone" equal "$(stat -c %a "site/$file")" 600
done
check 'nothing is left beside the new folder' test ! -e site.unfinished
check 'the certificate holds for the host' openssl verify -CAfile site/ca.pem -purpose sslserver \
    -verify_hostname mapi.example.com site/server.pem
check 'the certificate holds for localhost' openssl verify -CAfile site/ca.pem -verify_hostname localhost site/server.pem
check 'the certificate holds for 127.0.0.1' openssl verify -CAfile site/ca.pem -verify_ip 127.0.0.1 site/server.pem
refused 'exists: site is there already' init site
mkdir empty && done_well init empty
touch taken && refused 'exists: taken is there already' init taken
refused 'not_found' init no/such/folder
usage 'init makes a new folder: name one, not "."' init .
usage 'name one, not "empty/../"' init empty/../
mkdir later.unfinished && cp site/signing.pem later.unfinished/
refused 'later.unfinished is there, left by a run that was killed' init later
check 'what a killed run left is not touched' cmp site/signing.pem later.unfinished/signing.pem
usage 'init needs DIR' init
usage '--host takes a host name' init other --host 'a b'
usage '--rollout takes' init other --rollout Upper
check 'what is refused leaves nothing' test ! -e other -a ! -e other.unfinished

# ---- keys and trust ------------------------------------------------------------------------------

printf 'correct horse\n' >passphrase
printf 'wrong\n' >other-passphrase
done_well keygen --out open.pem
has errors 'warning: the key is not encrypted'
done_well keygen --out sealed.pem --passphrase-file passphrase
check 'no warning for an encrypted key' test ! -s errors
has sealed.pem 'BEGIN ENCRYPTED PRIVATE KEY'
check 'openssl reads the encrypted key' openssl pkey -in sealed.pem -passin file:passphrase -noout
check 'the halves belong together' equal \
    "$(openssl pkey -in sealed.pem -passin file:passphrase -pubout)" "$(cat sealed.pub.pem)"
before=$(cat open.pem)
refused 'exists' keygen --out open.pem
check 'an existing key is left alone' equal "$(cat open.pem)" "$before"
cp open.pub.pem half.pub.pem && refused 'exists' keygen --out half.pem
check 'half a pair is not left behind' test ! -e half.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out by-openssl.pem 2>log/openssl.log
openssl pkey -in by-openssl.pem -pubout -out by-openssl.pub.pem

# Runs the command on a terminal and types the answers, separated by "|".
typed() { # answers, arguments...
    answers=$1
    shift
    python3 "$HARNESS_DIR/on_terminal.py" "$answers" "$MR_ADMIN" "$@" >out 2>errors
    code=$?
}

typed 'staple battery|staple battery' keygen --out typed.pem
[ "$code" = 0 ] || wrong 'keygen on a terminal'
check 'a typed passphrase is not shown' test -z "$(grep staple out)"
check 'a typed passphrase encrypts' openssl pkey -in typed.pem -passin 'pass:staple battery' -noout
typed 'one|another' keygen --out differing.pem
[ "$code" = 2 ] && has out 'the two passphrases differ' || wrong 'two passphrases that differ'
typed '' keygen --out nothing-typed.pem
[ "$code" = 2 ] && has out 'say --no-passphrase' || wrong 'no passphrase typed'
check 'no key is made then' test ! -e differing.pem -a ! -e nothing-typed.pem
typed 'staple battery' sign site/plan.json --key typed.pem --out typed.json
[ "$code" = 0 ] || wrong 'sign with a typed passphrase'
check 'nor is it shown when signing' test -z "$(grep staple out)"
say 'ok: passphrases on a terminal'

done_well trust new --key open.pub.pem --key sealed.pub.pem --key by-openssl.pub.pem --threshold 2 \
    --rollout cli-test --out two-of-three.json
done_well trust show two-of-three.json
has out '2 of 3 keys'
done_well trust show two-of-three.json --json
python3 -c 'import json,sys; t=json.load(open("out")); sys.exit(t["threshold"] != 2 or len(t["kids"]) != 3)' ||
    wrong 'trust show --json'
refused 'exists' trust new --key open.pub.pem --rollout cli-test --out two-of-three.json
usage '--threshold takes a whole number from 1 to 1' trust new --key open.pub.pem --threshold 2 --rollout x --out t.json
usage 'trust needs "new" or "show"' trust

# ---- check ---------------------------------------------------------------------------------------

done_well check site/plan.json
has out 'site/plan.json is good'
has errors 'mapi-rollout: warning: '
done_well check site/plan.json --json
python3 -c 'import json; p=json.load(open("out")); assert p["good"] and p["stages"][0] == "observe" and not p["problems"]' ||
    wrong 'check --json'
sed -e 's/"otherwise": "leave"/"otherwise": "nothing"/' -e 's/"expect": "any" },$/"expct": "any" },/' \
    site/plan.json >bad.json
run check bad.json
[ "$code" = 1 ] || wrong 'a bad plan passes'
has errors '^mapi-rollout: out_of_range at /stages/0/otherwise: '
has errors '^mapi-rollout: unknown_field at /stages/0/expct: .*"expect"'
printf '{"format": 007}' >not-json.json
refused 'json_syntax' check not-json.json
refused 'not_found: .*no-such.json' check no-such.json
usage 'check needs PLAN.json' check
usage 'check has no option --fast' check --fast site/plan.json
usage 'check does not take "two"' check site/plan.json two

# ---- sign and verify -----------------------------------------------------------------------------

done_well sign site/plan.json --key site/signing.pem --out bundle.json
done_well verify bundle.json --trust site/trust.json
has out 'observe .*accepted'
done_well verify bundle.json --trust site/trust.json --json
python3 -c 'import json; b=json.load(open("out")); assert [p["version"] for p in b["policies"]] == [1001,1002,1003,1004,1005,1999]' ||
    wrong 'verify --json'
done_well sign site/plan.json --key site/signing.pem --through pilot --out short.json
done_well verify short.json --trust site/trust.json
check 'what is behind --through is not signed' test -z "$(grep everyone out)"
refused 'stage_unknown' sign site/plan.json --key site/signing.pem --through nowhere --out x.json
cp site/plan.json plan.before && cp site/signing.pem key.before
refused 'exists: site/plan.json is there and is something else' sign site/plan.json --key site/signing.pem --out site/plan.json
refused 'exists: site/signing.pem is there' sign site/plan.json --key site/signing.pem --out site/signing.pem
refused 'exists: bundle.json is there' sign site/plan.json --detached --key site/signing.pub.pem --out bundle.json
refused 'type_mismatch: this was signed already' sign bundle.json --key site/signing.pem --out x.json
run check --json bundle.json
python3 -c 'import json; p=json.load(open("out")); assert not p["good"] and [x["code"] for x in p["problems"]] == ["type_mismatch"]' ||
    wrong 'check --json of a bundle'
check 'a slip costs no plan' cmp site/plan.json plan.before
check 'nor a key' cmp site/signing.pem key.before
refused 'key_unknown' verify bundle.json --trust two-of-three.json
refused 'unknown_field at /rollout: the file of --trust: ' verify bundle.json --trust site/plan.json
refused 'version_rollback' verify bundle.json --trust site/trust.json --floor 2001

# One character in the middle of the payload, another one of the same alphabet.
python3 - <<'END' || fail 'tampering'
import json
bundle = json.load(open("bundle.json"))
middle = len(bundle["payload"]) // 2
was = bundle["payload"][middle]
bundle["payload"] = bundle["payload"][:middle] + ("A" if was != "A" else "B") + bundle["payload"][middle + 1:]
json.dump(bundle, open("tampered.json", "w"))
END
refused 'signature_invalid' verify tampered.json --trust site/trust.json

usage 'sealed.pem is encrypted' sign site/plan.json --key sealed.pem --out x.json
refused 'passphrase' sign site/plan.json --key sealed.pem --passphrase-file other-passphrase --out x.json
refused 'is a public key' sign site/plan.json --key open.pub.pem --out x.json
check 'the passphrase is in no message' test -z "$(cat out errors | grep -e horse -e wrong)"
done_well sign site/plan.json --key sealed.pem --passphrase-file passphrase --key by-openssl.pem --out x.json
usage 'one --passphrase-file for all' sign site/plan.json --key sealed.pem --key open.pem --key by-openssl.pem \
    --passphrase-file passphrase --passphrase-file passphrase --out y.json
done_well verify x.json --trust two-of-three.json
done_well sign site/plan.json --key open.pem --out one.json
refused 'signature_threshold' verify one.json --trust two-of-three.json
usage 'sign needs --key' sign site/plan.json --out x.json
usage 'sign needs --out BUNDLE.json' sign site/plan.json --key open.pem
usage 'is given twice' sign site/plan.json --key open.pem --out a --out b
usage 'needs a value' sign site/plan.json --out
refused 'not_found: .*nobody.pem' sign site/plan.json --key nobody.pem --out x.json

# ---- help, versions, what is not there -----------------------------------------------------------

usage 'say what to do'
usage 'no command "sgin"' sgin
for command in init keygen trust check sign attach verify explain simulate publish release advance hold resume safe status users devices \
    export audit completion; do
    done_well "$command" --help
    has out 'Example: '
    [ "$(wc -l <out)" -le 24 ] || fail "the help of $command does not fit a screen"
done
done_well help
done_well --version
has out '^mapi-rollout [0-9]'
refused 'unsupported: ' evidence

# ---- an audit, without a server ------------------------------------------------------------------

audit=$ROOT/tests/data/audit.jsonl
last=$(tail -n 1 "$audit" | sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/')
fourth=$(sed -n '4s/.*"hash":"\([0-9a-f]*\)".*/\1/p' "$audit")
done_well audit verify "$audit"
has out '^7 entries, .*each fits the one before it'
has out 'only --head tells'
has out "^audit head 7 $last\$"
done_well audit verify "$audit" --head "$fourth"
has out 'is entry 4; 3 came after it'
done_well audit verify "$audit" --head "$last" --json
has out "{\"number\":7,\"hash\":\"$last\",\"head_number\":7}"
head -n 6 "$audit" >cut.jsonl
done_well audit verify cut.jsonl
refused 'chain_truncated.*cut.jsonl ends with entry 6' audit verify cut.jsonl --head "$last"
sed '3s/alice/carol/' "$audit" >bad.jsonl
refused 'chain_broken at /hash: .*bad.jsonl.*line 3.*entry 3 does not fit' audit verify bad.jsonl
sed '3d' "$audit" >bad.jsonl
refused 'chain_broken at /number: .*entry 4 stands where entry 3 should' audit verify bad.jsonl
printf 'no JSON\n' >bad.jsonl
refused 'json_syntax' audit verify bad.jsonl
refused 'not_found' audit verify no-such-file
: >empty.jsonl
done_well audit verify empty.jsonl
has out '^the audit is empty'
usage 'audit verify needs FILE' audit verify
usage '64 hexadecimal digits' audit verify "$audit" --head 12

# ---- reaching a server ---------------------------------------------------------------------------

printf 'token-of-nobody\n' >token
free_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
usage 'which server' status
usage 'which token' status --server https://localhost:1
usage 'plain http is for' status --server http://mapi.example.com:8444 --token-file token
usage 'holds no user and no password' status --server https://me:hidden@localhost:1 --token-file token
check 'a password in a URL is not repeated' test -z "$(grep hidden errors)"
usage 'nobody can be asked here: give --yes' release pilot --server https://localhost:1 --token-file token
usage 'nobody can be asked here: give --yes' advance --server https://localhost:1 --token-file token
usage 'safe needs --reason' safe --confirm cli-test
usage 'safe needs --confirm ROLLOUT' safe --reason because
refused 'not_found: .*no-token' status --server https://localhost:1 --token-file no-token
refused "unreachable: nobody answers at https://localhost:$free_port" \
    status --server "https://localhost:$free_port" --ca site/ca.pem --token-file token

# A server of openssl's for one certificate; its port goes to $tls_port. The shell opens the file in the background:
# what an earlier server wrote there must be gone before.
tls_server() { # certificate, key
    rm -f tls.out
    openssl s_server -accept 127.0.0.1:0 -cert "$1" -key "$2" -www >tls.out 2>&1 </dev/null &
    tls_pid=$!
    remember "$tls_pid"
    until_true 30 grep -qs '^ACCEPT ' tls.out || fail 'openssl s_server does not start'
    tls_port=$(sed -n 's/^ACCEPT .*:\([0-9]*\).*/\1/p' tls.out | head -n 1)
}

cat >ca.cnf <<'END'
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = names
x509_extensions = server
[names]
commonName = supplied
[server]
subjectAltName = DNS:localhost, IP:127.0.0.1
END
: >index.txt
echo 01 >serial
openssl req -new -key site/server.key -subj /CN=expired -out expired.csr 2>log/openssl.log &&
    openssl ca -batch -config ca.cnf -cert site/ca.pem -keyfile site/ca.key -in expired.csr -out expired.pem -notext \
        -startdate 20200101000000Z -enddate 20200201000000Z >log/openssl.log 2>&1 || fail 'no expired certificate'
tls_server expired.pem site/server.key
refused 'denied: the certificate of https://localhost:.* has expired' \
    status --server "https://localhost:$tls_port" --ca site/ca.pem --token-file token
end_process "$tls_pid"
tls_server site/server.pem site/server.key
refused 'denied: .* is not from a CA that is trusted here' \
    status --server "https://localhost:$tls_port" --ca empty/ca.pem --token-file token
refused 'io: that is no answer of a mapi-rollout server' \
    status --server "https://localhost:$tls_port" --ca site/ca.pem --token-file token
refused 'not_found' status --server "https://localhost:$tls_port" --ca no-such-ca.pem --token-file token
refused 'io: cannot read site: it is not a file' status --server "https://localhost:$tls_port" --ca site --token-file token
: >nothing.pem
refused 'not_found: the CA file nothing.pem is empty' status --server "https://localhost:$tls_port" --ca nothing.pem --token-file token
refused 'not_found: the CA file cannot be used' status --server "https://localhost:$tls_port" --ca token --token-file token
end_process "$tls_pid"

passed
