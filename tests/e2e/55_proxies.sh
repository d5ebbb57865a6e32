#!/bin/sh
# 55_proxies.sh - a proxy that is named, one out of a PAC file, the machine's own setting, and none: each leads to the
# server, is only ever asked to connect, and gets no credentials, whatever it wants.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin

PROXY_DIR=$WORK/proxy
WINHTTP_KEY='HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections'

proxy_start() {
    mkdir -p "$PROXY_DIR"
    python3 "$HARNESS_DIR/proxy.py" "$PROXY_DIR" >>"$WORK/log/proxy.log" 2>&1 </dev/null &
    remember $!
    until_true 30 test -f "$PROXY_DIR/port" || fail "the proxy does not start"
    PROXY_PORT=$(cat "$PROXY_DIR/port")
}

connects() { # status
    grep -c "^CONNECT localhost:$SERVER_PORT $1" "$PROXY_DIR/requests.log" 2>/dev/null
}

# A fresh start with that setting, and one release that must arrive.
arrives_by() { # setting, stage, value
    agent_kill
    rm -f "$PROXY_DIR/requests.log"
    agent_set Proxy "$1"
    agent_start
    release "$2"
    until_value alice "$3" 60
}

no_credentials() {
    lacks "$PROXY_DIR/requests.log" credentials
}

# As `netsh winhttp set proxy` leaves it: sizes and texts, little-endian.
winhttp_set() { # proxies, bypass
    python3 - "$1" "$2" <<'END'
import struct, sys
proxies, bypass = (text.encode() for text in sys.argv[1:])
head = struct.pack("<LLL", 0x18, 0, 3)
print((head + struct.pack("<L", len(proxies)) + proxies + struct.pack("<L", len(bypass)) + bypass).hex())
END
}

user_add alice 1001
user_logon alice
server_start
proxy_start
agent_configure "$SERVER_URL"
publish 1

# By name.
agent_set Proxy "http://127.0.0.1:$PROXY_PORT"
agent_start
release hold-back
until_value alice 1 60
until_server_says alice state idle
check "the named proxy was asked to connect" test "$(connects 200)" -ge 1
check "it saw no credentials" no_credentials

# It wants to know who we are: nobody tells, the log says why, and nothing changes.
agent_kill
rm -f "$PROXY_DIR/requests.log"
touch "$PROXY_DIR/wants_login"
agent_start
until_ok 30 "the log says that the proxy asks for credentials" agent_said 'code=unreachable .*by way of http://127.0.0.1:[0-9]*: the proxy asks for credentials'
check "it was refused" test "$(connects 407)" -ge 1
check "it saw no credentials" no_credentials
check "the value stays" has_value alice 1
rm "$PROXY_DIR/wants_login"

# Out of a PAC file. (Wine tells only the first proxy of one.)
printf 'function FindProxyForURL(url, host) { return "PROXY 127.0.0.1:%s"; }\n' "$PROXY_PORT" >"$PROXY_DIR/proxy.pac"
arrives_by "pac:http://127.0.0.1:$PROXY_PORT/proxy.pac" everyone absent
check "the file was fetched" grep -q '^GET /proxy.pac 200' "$PROXY_DIR/requests.log"
check "the file's proxy was asked to connect" test "$(connects 200)" -ge 1

# A file that cannot be had: straight on.
rm "$PROXY_DIR/proxy.pac"
publish 2
arrives_by "pac:http://127.0.0.1:$PROXY_PORT/proxy.pac" hold-back 1
check "the file was asked for" grep -q '^GET /proxy.pac 404' "$PROXY_DIR/requests.log"
check "nobody was asked to connect" test "$(connects 200)" = 0
check "the log says so" agent_said 'event=proxies_not_found by=pac os_code=[0-9]+'

# As the machine is set up for WinHTTP: the second one after a dead one.
wine_quiet reg add "$WINHTTP_KEY" /v WinHttpSettings /t REG_BINARY \
    /d "$(winhttp_set "127.0.0.1:9;127.0.0.1:$PROXY_PORT" '*.elsewhere')" /f >/dev/null || fail "cannot set the proxy"
arrives_by auto everyone absent
check "the machine's second proxy was asked to connect" test "$(connects 200)" -ge 1
check "it saw no credentials" no_credentials
check "the log says what was found" agent_said "event=proxy_found place=2 of=2 proxy=http://127.0.0.1:$PROXY_PORT"

# The machine's own list of exceptions, and then a machine without a proxy: straight on.
wine_quiet reg add "$WINHTTP_KEY" /v WinHttpSettings /t REG_BINARY \
    /d "$(winhttp_set "127.0.0.1:$PROXY_PORT" '<local>')" /f >/dev/null || fail "cannot set WinHTTP's proxy"
publish 3
arrives_by auto hold-back 1
check "a name without dots went past the proxy" test ! -f "$PROXY_DIR/requests.log"
wine_quiet reg delete "$WINHTTP_KEY" /v WinHttpSettings /f >/dev/null
arrives_by auto everyone absent
check "without a proxy nobody asked one" test ! -f "$PROXY_DIR/requests.log"

# Something that means nothing is refused by name.
agent_kill
agent_set Proxy 'socks5://127.0.0.1:1080'
tool mapi-rollout-agent run --console >"$WORK/log/refused.log" 2>&1 && fail "a SOCKS proxy is taken"
check "another kind of proxy is refused by name" grep -q 'bad_url at Proxy' "$WORK/log/refused.log"
passed
