#!/bin/sh
# 80_packages.sh - the Debian packages in a Debian of their own: installed they run, with a token and a certificate of their
# own; an upgrade keeps everything, removing keeps what is the administrator's, purging leaves nothing.
set -u
ROOT=${MR_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
PORT=8444
. "$ROOT/tests/saying.sh"

skip() {
    say "skipped: $*"
    exit 77
}

fail() {
    say "FAILED: $*" >&2
    for log in "$WORK"/*.log; do
        say "---- end of ${log##*/}" >&2
        tail -n 20 "$log" >&2
    done
    exit 1
}

[ "$(id -u)" = 0 ] || skip "a Debian of its own takes root"
command -v debootstrap >/dev/null || skip "debootstrap is not installed"
if [ -z "${MR_OWN_SPACE:-}" ]; then
    unshare -mn true 2>/dev/null || skip "no name spaces here"
    exec unshare -mn sh -c 'mount --make-rprivate / && ip link set lo up && MR_OWN_SPACE=yes exec "$0"' "$0"
fi

# ---- a Debian: made once and kept, each test has a copy ------------------------------------------

WORK=$(mktemp -d)
SERVER_PID=
finish() {
    status=$?
    [ -z "$SERVER_PID" ] || kill "$SERVER_PID" 2>/dev/null || :
    for place in debian layers; do
        ! mountpoint -q "$WORK/$place" || umount -R "$WORK/$place"
    done
    rm -rf "$WORK"
    exit $status
}
trap finish EXIT
base=$(sh "$ROOT/run.d/debian_base.sh" path)
[ -d "$base" ] || skip "there is no Debian to copy: ./run setup makes it as root"
mkdir "$WORK/debian"
if mkdir "$WORK/layers" && mount -t tmpfs tmpfs "$WORK/layers" 2>/dev/null &&
    mkdir "$WORK/layers/upper" "$WORK/layers/work" &&
    mount -t overlay overlay -o "lowerdir=$base,upperdir=$WORK/layers/upper,workdir=$WORK/layers/work" "$WORK/debian" 2>/dev/null; then
    :
else
    cp -a "$base/." "$WORK/debian/"
fi
D=$WORK/debian
mount -t proc proc "$D/proc" 2>/dev/null || :

in_debian() { # command...
    chroot "$D" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
}

mode_of() { # path
    in_debian stat -c '%a %U:%G' "/$1"
}

has_mode() { # path, "MODE OWNER:GROUP"
    [ "$(mode_of "$1")" = "$2" ] || {
        say "  $1 is $(mode_of "$1"), should be $2" >&2
        return 1
    }
}

# ---- the packages, and a newer one ---------------------------------------------------------------

[ -e "$ROOT/build/native-release/bin/mapi-rollout-server" ] || fail "there are no programs: ./run build makes them"
(umask 077 && "$ROOT/installer/deb/build.sh" "$ROOT/build/native-release" "$WORK/packages") >"$WORK/cpack.log" 2>&1 ||
    fail "there are no packages"
server_deb=$(ls "$WORK"/packages/mapi-rollout-server_*.deb)
command_deb=$(ls "$WORK"/packages/mapi-rollout_*.deb)
mkdir "$D/packages"
cp "$server_deb" "$D/packages/server.deb"
cp "$command_deb" "$D/packages/command.deb"
dpkg-deb -R "$server_deb" "$WORK/newer" >"$WORK/repack.log" 2>&1
sed -i 's/^Version: .*/Version: 99.0.0/' "$WORK/newer/DEBIAN/control"
dpkg-deb --root-owner-group -b "$WORK/newer" "$D/packages/newer.deb" >>"$WORK/repack.log" 2>&1 || fail "no newer package"

install() { # package...
    in_debian dpkg -i "$@" >"$WORK/dpkg.log" 2>&1
}

# A name that is longer than a certificate's subject may be.
long=$(hostname).of-a-department-with-a-very-long-name.of-a-company-with-a-longer-one.example.com
printf '127.0.1.1 %s %s\n' "$long" "$(hostname)" >>"$D/etc/hosts"
check "both packages install" install /packages/server.deb /packages/command.deb
check "which says what is left to do" grep -q 'put the trust file there' "$WORK/dpkg.log"
for name in $(sed -n 's/^    apt install //p' "$ROOT/docs/operations-server.md"); do
    [ -e "$WORK/packages/${name#./}" ] || fail "the page names a package that there is not: $name"
done
modes=$(for deb in "$server_deb" "$command_deb"; do dpkg-deb -c "$deb"; done | awk '$1 !~ /^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x)$/')
check "nothing in them has an odd mode" [ -z "$modes" ]
check "there is a user" in_debian getent passwd mapi-rollout >/dev/null
check "the data directory is his alone" has_mode var/lib/mapi-rollout '700 mapi-rollout:mapi-rollout'
check "settings are root's and he reads them" has_mode etc/mapi-rollout/server.conf '640 root:mapi-rollout'
check "nobody else looks into their folder" has_mode etc/mapi-rollout '750 root:mapi-rollout'
check "the key is as well" has_mode etc/mapi-rollout/server.key '640 root:mapi-rollout'
check "the first token is for root alone" has_mode etc/mapi-rollout/first-publisher.token '600 root:root'
check "the certificate is of P-256" sh -c "openssl x509 -in '$D/etc/mapi-rollout/server.pem' -noout -text | grep -q 'NIST CURVE: P-256'"
check "for this machine by its whole name" sh -c "openssl x509 -in '$D/etc/mapi-rollout/server.pem' -noout -ext subjectAltName | grep -q 'DNS:$long'"
check "the program runs there" in_debian mapi-rollout-server --version >/dev/null
check "so does the command" in_debian mapi-rollout --version >/dev/null
for page in man1/mapi-rollout.1 man8/mapi-rollout-server.8; do
    check "there is a page ${page#*/}" sh -c "gzip -dc '$D/usr/share/man/$page.gz' | grep -q '^.SH COMMANDS'"
done
check "the service is known to systemd" grep -q '^ExecStart=/usr/bin/mapi-rollout-server ' \
    "$D/usr/lib/systemd/system/mapi-rollout-server.service"
check "words are completed" [ "$(in_debian bash -c '. /usr/share/bash-completion/completions/mapi-rollout &&
    COMP_WORDS=(mapi-rollout stat) COMP_CWORD=1 && _mapi_rollout && echo "${COMPREPLY[@]}"')" = status ]
# Each word that completion knows has its place in the manual page.
gzip -dc "$D/usr/share/man/man1/mapi-rollout.1.gz" | tr -d '\\' >"$WORK/page"
for word in $(in_debian mapi-rollout completion bash | sed -n "s/.*compgen -W '\(init [^']*\)'.*/\1/p"); do
    grep -qw -- "$word" "$WORK/page" || fail "the manual page lacks '$word'"
done
say "ok: the manual page has every command"

# ---- it runs -------------------------------------------------------------------------------------

in_debian mapi-rollout init /srv/site --host localhost --rollout packages >"$WORK/init.log" 2>&1 || fail "init"

# The lines of docs/operations-server.md, as they stand there. There is no systemd here to start and reload.
sed -n '/^### From the Debian packages/,/^### By hand/s/^    //p' "$ROOT/docs/operations-server.md" >"$WORK/page"
page() { # regular expression that names one line
    [ "$(grep -cE "$1" "$WORK/page")" = 1 ] || fail "the page has no line for $1"
    in_debian sh -c "umask 077 && cd /srv/site && $(grep -E "$1" "$WORK/page")" >>"$WORK/command.log" 2>&1
}
check "the trust file goes where the page says" page '^install .*trust\.json'

serve() {
    : >"$WORK/server.out"
    # No function: its number would be that of a shell around it.
    chroot "$D" /usr/bin/setpriv --reuid mapi-rollout --regid mapi-rollout --init-groups --no-new-privs \
        /usr/bin/mapi-rollout-server --config /etc/mapi-rollout/server.conf >"$WORK/server.out" 2>>"$WORK/server.log" &
    SERVER_PID=$!
    tries=0
    until grep -q '^listening ' "$WORK/server.out"; do
        kill -0 $SERVER_PID 2>/dev/null || fail "the server does not start"
        tries=$((tries + 1))
        [ $tries -lt 600 ] || fail "the server does not listen"
        sleep 0.05
    done
}

unserve() {
    kill "$SERVER_PID"
    wait "$SERVER_PID" || fail "the server does not end well"
    SERVER_PID=
}

command_of() { # subcommand, arguments...
    in_debian mapi-rollout "$@" --server "https://localhost:$PORT" --ca /etc/mapi-rollout/server.pem \
        --token-file /etc/mapi-rollout/first-publisher.token >>"$WORK/command.log" 2>&1
}

serve
check "the first token opens, and the certificate holds" page '^mapi-rollout status '
in_debian mapi-rollout sign /srv/site/plan.json --key /srv/site/signing.pem --out /srv/bundle.json >>"$WORK/command.log" 2>&1 ||
    fail "sign"
check "it may publish" command_of publish /srv/bundle.json
unserve

# ---- upgrade, remove, purge ----------------------------------------------------------------------

sed -i 's/^#log-level = info/log-level = debug/' "$D/etc/mapi-rollout/server.conf"
before=$(cd "$D" && sha256sum etc/mapi-rollout/*)
check "a newer one comes over it" install /packages/newer.deb
check "it is there" sh -c "[ \"\$(chroot '$D' dpkg-query -W -f '\${Version}' mapi-rollout-server)\" = 99.0.0 ]"
check "settings, key, certificate and token are what they were" [ "$(cd "$D" && sha256sum etc/mapi-rollout/*)" = "$before" ]
serve
check "and what was published is there" sh -c "chroot '$D' mapi-rollout status --json --server https://localhost:$PORT \
    --ca /etc/mapi-rollout/server.pem --token-file /etc/mapi-rollout/first-publisher.token | grep -q '\"serial\":'"
unserve

check "it can be removed" in_debian dpkg -r mapi-rollout-server >>"$WORK/dpkg.log" 2>&1
check "the program is gone" [ ! -e "$D/usr/bin/mapi-rollout-server" ]
check "the store stays" [ -e "$D/var/lib/mapi-rollout/store.db" ]
check "so do settings" [ "$(cd "$D" && sha256sum etc/mapi-rollout/*)" = "$before" ]
check "it can be installed again" install /packages/server.deb
check "with the token of before" [ "$(cd "$D" && sha256sum etc/mapi-rollout/*)" = "$before" ]
check "it can be purged" in_debian dpkg -P mapi-rollout-server mapi-rollout >>"$WORK/dpkg.log" 2>&1
left=$(cd "$D" && find . -xdev \( -path ./packages -o -path ./proc -o -path ./root -o -path ./srv -o -path ./var/log \) -prune -o -name '*mapi-rollout*' -print)
check "nothing is left" [ -z "$left" ]
! in_debian getent passwd mapi-rollout >/dev/null || fail "the user is still there"
say "passed: 80_packages"
