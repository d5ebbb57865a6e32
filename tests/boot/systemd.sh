#!/bin/sh
# systemd.sh - the Debian packages in a machine that systemd runs: the unit as it is shipped is ready when it says so, may do
# what it says and nothing else, reloads, stops, comes back, is upgraded and goes.
#
# The machine is emulated, the same everywhere: /dev/kvm is not there, or not to be relied on, where tests run. It has no disk
# and no network: its files are unpacked into its memory, systemd is process 1, and inside.sh is a unit in it.
set -u
ROOT=${MR_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
BOUND_S=1800 # two minutes on a machine that does nothing else
. "$ROOT/tests/saying.sh"

skip() {
    say "skipped: $*"
    exit 77
}

fail() { # sentence
    say "FAILED: $*" >&2
    for log in "$WORK"/*.log; do
        say "---- end of ${log##*/}" >&2
        tail -n 40 "$log" | tr -d '\r' >&2
    done
    exit 1
}

[ "$(id -u)" = 0 ] || skip "a Debian of its own takes root"
for program in qemu-system-x86_64 cpio; do
    command -v $program >/dev/null || skip "$program is not installed"
done
base=$(sh "$ROOT/run.d/debian_base.sh" path boot)
[ -d "$base" ] || skip "there is no Debian to boot: ./run setup --boot makes it as root"

WORK=$(mktemp -d)
MACHINE=
finish() {
    status=$?
    [ -z "$MACHINE" ] || kill "$MACHINE" 2>/dev/null || :
    rm -rf "$WORK"
    exit $status
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

# ---- what the machine finds ----------------------------------------------------------------------

[ -e "$ROOT/build/native-release/bin/mapi-rollout-server" ] || fail "there are no programs: ./run build makes them"
own=$WORK/own
units=$own/etc/systemd/system
mkdir -p "$own/packages" "$units/multi-user.target.wants"
"$ROOT/installer/deb/build.sh" "$ROOT/build/native-release" "$own/packages" >"$WORK/cpack.log" 2>&1 || fail "there are no packages"
dpkg-deb -R "$own"/packages/mapi-rollout-server_*.deb "$WORK/newer" >"$WORK/repack.log" 2>&1
sed -i 's/^Version: .*/Version: 99.0.0/' "$WORK/newer/DEBIAN/control"
dpkg-deb --root-owner-group -b "$WORK/newer" "$own/packages/newer.deb" >>"$WORK/repack.log" 2>&1 || fail "no newer package"
# The lines of docs/operations-server.md, as they stand there.
sed -n '/^### From the Debian packages/,/^### By hand/s/^    //p' "$ROOT/docs/operations-server.md" >"$own/packages/page"
cp "$ROOT/tests/boot/inside.sh" "$ROOT/tests/saying.sh" "$own/packages"
cp "$ROOT/tests/boot/probe.pl" "$own/packages/probe.pl"
echo machine >"$own/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 machine.example.com machine\n' >"$own/etc/hosts"
cat >"$units/inside.service" <<'END'
[Unit]
Description=what is tried in this machine

[Service]
Type=oneshot
ExecStart=/bin/sh /packages/inside.sh
ExecStopPost=/bin/systemctl poweroff --force --force
StandardOutput=file:/dev/ttyS1
StandardError=inherit
END
ln -s ../inside.service "$units/multi-user.target.wants/inside.service"
# Emulated these cost seconds, at the start and with each package; there are no disks, terminals and times of day to be had.
mkdir "$own/etc/systemd/system-generators"
for path in "$base"/usr/lib/systemd/system-generators/*; do
    ln -s /dev/null "$own/etc/systemd/system-generators/${path##*/}"
done
for name in getty.target timers.target e2scrub_reap.service; do
    ln -s /dev/null "$units/$name"
done
# What is unpacked later lies over what was unpacked before.
(cd "$base" && find . -xdev \( -path ./boot -o -path './var/cache/*' -o -path './usr/share/doc/*' -o -path './usr/share/man/*' -o \
    -path './usr/share/locale/*' -o -path './usr/share/zoneinfo/*' \) -prune -o -print0 | cpio -0 -o -H newc --quiet) \
    >"$WORK/files" 2>"$WORK/cpio.log" || fail "the Debian cannot be packed"
(cd "$own" && find . -print0 | cpio -0 -o -H newc -R +0:+0 --quiet) >>"$WORK/files" 2>>"$WORK/cpio.log" ||
    fail "the packages cannot be packed"

# ---- the machine ---------------------------------------------------------------------------------

: >"$WORK/said"
timeout "$BOUND_S" qemu-system-x86_64 -accel tcg -cpu max,la57=off -m 1024 -nodefaults -display none -nic none -no-reboot \
    -serial "file:$WORK/console.log" -serial "file:$WORK/said" -kernel "$base/boot/vmlinuz" -initrd "$WORK/files" \
    -append 'console=ttyS0 quiet panic=-1 rdinit=/sbin/init systemd.unit=multi-user.target' </dev/null >"$WORK/qemu.log" 2>&1 &
MACHINE=$!
tail -n +1 -f --pid="$MACHINE" "$WORK/said" | sed -u 's/\r$//' &
wait "$MACHINE"
ended=$?
MACHINE=
wait # for what it said last
[ $ended -ne 124 ] || fail "the machine has not ended after $BOUND_S s"
[ $ended -eq 0 ] || fail "the machine ended with $ended"
! grep -q '^FAILED' "$WORK/said" || fail "what was tried in the machine failed"
tr -d '\r' <"$WORK/said" | grep -qx 'passed in the machine' || fail "the machine did not try all"
say "passed: boot"
