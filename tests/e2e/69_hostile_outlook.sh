#!/bin/sh
# 69_hostile_outlook.sh - what users may plant where Outlook is looked at: damaged values, hundreds of sections, registry links,
# huge and malicious XML, links to other people's files. Each is told for what it is, nothing is claimed, the account key is
# never opened, and everybody gets his value as fast as ever.
set -u
. "$(dirname "$0")/harness.sh"
. "$(dirname "$0")/outlook.sh"
enter_network "$@"
harness_begin
SECRET='HKLM\Software\Secret'
agent_started_once() {
    [ "$(agent_log | grep -c "event=started ")" -eq 2 ] # once, and once more with the other setting
}
CACHED='b7e128fc6da9614daadcced8787ff412 - Autodiscover.xml'

# Sections as an import of a whole hive would bring them.
sections() { # name, how many
    n=0
    while [ "$n" -lt "$2" ]; do
        n=$((n + 1))
        printf '\n[Software\\\\Microsoft\\\\Office\\\\16.0\\\\Outlook\\\\Profiles\\\\Outlook\\\\%032x] 1795349257\n' "$n"
        printf '"001f6653"=hex:%s\n' "$(utf16 'https://mail.contoso.example/mapi/emsmdb/' | sed 's/../&,/g; s/,$//')"
    done >>"$PREFIX/drive_c/hives/$1.hive"
}

user_add dora 1011
user_add emil 1012
sections emil 500
user_add fritz 1013
user_add gina 1014
for one in dora emil fritz gina; do user_logon $one; done

profile_value dora 16 Outlook $SERVICE_SECTION 001f6622 6d006100690 # half a byte is missing, and half a character
profile_default dora 16 Outlook
configure_mapi gina mail.contoso.example # and a password nobody may ask for
wine_quiet reg add "HKU\\$(sid_of gina)\\$(profiles_key 16)\\Outlook\\9375CFF0413111d3B88A00104B2A6676\\00000002" \
    /v 'IMAP Password' /t REG_BINARY /d 00112233 /f >/dev/null || fail "no account"
profile_text fritz 16 Outlook $SERVICE_SECTION 001f6622 mail.contoso.example
wine_quiet reg add "$SECRET\\Outlook\\$STORE_SECTION" /v 001f6653 /t REG_BINARY \
    /d "$(utf16 'https://outlook.office365.com/mapi/emsmdb/')" /f >/dev/null || fail "no secret"
wine_quiet reg delete "HKU\\$(sid_of fritz)\\$(profiles_key 16)" /f >/dev/null || fail "no room for a link"
tool reglink plant "$(sid_of fritz)" "$(profiles_key 16)" '\REGISTRY\MACHINE\Software\Secret' || fail "no link"

offer laughs.xml
server_start
agent_configure "$SERVER_URL"
agent_start
publish 1
release hold-back
for one in dora emil fritz gina wine; do until_value $one 1; done

until_server_says dora protocol unknown
until_evidence dora profile:damaged:001f6622
until_server_says emil protocol unknown
until_evidence emil profile:too_many_sections
until_server_says fritz protocol unknown
until_evidence fritz profile:unreadable
until_server_says fritz mailbox unknown # where the link leads is nobody's profile
until_server_says gina protocol mapi_http
until_server_says gina outlook.version none
until_evidence gina autodiscover:no_session
until_evidence wine autodiscover:malformed

rm "$(cache_dir)/$CACHED"
head -c 5242880 /dev/zero | tr '\0' ' ' >"$(cache_dir)/$CACHED"
cat "$ROOT/tests/data/autodiscover/mapi-http.xml" >>"$(cache_dir)/$CACHED"
poke wine
until_evidence wine autodiscover:too_large

rm "$(cache_dir)/$CACHED"
mkdir -p "$PREFIX/drive_c/elsewhere"
cp "$ROOT/tests/data/autodiscover/mapi-http.xml" "$PREFIX/drive_c/elsewhere/secret.xml"
ln -s "$PREFIX/drive_c/elsewhere/secret.xml" "$(cache_dir)/$CACHED"
poke wine
until_evidence wine autodiscover:unreadable
until_server_says wine protocol unknown

agent_set Observe process # looking at profiles is switched off for all
until_evidence gina not_looked
until_server_says gina protocol unknown
until_server_says gina mailbox unknown
until_server_says gina outlook.version none # which is no user's, and still looked at
check "no look brought the agent down" agent_started_once
passed
