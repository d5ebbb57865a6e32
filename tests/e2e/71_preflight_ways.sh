#!/bin/sh
# 71_preflight_ways.sh - `preflight` for the URLs of the policy in force, beside a running agent, as JSON, and by way of
# the user's proxies.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/bad_servers.sh"
. "$HARNESS_DIR/preflight.sh"
enter_network "$@"
enter_mounts "$@"
front_begin
front_start ready anew_ready sick old

says() { # name, exit code, regular expression
    grep -Eq "$3" "$WORK/said-$1" "$WORK/errors-$1" && [ "$(cat "$WORK/code-$1")" = "$2" ] && return 0
    cat "$WORK/said-$1" "$WORK/errors-$1" >&2
    return 1
}

# ---- what is asked for ---------------------------------------------------------------------------

agent_configure
probe nothing
check "without a policy and a URL there is nothing to probe" says nothing 1 'not_found: no policy was accepted yet: name a URL'
probe wrong http://localhost/mapi/
check "what is no URL is refused" says wrong 1 'bad_url: http://localhost/mapi/ is no URL'
probe flag --fast
check "an unknown flag is wrong usage" says flag 2 'usage'
probe help --help
check "there is help" says help 0 'Example: mapi-rollout-agent preflight https://'

take() { # serial, allow URLs, block URLs
    guard_sign "$@"
    policy_of "$1" observe >"$DATA_DIR/dropped"
    mv "$DATA_DIR/dropped" "$DATA_DIR/policy.jws"
    until_ok 20 "serial $1 is taken" sh -c "! test -e '$DATA_DIR/policy.jws'"
}

agent_start
until_ok 20 "the agent made its data directory" test -d "$DATA_DIR"
take 1 '' ''
probe none
check "a policy without preflight names nobody" says none 1 'not_found: the policy in force has no preflight'

ALLOWED=$(url_of anew_ready /mapi/healthcheck.htm)
BLOCKED=$(url_of ready /rpc/rpcproxy.dll)
take 2 "\"$(url_of sick /mapi/)\", \"$ALLOWED\"" "\"$BLOCKED\", \"$ALLOWED\""
probe policy
if trusts; then
    check "one of each list is enough" says policy 0 "^$BLOCKED \\(for block\\): ready"
    check "one is down" says policy 0 '^https:.*/mapi/ \(for allow\): unhealthy'
    check "one is for both" says policy 0 "^$ALLOWED \\(for allow and block\\): ready"
    say sick >"$FRONT/anew_ready.case"
    probe policy
    check "none for allow is ready" says policy 1 "^$ALLOWED \\(for allow and block\\): unhealthy"
    rm "$FRONT/anew_ready.case"
    probe named "$BLOCKED" "$(url_of sick /mapi/)"
    check "of those that are named all must be ready" says named 1 '^https:.*/mapi/: unhealthy'
else
    check "nobody is trusted" says policy 1 "^$BLOCKED \\(for block\\): untrusted"
fi

probe json "$(url_of old /mapi/)" --json
check "JSON is one object a line with all steps" python3 - "$WORK/said-json" "$MR_MOUNTS" <<'END'
import json, sys
lines = open(sys.argv[1]).read().splitlines()
(shown,) = map(json.loads, lines)
trusted = sys.argv[2] == "own"
assert shown["verdict"] == ("too_old" if trusted else "untrusted"), shown
assert shown["http"] == (401 if trusted else None) and shown["for"] == [], shown
assert shown["server"] == ("15.0.516.32" if trusted else None), shown
assert shown["auth"] == (["Negotiate", "NTLM"] if trusted else []), shown
assert [step["step"] for step in shown["steps"]] == ["namespace", "certificate", "connectivity", "authentication",
                                                    "virtual_directory", "server_version"], shown
assert all(step["says"] for step in shown["steps"]) and shown["next"], shown
END
agent_kill

# ---- the user's proxies --------------------------------------------------------------------------

PROXY_DIR=$WORK/proxy
USER_KEY='HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections'
mkdir "$PROXY_DIR"
python3 "$HARNESS_DIR/proxy.py" "$PROXY_DIR" >>"$WORK/log/proxy.log" 2>&1 </dev/null &
remember $!
until_true 30 test -f "$PROXY_DIR/port" || fail "the proxy does not start"
PROXY=127.0.0.1:$(cat "$PROXY_DIR/port")

# As Windows' own dialog leaves it: flags (1 straight on, 2 a proxy, 4 a PAC file), then texts with their sizes.
user_set() { # flags, proxies, bypass, PAC file
    blob=$(python3 - "$@" <<'END'
import struct, sys
texts = [text.encode() for text in sys.argv[2:]]
head = struct.pack("<LLL", 0x46, 1, int(sys.argv[1]))
print((head + b"".join(struct.pack("<L", len(text)) + text for text in texts) + bytes(32)).hex())
END
    )
    wine_quiet reg add "$USER_KEY" /v DefaultConnectionSettings /t REG_BINARY /d "$blob" /f >/dev/null ||
        fail "cannot set the user's proxies"
    rm -f "$PROXY_DIR/requests.log"
}

connects() { # status
    grep -c "^CONNECT localhost:$(cat "$FRONT/ready.port") $1" "$PROXY_DIR/requests.log" 2>/dev/null
}

by_proxy() { # sentence, verdict where certificates can be trusted, verdict where not, regular expression
    probe proxy "$(url_of ready /mapi/)"
    if trusts; then wanted=$2; else wanted=$3; fi
    check "$1" is_said proxy "$wanted" "$4"
}

user_set 3 "$PROXY" '' ''
by_proxy "the user's proxy leads on" ready untrusted "passed +connectivity .* by the proxy http://$PROXY"
check "it was asked to connect" test "$(connects 200)" -ge 1
user_set 3 "127.0.0.1:9;$PROXY" '' ''
by_proxy "the second one leads on" ready untrusted "passed +connectivity .* by the proxy http://$PROXY"
user_set 3 '127.0.0.1:9' '' ''
by_proxy "a dead one leads nowhere" unreachable unreachable 'failed +connectivity .* by the proxy http://127\.0\.0\.1:9 '
user_set 3 '127.0.0.1:9' 'localhost' ''
by_proxy "what the list of exceptions names goes past it" ready untrusted 'passed +connectivity +localhost port [0-9]+ answers$'
touch "$PROXY_DIR/wants_login"
user_set 3 "$PROXY" '' ''
# Wine takes the refusal for the beginning of TLS; Windows hands the 407 on, which is proxy_unknown.
probe asked "$(url_of ready /mapi/)"
check "by one that asks who we are nobody gets on" says asked 1 ': (unreachable|proxy_unknown)$'
check "it was refused" test "$(connects 407)" -ge 1
rm "$PROXY_DIR/wants_login"
check "no proxy saw credentials" lacks "$PROXY_DIR/requests.log" credentials

printf 'function FindProxyForURL(url, host) { return "PROXY %s"; }\n' "$PROXY" >"$PROXY_DIR/proxy.pac"
user_set 5 '' '' "http://$PROXY/proxy.pac"
by_proxy "the PAC file's proxy leads on" ready untrusted "passed +connectivity .* by the proxy http://$PROXY"
rm "$PROXY_DIR/proxy.pac"
user_set 5 '' '' "http://$PROXY/proxy.pac"
by_proxy "without the PAC file nobody knows" proxy_unknown proxy_unknown 'failed +connectivity +the proxy could not be found out'
user_set 1 '' '' ''
by_proxy "no proxy is straight on" ready untrusted 'passed +connectivity +localhost port [0-9]+ answers$'

check "nothing was given away" front_saw_nobody
passed
