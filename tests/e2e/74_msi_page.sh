#!/bin/sh
# 74_msi_page.sh - docs/install.md, word for word: each command on the page is run as it stands there, in its order; only the
# server's name is replaced by that of a server that is here.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
. "$HARNESS_DIR/msi.sh"
PAGE=$ROOT/docs/install.md

# The N-th call of msiexec on the page, in a line of its own or in the text.
command_of_page() { # N
    grep -oE 'msiexec /[ix] [^`]*' "$PAGE" | sed -n "$1p" | sed "s#https://mapi.example.com:8443#$SERVER_URL#"
}

follow() { # N, words that must be in it
    line=$(command_of_page "$1")
    for word in $2; do
        case $line in *"$word"*) ;; *) fail "command $1 of the page has no $word: $line" ;; esac
    done
    msi_follow "$line"
}

user_add alice 1001
user_logon alice
server_start
publish 1
release hold-back
msi_make "$VERSION" "mapi-rollout-agent-$VERSION-x64.msi"
msi_files
check "the page has three commands" equal "$(grep -coE 'msiexec /[ix] ' "$PAGE")" 3
follow 1 "mapi-rollout-agent-$VERSION-x64.msi SERVERURL TRUSTFILE CAFILE ENROLLSECRETFILE"
until_ok 20 "the service runs" service_is RUNNING
until_value alice 1
until_server_says alice version 1002
follow 2 'REINSTALL=ALL TAGS=branch'
until_ok 20 "the service runs" service_is RUNNING
check "the tag is the new one" equal "$(setting Tags)" branch
check "the server is the one of before" equal "$(setting ServerUrl)" "$SERVER_URL"
follow 3 '/x ONUNINSTALL=restore'
check "the service is gone" service_is ''
check "alice has nothing again" has_value alice absent
# The log that the page names is there, and has what the page says it has.
log=$(find "$PREFIX/drive_c" -name mapi-rollout.log | head -n 1)
check "the log is where the page says" [ -n "$log" ]
check "and has a line for each user" sh -c "tr -d '\\000' <'$log' | grep -aq 'mapi-rollout: user restored'"
passed
