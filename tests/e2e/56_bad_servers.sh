#!/bin/sh
# 56_bad_servers.sh - certificates that do not hold and servers that break TLS or HTTP: each has a good policy to give,
# and none of them gets it into a registry; the log or the report has the code; and the agent asks no faster for it.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/refusals.sh"
. "$HARNESS_DIR/bad_servers.sh"
enter_network "$@"
harness_begin

begin_badly

for wrong in expired early elsewhere selfsigned intercepted; do
    refused good $wrong 20 'poll.*denied'
    check "good, certificate $wrong: no request was made" test "$(grep -c '^GET' "$BAD/requests.log")" = 0
done
refused tls11 fine 20 'poll.*denied'
check "tls11: no request was made" test "$(grep -c '^GET' "$BAD/requests.log")" = 0
refused garbage fine 20 'poll.*unreachable'
refused endless_headers fine 20 'poll.*unreachable'
refused short fine 20 'poll.*unreachable'
refused redirect fine 20 'poll.*the server answered 302'
check "redirect: nobody went there" equal "$(grep -c '^GET' "$WORK/fake/requests.log")" "$asked_before"
refused_and_reported too_large too_large
refused_and_reported endless_body too_large
refused_and_reported compressed json_syntax

# A CA file replaces the machine's roots; without one they count, but for those that are disallowed.
STORES='HKLM\SOFTWARE\Microsoft\SystemCertificates'

# As Windows keeps a certificate: its hash, then itself.
store_add() { # store, certificate
    openssl x509 -in "$2" -outform DER >"$WORK/root.der" || fail "cannot read $2"
    hash=$(sha1sum "$WORK/root.der" | cut -d ' ' -f 1 | tr a-f A-F)
    blob=$(python3 - "$WORK/root.der" <<'END'
import hashlib, struct, sys
der = open(sys.argv[1], "rb").read()
part = lambda number, data: struct.pack("<LLL", number, 1, len(data)) + data
print((part(3, hashlib.sha1(der).digest()) + part(32, der)).hex())
END
    )
    wine_quiet reg add "$STORES\\$1\\Certificates\\$hash" /v Blob /t REG_BINARY /d "$blob" /f >/dev/null ||
        fail "cannot add to $1"
}

store_add ROOT "$WORK/inspector.pem"
refused good intercepted 20 'poll.*denied'
check "the machine trusts that CA, the CA file does not" test "$(grep -c '^GET' "$BAD/requests.log")" = 0
wine_quiet reg delete "$AGENT_KEY" /v CaFile /f >/dev/null || fail "cannot take CaFile away"
refused good fine 20 'poll.*denied'
store_add Disallowed "$WORK/inspector.pem"
refused good intercepted 20 'poll.*denied'
wine_quiet reg delete "$STORES\\Disallowed\\Certificates" /f >/dev/null || fail "cannot empty Disallowed"
agent_kill
bad_start good intercepted
agent_set ServerUrl "https://localhost:$(cat "$BAD/port")"
agent_start
until_value alice absent
say "ok: the machine's root is enough"
passed
