# users.sh - Windows' side of a test: the prefix, its users and what their registries hold. Part of harness.sh.

SETTING_KEY='Software\Microsoft\Exchange'
MARKER_KEY='Software\MapiRollout'
SETTING=MapiHttpDisabled
# Wine has one account of its own; its hive is always there.
WINE_SID=S-1-5-21-0-0-0-1000

# A clone of the template with our tools, and a program that keeps it up.
windows_start() {
    wine_clone "$PREFIX"
    HOME=$WORK/home
    export HOME
    mkdir -p "$HOME" "$PREFIX/drive_c/mr" "$PREFIX/drive_c/hives"
    cp "$MR_TEST_TOOLS"/*.exe "$MR_AGENT" "$PREFIX/drive_c/mr/"
    [ ! -f "${MR_ADMIN_EXE:-}" ] || cp "$MR_ADMIN_EXE" "$PREFIX/drive_c/mr/"
    mv "$PREFIX/drive_c/mr/outlook.exe" "$PREFIX/drive_c/mr/OUTLOOK.EXE"
    # One after the other: two first programs at once and now and then one of them does not come up.
    wine_quiet reg query 'HKLM\Software\Wine' >/dev/null || fail "Wine does not start"
    wine_background hold 'C:\mr\hold.exe'
    until_true 60 is_held || fail "the program that keeps Wine up does not start"
    DATA_DIR=$PREFIX/drive_c/ProgramData/MapiRollout
}

is_held() {
    tool handles hold.exe >/dev/null 2>&1
}

# Starts a program inside and remembers it: STARTED_PID.
wine_background() { # log name, program, arguments...
    log=$WORK/log/$1.log
    shift
    "$MR_WINE" "$@" >>"$log" 2>&1 </dev/null &
    STARTED_PID=$!
    remember "$STARTED_PID"
}

tool() { # program of tests/tools, arguments...
    program=$1
    shift
    wine_quiet "C:\\mr\\$program.exe" "$@"
}

# ---- users ---------------------------------------------------------------------------------------

sid_of() { # name
    case $1 in
    wine) say "$WINE_SID" ;;
    S-1-*) say "$1" ;;
    *) cat "$WORK/users/$1" ;;
    esac
}

# A user with a profile and a hive on disk, not logged on. DWORD is what MapiHttpDisabled is "from elsewhere".
user_add() { # name, relative id, [dword]
    mkdir -p "$WORK/users"
    say "S-1-5-21-1-2-3-$2" >"$WORK/users/$1"
    {
        printf 'WINE REGISTRY Version 2\n;; All keys relative to \\\\User\\\\%s\n\n#arch=win64\n\n' "$1"
        printf '[Software\\\\Microsoft\\\\Exchange] 1795349257\n'
        [ -z "${3:-}" ] || printf '"%s"=dword:%08x\n' "$SETTING" "$3"
    } >"$PREFIX/drive_c/hives/$1.hive"
    tool hive profile "$(sid_of "$1")" || fail "$1 gets no profile"
}

user_logon() { # name
    tool hive load "$(sid_of "$1")" "C:\\hives\\$1.hive" || fail "$1 cannot log on"
}

user_logoff() { # name
    tool hive unload "$(sid_of "$1")" || fail "$1 cannot log off"
}

# ---- what the registry holds ---------------------------------------------------------------------

# reg.exe's query: 0 and what is there, 1 if it says that there is no such thing, 2 if it says nothing of the kind for
# 30 s. On a busy machine Wine now and then does not let a program come up, which must not look like a value that is gone.
reg_query() { # arguments of "reg query"...
    (
        until_true 30 reg_answers "$@" || exit 2
        [ "$reg_status" -ne 0 ] || say "$reg_answer"
        exit "$reg_status"
    )
}

reg_answers() { # arguments of "reg query"...
    reg_status=0
    reg_answer=$(wine_quiet reg query "$@" 2>/dev/null) || reg_status=$?
    case $reg_status:$reg_answer in
    0:?*) ;;
    1:*'Unable to find the specified registry'*) ;;
    *) return 1 ;;
    esac
}

# For sure.
reg_has() { # arguments of "reg query"...
    reg_query "$@" >/dev/null
}

reg_lacks() { # arguments of "reg query"...
    reg_query "$@" >/dev/null
    [ $? = 1 ]
}

# Prints absent, no_hive, or the number (type:REG_... for other types).
value_of() { # name or SID
    sid=$(sid_of "$1")
    value_lines=$(reg_query "HKU\\$sid\\$SETTING_KEY" /v $SETTING)
    case $? in
    0) say "$value_lines" | awk -v name=$SETTING '
        $1 == name { v = $3; sub(/^0x/, "", v); print $2 == "REG_DWORD" ? v : "type:" $2 }' ;;
    1)
        if reg_has "HKU\\$sid\\Software"; then
            say absent
        elif reg_lacks "HKU\\$sid\\Software"; then
            say no_hive
        fi
        ;;
    esac
}

has_value() { # name, expected
    [ "$(value_of "$1")" = "$2" ]
}

until_value() { # name, expected, [seconds]
    until_true "${3:-20}" has_value "$1" "$2" ||
        fail "$1: $SETTING is $(value_of "$1"), should become $2 within ${3:-20} s"
    say "ok: $1: $SETTING is $2"
}

values() { # name... - one line, to be compared
    for one; do
        printf '%s=%s ' "$one" "$(value_of "$one")"
    done
}

# What somebody else writes: a number, or "absent".
foreign_write() { # name, value
    key="HKU\\$(sid_of "$1")\\$SETTING_KEY"
    if [ "$2" = absent ]; then
        wine_quiet reg delete "$key" /v $SETTING /f >/dev/null
    else
        wine_quiet reg add "$key" /v $SETTING /t REG_DWORD /d "$2" /f >/dev/null
    fi || fail "cannot write $2 for $1"
}

has_marker() { # name
    reg_has "HKU\\$(sid_of "$1")\\$MARKER_KEY"
}

has_no_marker() { # name
    reg_lacks "HKU\\$(sid_of "$1")\\$MARKER_KEY"
}

# Prints one part of the marker (PreImage, Written, Previous) as hexadecimal digits.
marker_part() { # name, part
    reg_query "HKU\\$(sid_of "$1")\\$MARKER_KEY" /v "$2" |
        awk -v part="$2" '$1 == part { print $3 }'
}

# ---- writes, as they happen ----------------------------------------------------------------------

# What no user has: what we write there ends what was written before.
WATCH_END=.Default

# From now on every write is a line "UNIX_MS SID VALUE" in $WORK/log/watch.log.
watch_start() { # [--all] SID...
    WATCH_ENDS=0
    wine_background watch 'C:\mr\regwatch.exe' "$@" $WATCH_END
    until_true 20 grep -q '^ready' "$WORK/log/watch.log" || fail "regwatch does not start"
    watch_mark
}

# Lines before this point do not count any more.
watch_mark() {
    WATCH_FROM=$(($(wc -l <"$WORK/log/watch.log") + 1))
}

watch_lines() {
    tail -n "+$WATCH_FROM" "$WORK/log/watch.log" | tr -d '\r' | grep -vF " $WATCH_END "
}

# All that was written so far has its line.
watch_settle() {
    WATCH_ENDS=$((WATCH_ENDS + 1))
    until_true 20 watch_saw_end || fail "regwatch does not see what is written"
}

watch_saw_end() {
    tr -d '\r' <"$WORK/log/watch.log" | grep -qF " $WATCH_END $WATCH_ENDS" || {
        wine_quiet reg add "HKU\\$WATCH_END\\$SETTING_KEY" /v $SETTING /t REG_DWORD /d $WATCH_ENDS /f >/dev/null
        return 1
    }
}

nothing_written() {
    watch_settle
    [ -z "$(watch_lines)" ] || {
        say "  written: $(watch_lines)" >&2
        return 1
    }
}
