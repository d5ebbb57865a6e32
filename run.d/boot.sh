# boot - the server's package under a real systemd: a small Debian is booted in an emulated machine. tests/boot/systemd.sh.
set -eu
. run.d/lib.sh
[ $# -eq 0 ] || usage_error "boot takes nothing"

sh run.d/setup.sh --boot
build_tree native-release programs
say "the machine is emulated; on one core that does nothing else it takes about two minutes"
exec tests/boot/systemd.sh
