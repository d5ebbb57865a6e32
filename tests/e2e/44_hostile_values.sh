#!/bin/sh
# 44_hostile_values.sh - values of any type and size are kept and given back byte for byte; what is too large to keep is
# reported as lost; denied keys are an error of their owner; a forged marker touches nobody but its owner.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
TYPED='text wide binary multi qword empty big none'

user_add alice 1001
user_add bob 1003 0 # in the ring that is left alone
relative=1011
for one in $TYPED huge denied_write denied_read denied_marker; do
    user_add $one $relative
    relative=$((relative + 1))
done
for one in alice bob $TYPED huge denied_write denied_read denied_marker; do user_logon $one; done

raw() { # verb, name, arguments...
    verb=$1
    one=$2
    shift 2
    tool rawvalue "$verb" "$(sid_of "$one")" "$@" || fail "rawvalue $verb for $one"
}

raw put text "$SETTING_KEY" $SETTING 1 31000000
raw put wide "$SETTING_KEY" $SETTING 2 2500ffd8 # half a character, and no NUL
raw put binary "$SETTING_KEY" $SETTING 3 00ff017f
raw put multi "$SETTING_KEY" $SETTING 7 61000000620000000000
raw put qword "$SETTING_KEY" $SETTING 11 0100000000000000
raw put empty "$SETTING_KEY" $SETTING 4 ''
raw fill big "$SETTING_KEY" $SETTING 3 1024
raw put none "$SETTING_KEY" $SETTING 3735928559 01 # a type that nobody knows
raw fill huge "$SETTING_KEY" $SETTING 3 65536
READ_ONLY='D:P(A;CI;KR;;;WD)'
NOTHING='D:P(D;CI;KA;;;WD)'
raw deny denied_write "$SETTING_KEY" "$READ_ONLY"
raw deny denied_read "$SETTING_KEY" "$NOTHING"
wine_quiet reg add "HKU\\$(sid_of denied_marker)\\$MARKER_KEY" /f >/dev/null
raw deny denied_marker "$MARKER_KEY" "$READ_ONLY"

# Markers that their owners made: of each length, of each first byte, one that claims to be ours and to have had what
# no user has, one that is not even binary.
FORGED=
forge() { # name, what is in PreImage, what in Written; "-" for none
    user_add "$1" $relative 1
    user_logon "$1"
    [ "$2" = - ] || raw put "$1" "$MARKER_KEY" PreImage 3 "$2"
    [ "$3" = - ] || raw put "$1" "$MARKER_KEY" Written 3 "$3"
    relative=$((relative + 1))
    FORGED="$FORGED $1"
}
ONE=010400000001000000
forge short 01 ''
forge cut 0104000000 0104
forge lost 0200000000 "$ONE"
forge lies 0300000000 ff00000000
forge tail 0000000000ff "$ONE"
forge wild 01ffffffff4141 "$ONE"
forge no_pre - "$ONE"
raw fill alice "$MARKER_KEY" Written 3 65536
raw put alice "$MARKER_KEY" PreImage 1 31000000

for one in $TYPED; do raw get $one "$SETTING_KEY" $SETTING; done >"$WORK/typed.before"
reg_query "HKU\\$(sid_of bob)" /s >"$WORK/bob.before"

server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
for one in alice $TYPED huge $FORGED; do until_value $one 1; done
until_server_says denied_write error denied
for one in denied_read denied_marker; do until_server_says $one error denied; done
check "what is denied is as it was" equal "$(values denied_write denied_marker)" \
    'denied_write=absent denied_marker=absent '

release restore
until_server_says huge blocked_by pre_image_lost
until_value huge absent
for one in $TYPED; do raw get $one "$SETTING_KEY" $SETTING; done >"$WORK/typed.after"
check "each type came back byte for byte" cmp "$WORK/typed.before" "$WORK/typed.after"
check "no marker is left" equal "$(for one in $TYPED huge; do has_no_marker $one || say "$one"; done)" ''

# A 1 that is there is as decided; what a forged marker says of it is believed of its owner alone.
until_server_says lost version 1005
until_value lost absent # it says that something was there that was too large to keep
until_value no_pre absent
check "nonsense counts as no marker: nothing is known to be ours" \
    equal "$(values short cut lies)" 'short=1 cut=1 lies=1 '
reg_query "HKU\\$(sid_of bob)" /s >"$WORK/bob.after"
check "the user who is left alone was left alone" cmp "$WORK/bob.before" "$WORK/bob.after"
check "the agent lives" alive "$AGENT_PID"
passed
