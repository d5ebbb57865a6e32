#!/bin/sh
# 70_preflight.sh - Exchange's front end in every state there is a word for, and `preflight` finds the word, names the
# step that failed, and gives nothing away.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/bad_servers.sh"
. "$HARNESS_DIR/preflight.sh"
enter_network "$@"
enter_mounts "$@"
front_begin
front_start ready beside no_version old redirect form basic page_login forbidden missing open sick sorry hang mute cut \
    garbage endless drip tls11 wants_certificate =expired =early =elsewhere =selfsigned =intercepted

# Those that take their time, meanwhile.
SLOW=
slowly() { # case
    probe "$1" "$(url_of "$1" /mapi/)" &
    SLOW="$SLOW $!"
}
slowly mute
if trusts; then
    slowly hang
    slowly endless
    slowly drip
fi

# Without trust in anybody.
verdict selfsigned untrusted 'failed +certificate .* does not trust'
verdict intercepted untrusted 'failed +certificate .* does not trust'
verdict tls11 unreachable 'failed +certificate +TLS does not come about'
say 9 >"$FRONT/closed.port"
verdict closed unreachable 'failed +connectivity +localhost port 9 cannot be reached'
probe nowhere https://nowhere.invalid/mapi/
check "no such name: unreachable" is_said nowhere unreachable 'failed +namespace +the name nowhere.invalid is not found'
trusts || verdict ready untrusted 'failed +certificate'

if trusts; then
    verdict ready ready 'passed +server version +Exchange 15\.1\.2507\.12'
    verdict beside ready 'passed +authentication +Negotiate, NTLM, Bearer, Basic are offered: Basic'
    verdict no_version ready 'not known +server version'
    verdict old too_old 'failed +server version +Exchange 15\.0\.516\.32 is older than 2013 SP1'
    verdict redirect pre_authenticated 'failed +authentication +status 302 .*: /owa/auth/logon\.aspx\?url=\\x1b'
    verdict form pre_authenticated 'failed +authentication .* form '
    verdict basic pre_authenticated 'failed +authentication +Basic is offered'
    verdict page_login pre_authenticated 'failed +authentication +healthcheck\.htm asks'
    verdict forbidden pre_authenticated 'failed +authentication .*403'
    verdict missing not_published 'failed +virtual directory +/mapi/emsmdb/ is not there \(404\)'
    verdict open not_published 'failed +virtual directory +/mapi/emsmdb/ answers 200 without a log-on'
    verdict sick unhealthy 'failed +virtual directory .*503'
    verdict sorry not_published 'failed +virtual directory .* without a log-on'
    verdict cut unhealthy 'failed +connectivity +the connection ends without an answer'
    verdict garbage unhealthy 'failed +connectivity +the connection ends without an answer'
    verdict expired expired 'failed +certificate .*expired'
    verdict early expired 'failed +certificate .*not valid yet'
    verdict elsewhere name_mismatch 'failed +certificate +the certificate is not for localhost'
    # Wine does not say that a certificate is asked for; what matters is that none is given.
    probe wants_certificate "$(url_of wants_certificate /mapi/)"
    check "wants_certificate: not ready" test "$(cat "$WORK/code-wants_certificate")" = 1

    probe rpc "$(url_of ready /rpc/rpcproxy.dll)"
    check "RPC's endpoint: ready" is_said rpc ready 'passed +virtual directory +/rpc/rpcproxy.dll answers \(401\)'
    probe owa "$(url_of ready /owa/healthcheck.htm)"
    check "another page: ready" is_said owa ready 'passed +virtual directory +/owa/healthcheck.htm answers \(200\)'
fi

for pid in $SLOW; do
    wait "$pid"
done
check "mute: unreachable" is_said mute unreachable 'failed +(certificate|connectivity)'
if trusts; then
    check "hang: unreachable" is_said hang unreachable 'failed +connectivity .*does not answer in time'
    check "endless: unreachable" is_said endless unreachable 'failed +connectivity .*does not answer in time'
    check "drip: unhealthy" is_said drip unhealthy 'failed +virtual directory .*does not say 200 OK'
fi

check "nothing was given away" front_saw_nobody --certificates selfsigned intercepted expired early elsewhere
! trusts || check "no redirect was followed" lacks "$FRONT/redirect.log" /owa/auth/
passed
