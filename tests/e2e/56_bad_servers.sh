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
end_well
passed
