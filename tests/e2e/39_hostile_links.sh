#!/bin/sh
# 39_hostile_links.sh - users plant registry links in their own hives: nothing is written where they lead, each of them is
# reported with an error and its code, and everybody else is looked after.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
VICTIM='HKLM\Software\Victim'
VICTIM_NATIVE='\REGISTRY\MACHINE\Software\Victim'
HOSTILE='key_machine above_machine top_machine marker_machine key_other marker_other key_own marker_own'

user_add alice 1001
user_add bob 1003 0 # in the ring that is left alone: what is written in his hive came by a link
relative=1011
for one in $HOSTILE late; do
    user_add $one $relative
    relative=$((relative + 1))
done
for one in alice bob $HOSTILE late; do user_logon $one; done
wine_quiet reg add "$VICTIM\\Exchange" /v here /d before /f >/dev/null || fail "no victim"
wine_quiet reg add "$VICTIM\\Microsoft\\Exchange" /v here /d before /f >/dev/null || fail "no victim"
for one in key_own marker_own; do
    wine_quiet reg add "HKU\\$(sid_of $one)\\Elsewhere" /v here /d before /f >/dev/null || fail "no victim"
done

native_of() { # name
    say "\\REGISTRY\\USER\\$(sid_of "$1")"
}

link() { # name, path, target
    wine_quiet reg delete "HKU\\$(sid_of "$1")\\$2" /f >/dev/null 2>&1
    tool reglink plant "$(sid_of "$1")" "$2" "$3" || fail "no link for $1"
}

link key_machine "$SETTING_KEY" "$VICTIM_NATIVE"
link above_machine 'Software\Microsoft' "$VICTIM_NATIVE"
link top_machine Software "$VICTIM_NATIVE"
link marker_machine "$MARKER_KEY" "$VICTIM_NATIVE"
link key_other "$SETTING_KEY" "$(native_of bob)\\$SETTING_KEY"
link marker_other "$MARKER_KEY" "$(native_of bob)\\Software"
link key_own "$SETTING_KEY" "$(native_of key_own)\\Elsewhere"
link marker_own "$MARKER_KEY" "$(native_of marker_own)\\Elsewhere"

# All that links lead to.
victims() {
    reg_query "$VICTIM" /s
    reg_query "HKU\\$(sid_of bob)" /s
    for one in key_own marker_own; do reg_query "HKU\\$(sid_of $one)\\Elsewhere" /s; done
}

victims_unchanged() { # when
    victims >"$WORK/victims.after"
    check "where the links lead nothing changed $1" cmp "$WORK/victims.before" "$WORK/victims.after"
}

victims >"$WORK/victims.before"
server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
until_value alice 1
until_value late 1
until_server_says alice state idle
for one in $HOSTILE; do
    until_server_says $one state error
    check "$one: the code says why" equal "$(server_says $one error)" denied
done
victims_unchanged "by a block"

# Between two passes a clean hive grows a link, first in the place of the setting, then of the marker.
link late "$SETTING_KEY" "$(native_of bob)\\$SETTING_KEY"
until_server_says late state error
tool reglink remove "$(sid_of late)" "$SETTING_KEY" || fail "the link stays"
until_value late 1
link late "$MARKER_KEY" "$VICTIM_NATIVE"
foreign_write late 0
until_server_says late state error
check "late: his value is his own affair" has_value late 0
victims_unchanged "by links that came late"

# While the agent looks at him, again and again, the key is by turns a plain one and a link.
tool reglink remove "$(sid_of late)" "$MARKER_KEY" || fail "the link stays"
swap_link() { # path, target
    tool reglink swap "$(sid_of late)" "$1" "$2" 3000 >>"$WORK/log/swap.log" || fail "no links to swap"
}
swap_link "$SETTING_KEY" "$(native_of bob)\\$SETTING_KEY"
swap_link "$MARKER_KEY" "$VICTIM_NATIVE"
victims_unchanged "by links that come and go"

release finish
until_value alice absent
until_server_says alice version 1006
victims_unchanged "when everybody is released"
passed
