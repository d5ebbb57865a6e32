# outlook.sh - Outlook as a test wants it: profiles, Autodiscover's answers, and whether it runs. Sourced after harness.sh.
#
#   profile_text wine 16 Outlook 0123456789abcdef0123456789abcdef 001f6622 mail.contoso.example
#   offer wine mapi.xml                         a file of tests/data/autodiscover, newer than all that was written
#   outlook_start; poke wine                    it runs as Wine's own account; the agent looks again at once
#   until_evidence wine autodiscover:mapiHttp

# The section that Outlook gives its first store, and the one of the service; any name of this form will do.
STORE_SECTION=c02ebc5353d9cd11975200aa004ae40e
SERVICE_SECTION=13dbb0c8aa05101a9bb000aa002fc45a
CACHE_DIR=AppData/Local/Microsoft/Outlook

profiles_key() { # 16|15|14
    case $1 in
    14) say 'Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem\Profiles' ;;
    *) say "Software\\Microsoft\\Office\\$1.0\\Outlook\\Profiles" ;;
    esac
}

# Outlook keeps texts as REG_BINARY: UTF-16 and its NUL.
utf16() { # text
    printf '%s\0' "$1" | iconv -f UTF-8 -t UTF-16LE | od -An -v -tx1 | tr -d ' \n'
}

profile_value() { # name, layout, profile, section, value, hexadecimal digits
    wine_quiet reg add "HKU\\$(sid_of "$1")\\$(profiles_key "$2")\\$3\\$4" /v "$5" /t REG_BINARY /d "$6" /f >/dev/null ||
        fail "cannot write $5 for $1"
}

profile_text() { # name, layout, profile, section, value, text
    profile_value "$1" "$2" "$3" "$4" "$5" "$(utf16 "$6")"
}

profile_default() { # name, layout, profile
    case $2 in
    14) default_in=$(profiles_key 14) ;;
    *) default_in="Software\\Microsoft\\Office\\$2.0\\Outlook" ;;
    esac
    wine_quiet reg add "HKU\\$(sid_of "$1")\\$default_in" /v DefaultProfile /t REG_SZ /d "$3" /f >/dev/null ||
        fail "cannot set the default profile of $1"
}

# Also where there are none.
profiles_forget() { # name, layout
    wine_quiet reg delete "HKU\\$(sid_of "$1")\\$(profiles_key "$2")" /f >/dev/null 2>&1 || :
}

# One profile of Outlook 2016, configured as Outlook itself would.
configure_mapi() { # name, host
    profiles_forget "$1" 16
    profile_text "$1" 16 Outlook $STORE_SECTION 001f6652 "https://$2/mapi/emsmdb/?MailboxId=6f1c@contoso.example"
    profile_text "$1" 16 Outlook $STORE_SECTION 001f6653 "https://$2/mapi/emsmdb/?MailboxId=6f1c@contoso.example"
    profile_text "$1" 16 Outlook $SERVICE_SECTION 001f6654 "https://$2/mapi/nspi/?MailboxId=6f1c@contoso.example"
    profile_default "$1" 16 Outlook
}

configure_rpc() { # name, host
    profiles_forget "$1" 16
    profile_text "$1" 16 Outlook $SERVICE_SECTION 001f6622 "$2"
    profile_value "$1" 16 Outlook $SERVICE_SECTION 00036623 07000000
    profile_default "$1" 16 Outlook
}

# Wine has one account with a session; only its files are looked at.
cache_dir() {
    say "$PREFIX/drive_c/users/$(ls "$PREFIX/drive_c/users" | grep -vx Public | head -n 1)/$CACHE_DIR"
}

offer() { # file of tests/data/autodiscover
    mkdir -p "$(cache_dir)"
    rm -f "$(cache_dir)/b7e128fc6da9614daadcced8787ff412 - Autodiscover.xml"
    cp "$ROOT/tests/data/autodiscover/$1" "$(cache_dir)/b7e128fc6da9614daadcced8787ff412 - Autodiscover.xml"
}

outlook_start() {
    wine_background outlook 'C:\mr\OUTLOOK.EXE'
    OUTLOOK_PID=$STARTED_PID
    until_true 20 tool handles OUTLOOK.EXE >/dev/null || fail "Outlook does not start"
}

outlook_end() {
    kill "$OUTLOOK_PID"
    wait "$OUTLOOK_PID" 2>/dev/null || :
}

# A start is seen within a minute; whatever changes in the key of the setting is seen at once, and all else with it.
poke() { # name
    POKES=$((${POKES:-0} + 1))
    wine_quiet reg add "HKU\\$(sid_of "$1")\\$SETTING_KEY" /v Poke /t REG_DWORD /d "$POKES" /f >/dev/null ||
        fail "cannot touch the key of $1"
}

has_evidence() { # name, text
    server_says "$1" evidence | grep -qF "\"$2\""
}

until_evidence() { # name, text
    until_true 30 has_evidence "$1" "$2" ||
        fail "$1: the evidence is $(server_says "$1" evidence), should have $2 within 30 s"
    say "ok: the server has $2 of $1"
}
