#!/bin/sh
# inside.sh - what systemd.sh does inside its machine: a unit of systemd's runs it, and its lines go to the second
# serial port. /packages has this script, the packages, the probe and the page; nothing but them is ours.
set -u
umask 022
unset INVOCATION_ID NOTIFY_SOCKET JOURNAL_STREAM
HOME=$(getent passwd 0 | cut -d: -f6)
export LC_ALL=C.UTF-8 HOME DEBIAN_FRONTEND=noninteractive SYSTEMD_PAGER='' SYSTEMD_COLORS=0
UNIT=mapi-rollout-server.service
USER_NAME=mapi-rollout
ETC=/etc/mapi-rollout
DATA=/var/lib/mapi-rollout
RUN=/run/mapi-rollout
DROP_IN=/run/systemd/system/$UNIT.d
WORK=$HOME/work
SITE=/srv/site
mkdir "$WORK"
. "${0%/*}/saying.sh"

fail() { # sentence
    say "FAILED: $*"
    say "---- state"
    systemctl status --no-pager -l -n 0 "$UNIT" 2>&1
    say "---- end of the journal"
    journalctl --no-pager -q -n 60 -o short-monotonic 2>&1
    for log in "$WORK"/*.log; do
        say "---- end of ${log##*/}"
        tail -n 15 "$log"
    done
    exit 1
}

until_ok() { # sentence, command...: generous, this machine is emulated
    sentence=$1
    shift
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || fail "$sentence"
        sleep 0.2
    done
    say "ok: $sentence"
}

# ---- what is asked again and again ---------------------------------------------------------------

unit() { # property
    systemctl show --value -p "$1" "$UNIT"
}

# Each question to systemd takes a quarter of a second here: several at once.
is() { # PROPERTY=VALUE...
    equal "$(systemctl show -a "$UNIT" | grep -xF "$(printf '%s\n' "$@")" | sort | tr '\n' ' ')" "$(printf '%s\n' "$@" | sort | tr '\n' ' ')"
}

is_active_by_now() {
    [ "$(unit ActiveState)" = active ]
}

said() { # regular expression: in the server's journal
    journalctl --no-pager -q -o cat -u "$UNIT" | grep -Eq "$1"
}

bounded() { # command...: less than the unit's own bounds, which end what hangs by force
    timeout 70 "$@" >>"$WORK/bounded.log" 2>&1
}

get() { # port, path
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" | timeout 60 openssl s_client -quiet \
        -connect "localhost:$1" -CAfile $ETC/server.pem -verify_hostname localhost -verify_return_error 2>>"$WORK/get.log"
}

is_ready() {
    get 8443 /readyz | grep -q '^ready'
}

served() {
    get 8443 /v1/policy | tr -d '\r' | sed -n 's/^ETag: *"\([0-9]*\)-.*/\1/p'
}

serial_shown() {
    timeout 60 openssl s_client -connect localhost:8443 </dev/null 2>/dev/null | openssl x509 -noout -serial
}

operator() { # subcommand, arguments...
    mapi-rollout "$@" --server https://localhost:8444 --ca $ETC/server.pem --token-file $ETC/first-publisher.token \
        >>"$WORK/operator.log" 2>&1
}

page() { # regular expression that names one line of docs/operations-server.md
    equal "$(grep -cE "$1" /packages/page)" 1 || fail "the page has no line for $1"
    (cd "${2:-$SITE}" && sh -c "$(grep -E "$1" /packages/page)") >>"$WORK/page.log" 2>&1
}

mode_is() { # path, mode and owner
    equal "$(stat -c '%a %U:%G' "$1")" "$2"
}

drop_in() { # line...
    mkdir -p "$DROP_IN"
    printf '%s\n' '[Service]' "$@" >"$DROP_IN/test.conf"
    systemctl daemon-reload
}

none_runs() { # uid
    ! grep -lsE "^Uid:[[:space:]]+$1[[:space:]]" /proc/[0-9]*/status
}

# ---- parts ---------------------------------------------------------------------------------------

installs() {
    check "the packages install under systemd, by the page's line" page '^apt install ' /packages
    check "the service is enabled" equal "$(systemctl is-enabled "$UNIT")" enabled
    check "without a trust file it is not started, and has not failed" is ActiveState=inactive Result=success
    mapi-rollout init $SITE --host localhost --rollout systemd >"$WORK/init.log" 2>&1 || fail "init"
    check "the trust file goes where the page says" page '^install .*trust\.json'
    check "it is started by the page's line" page '^systemctl start '
    check "it is active at once" is ActiveState=active
    check "because it serves" is_ready
    check "systemctl status says where" sh -c "systemctl status --no-pager $UNIT |
        grep -q 'Status: \"serving agents=https://0.0.0.0:8443 admin=https://127.0.0.1:8444'"
    check "the command reaches it by the page's line" page '^mapi-rollout status '
    mapi-rollout sign $SITE/plan.json --key $SITE/signing.pem --out "$WORK/bundle.json" >>"$WORK/operator.log" 2>&1 || fail "sign"
    operator publish "$WORK/bundle.json" || fail "publish"
    operator release observe --yes || fail "release"
    check "what is released is served over TLS" equal "$(served)" 1001
}

status_of() { # field
    sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status" | tr '\t' ' '
}

limit_of() { # name
    sed -n "s/^$1  *\([^ ]*\)  *\([^ ]*\).*/\1 \2/p" "/proc/$pid/limits"
}

# As the server itself sees it.
mounted_as() { # place, ro | rw
    equal "$(awk -v place="$1" '$5 == place { split($6, options, ","); is = options[1] } END { print is }' "/proc/$pid/mountinfo")" "$2"
}

has_space() { # kind: is it another than the machine's?
    [ "$(readlink "/proc/$pid/ns/$1")" != "$(readlink "/proc/1/ns/$1")" ]
}

runs_as_the_unit_says() {
    pid=$(unit MainPID)
    uid=$(id -u $USER_NAME)
    gid=$(id -g $USER_NAME)
    check "it runs as its user" equal "$(status_of Uid)/$(status_of Gid)/$(status_of Groups)" \
        "$uid $uid $uid $uid/$gid $gid $gid $gid/$gid "
    for set in CapInh CapPrm CapEff CapBnd CapAmb; do
        check "no rights: $set" equal "$(status_of $set)" 0000000000000000
    done
    check "none can come" equal "$(status_of NoNewPrivs)" 1
    check "its system calls are filtered" equal "$(status_of Seccomp)" 2
    check "its files are for nobody else" equal "$(status_of Umask)" 0077
    check "it may have many connections" equal "$(limit_of 'Max open files')" '65536 65536'
    check "its memory is never written to a file" equal "$(limit_of 'Max core file size')" '0 0'
    for kind in mnt user uts; do
        check "it has a name space of its own: $kind" has_space $kind
    done
    check "the file system is read-only to it" mounted_as / ro
    for place in $DATA $RUN; do
        check "it can write to $place" mounted_as "$place" rw
    done
    check "the store is its own" equal "$(find $DATA ! -user $USER_NAME -o ! -group $USER_NAME)" ''
    check "and nobody else's" equal "$(find $DATA -perm /077)" ''
    check "the data directory is as the package made it" mode_is $DATA "700 $USER_NAME:$USER_NAME"
    check "the directory in memory is its own" mode_is $RUN "700 $USER_NAME:$USER_NAME"
    check "settings stay root's" mode_is $ETC "750 root:$USER_NAME"
    check "systemd watches it" is WatchdogUSec=3min
    say "note: systemd-analyze security: $(systemd-analyze security --no-pager "$UNIT" 2>/dev/null | sed -n 's/.*Overall exposure level for [^:]*: \([^ ]* [A-Z]*\).*/\1/p')"
}

# The unit as it is, and before the server: the probe; then the server is held before it begins.
sandbox_holds() {
    # What the probe is to be refused.
    mkdir -p /home/open /srv/open
    chmod 777 /home/open /srv/open
    echo letter >/home/open/letter
    echo letter >/tmp/letter
    cp /usr/bin/id /srv/open/id
    chmod 4755 /srv/open/id
    mknod -m 666 /srv/open/serial c 4 64
    echo 0 >/proc/sys/kernel/dmesg_restrict
    setpriv --reuid $USER_NAME --regid $USER_NAME --init-groups perl /packages/probe.pl /srv/open $RUN >"$WORK/outside.log" 2>&1
    check "without the sandbox a probe is refused nothing" equal "$(grep -c '^allowed ' "$WORK/outside.log")" \
        "$(wc -l <"$WORK/outside.log")"
    rm -f /srv/open/file /home/open/file
    # Nine seconds instead of three minutes: what hangs is for watchdog_watches.
    drop_in "ExecStartPre=/bin/sh -c 'perl /packages/probe.pl /srv/open $RUN >$RUN/probe 2>&1'" 'ExecStart=' \
        "ExecStart=/bin/sh -c '[ ! -e $RUN/hold ] || kill -STOP \$\$\$\$; exec /usr/bin/mapi-rollout-server --config $ETC/server.conf'" \
        'WatchdogSec=9'
    bounded systemctl stop "$UNIT" || fail "stop"
    : >$RUN/hold
    systemctl start --no-block "$UNIT"
    until_ok "the unit is started with a probe" held_back
    check "and is not active before the server says so" is ActiveState=activating
    check "nothing serves yet" sh -c '! : | timeout 20 openssl s_client -connect localhost:8443 >/dev/null 2>&1'
    rm $RUN/hold
    kill -CONT "$(unit MainPID)"
    until_ok "when it says so, it is" is_active_by_now
    check "it serves then" is_ready
    while read -r verdict name; do
        grep -q "^allowed $name\$" "$WORK/outside.log" || fail "the probe did not try '$name' outside"
        check "the sandbox refuses: $name" equal "$verdict" refused
    done <$RUN/probe
    check "the probe tried all" equal "$(wc -l <$RUN/probe)" "$(wc -l <"$WORK/outside.log")"
}

held_back() {
    held=$(unit MainPID)
    [ "$held" != 0 ] && grep -q '^State:[[:space:]]*T' "/proc/$held/status" 2>/dev/null
}

another_runs() { # pid of the one before
    now_pid=$(unit MainPID)
    [ "$now_pid" != 0 ] && [ "$now_pid" != "$1" ] && [ "$(unit ActiveState)" = active ]
}

# A process that stands is as one that hangs.
watchdog_watches() {
    pid=$(unit MainPID)
    kill -STOP "$pid"
    until_ok "hanging it is ended and started again" another_runs "$pid"
    check "by the watchdog" sh -c "journalctl --no-pager -q -o cat UNIT=$UNIT | grep -q 'Watchdog timeout'"
    rm $RUN/probe
    rm -r "$DROP_IN"
    systemctl daemon-reload
}

reloads() {
    pid=$(unit MainPID)
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 -subj /CN=localhost \
        -addext 'subjectAltName=DNS:localhost' -keyout "$WORK/key" -out "$WORK/pem" 2>/dev/null || fail "no certificate"
    install -m 644 "$WORK/pem" $ETC/server.pem
    install -m 640 -g $USER_NAME "$WORK/key" $ETC/server.key
    rm "$WORK/key"
    check "systemctl reload" bounded systemctl reload "$UNIT"
    put=$(openssl x509 -in $ETC/server.pem -noout -serial) || fail "no certificate"
    until_ok "the new certificate is shown" new_is_shown
    check "by the same process" is "MainPID=$pid"
    until_ok "which is active again" is_active_by_now
}

new_is_shown() {
    [ "$(serial_shown)" = "$put" ]
}

restarts_and_stops() {
    pid=$(unit MainPID)
    uid=$(id -u $USER_NAME)
    ! none_runs "$uid" >/dev/null || fail "its processes are not found"
    check "systemctl restart" bounded systemctl restart "$UNIT"
    check "it is another process" [ "$(unit MainPID)" != "$pid" ]
    check "that serves what was released" equal "$(served)" 1001
    check "systemctl stop" bounded systemctl stop "$UNIT"
    check "it has ended by itself, with 0, well, and has nothing more to say" is ActiveState=inactive Result=success \
        ExecMainCode=1 ExecMainStatus=0 StatusText=
    check "no process of it is left" none_runs "$uid"
    check "the directory in memory stays" mode_is $RUN "700 $USER_NAME:$USER_NAME"
    journalctl --no-pager -q -o cat -p warning UNIT=$UNIT >"$WORK/warned.log"
    check "systemd complains of the watchdog's work and of nothing else" equal "$(grep -vE 'atchdog|code=(killed|dumped)' "$WORK/warned.log")" ''
    check "systemctl start" bounded systemctl start "$UNIT"
}

comes_back() {
    pid=$(unit MainPID)
    kill -9 "$pid"
    until_ok "killed by force it is started again" another_runs "$pid"
    check "and serves what was released" equal "$(served)" 1001
}

# The record has two halves of 4096 bytes, and its next version goes into the one that is older: with files of 4096 bytes at
# most only the second half cannot be written.
counter_of_record() {
    perl -e 'open my $f, "<", $ARGV[0] or die; local $/; my $raw = <$f>; my $most = 0;
        for my $at (0, 4096) { my ($n) = substr($raw, $at + 65) =~ /^([0-9]+) /; $most = $n if defined $n && $n > $most }
        print $most' $DATA/release.record
}

brake_outlasts() {
    for stage in hold-back pilot everyone; do
        operator release $stage --yes --confirm-regression || fail "release"
        [ $(($(counter_of_record) % 2)) = 1 ] || break
    done
    check "the record's next half is the second" [ $(($(counter_of_record) % 2)) = 0 ]
    prlimit --pid "$(unit MainPID)" --fsize=4096:unlimited || fail "writing cannot be forbidden"
    ! mapi-rollout-server safe --config $ETC/server.conf --reason "it hangs" >"$WORK/safe.log" 2>&1 ||
        fail "nothing is said of the record"
    check "root's brake reaches the server; that it cannot be recorded is said, and what remembers it" \
        grep -q 'but a restart of the machine would forget it' "$WORK/safe.log"
    check "a copy is in memory" [ "$(spares)" = 1 ]
    check "systemctl restart" bounded systemctl restart "$UNIT"
    check "the brake has outlasted it" equal "$(served)" 1999
    check "the copy goes when the record has it" [ "$(spares)" = 0 ]
}

spares() {
    find $RUN -name 'release-*.spare' | wc -l
}

root_commands_work() {
    check "root makes a token" bounded mapi-rollout-server token add --config $ETC/server.conf --role viewer --name another
    check "and a backup" bounded mapi-rollout-server backup "$HOME/backup.db" --config $ETC/server.conf
    check "the store stays the server's" equal "$(find $DATA ! -user $USER_NAME -o ! -group $USER_NAME)" ''
}

has_priority() { # number as in syslog(3), words
    journalctl --no-pager -q -o cat -p "$1..$1" -u "$UNIT" | grep -F -- "$2" >/dev/null
}

journal_is_complete() {
    check "the journal has what the server says" said '^event=started version='
    check "with its priority" has_priority 6 event=started
    check "and who asked for what" said '^event=request address=127.0.0.1 who="token first" method=PUT route=/v1/rollout status=200 '
    printf 'GET /v1/rollout HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer not-a-token-but-secret\r\nConnection: close\r\n\r\n' |
        timeout 60 openssl s_client -quiet -connect localhost:8444 >"$WORK/refused" 2>&1
    check "a token that is none is refused" grep -q '^HTTP/1.1 401' "$WORK/refused"
    secret=$(mapi-rollout-server enroll-secret add --config $ETC/server.conf 2>>"$WORK/bounded.log") || fail "no secret"
    journalctl --no-pager -q --all -o export >"$WORK/journal"
    check "the journal is there to be searched" grep -q 'status=401 ' "$WORK/journal"
    for word in "$(cat $ETC/first-publisher.token)" "$secret" not-a-token-but-secret 'PRIVATE KEY'; do
        [ ${#word} -gt 9 ] || fail "no secret to look for"
        check "no secret is in it" sh -c "! grep -qF -- '$word' '$WORK/journal'"
    done
    rm "$WORK/journal"
}

says_in_status() { # regular expression
    systemctl status --no-pager -l "$UNIT" | grep -Eq "$1"
}

tells_what_is_wrong() {
    cp -p $ETC/server.conf "$WORK/server.conf"
    echo 'colour = green' >>$ETC/server.conf
    ! bounded systemctl restart "$UNIT" || fail "a setting that is none is taken"
    check "settings that are wrong: the unit has failed, and is not tried again" is ActiveState=failed SubState=failed
    check "systemctl status has the sentence that says why" says_in_status \
        ' mapi-rollout-server: .*/server\.conf, line [0-9]+: has a key that is no setting'
    check "the journal has it as an error" has_priority 3 'mapi-rollout-server: '
    cat "$WORK/server.conf" >$ETC/server.conf
    sed -i '/^keep-reports-days/d' $ETC/server.conf
    echo 'keep-reports-days = 0' >>$ETC/server.conf
    ! bounded systemctl start "$UNIT" || fail "a value that cannot be is taken"
    check "a value that cannot be: no second try either" is ActiveState=failed SubState=failed
    check "systemctl status has the range" says_in_status 'Status: "out_of_range: --keep-reports-days '
    cat "$WORK/server.conf" >$ETC/server.conf
    mv $ETC/trust.json "$WORK/trust.json"
    ! bounded systemctl start "$UNIT" || fail "it starts without trust"
    # It is tried again every two seconds, and has no status while it is.
    until_ok "a file that is missing: systemctl status says which" says_in_status \
        'Status: "not_found: cannot read /etc/mapi-rollout/trust\.json: '
    check "the journal has that as an error, too" has_priority 3 trust.json
    mv "$WORK/trust.json" $ETC/trust.json
    until_ok "it starts by itself when the file is there" is_active_by_now
}

install_deb() { # name
    dpkg -i "/packages/$1.deb" >>"$WORK/dpkg.log" 2>&1
}

settings() {
    sha256sum $ETC/*
}

upgrades() {
    pid=$(unit MainPID)
    before=$(settings)
    released=$(served)
    check "a newer package comes over it" install_deb newer
    check "it is restarted" [ "$(unit MainPID)" != "$pid" ]
    check "is active" is ActiveState=active
    check "serves what was released" equal "$(served)" "$released"
    check "with the settings of before" equal "$(settings)" "$before"
}

goes() {
    uid=$(id -u $USER_NAME)
    check "it is removed while it runs" dpkg -r mapi-rollout-server >>"$WORK/dpkg.log" 2>&1
    check "no process of it is left" none_runs "$uid"
    check "store and settings are" [ -e $DATA/store.db -a -e $ETC/trust.json ]
    check "it is installed again" install_deb newer
    check "and starts, as it has all it needs" is ActiveState=active
    check "it serves what was released" equal "$(served)" "$released"
    bounded systemctl disable --now "$UNIT" || fail "disable"
    check "disabled and stopped, another comes over it" install_deb newer
    check "it stays stopped" is ActiveState=inactive
    check "and disabled" equal "$(systemctl is-enabled "$UNIT")" disabled
    check "it is purged" dpkg -P mapi-rollout-server mapi-rollout >>"$WORK/dpkg.log" 2>&1
    check "no process of it is left" none_runs "$uid"
    check "nothing is left" equal "$(find / \( -path /proc -o -path /sys -o -path /packages -o -path "$HOME" -o -path /var/log -o \
        -path /run/log \) -prune -o -name '*mapi-rollout*' -print)" ''
    ! getent passwd $USER_NAME || fail "the user is still there"
    check "systemd does not miss it" equal "$(systemctl list-units --all --no-legend --failed)" ''
}

echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/yes
for part in installs runs_as_the_unit_says reloads sandbox_holds watchdog_watches restarts_and_stops comes_back brake_outlasts \
    root_commands_work journal_is_complete tells_what_is_wrong upgrades goes; do
    $part
done
say "passed in the machine"
