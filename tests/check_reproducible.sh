#!/bin/sh
# check_reproducible.sh - the same source in another folder, later, in another time zone and with another umask, makes all that is
# shipped once more, byte for byte: programs, packages, list of parts.
#
# The other folder, build/elsewhere, stays: what did not change since is not compiled again, as in the first one.
set -u
if ! command -v osslsigncode wixl msiinfo >/dev/null; then
    echo "skipped: wixl and msitools are not installed"
    exit 77
fi
elsewhere=build/elsewhere
mkdir -p $elsewhere/build
# One at a time; -o: a process that stays behind does not hold it.
[ "${MR_ELSEWHERE_LOCKED:-}" = yes ] || MR_ELSEWHERE_LOCKED=yes exec flock -o build/lock-elsewhere "$0"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH=$(sh installer/source_date.sh) || exit 1
export SOURCE_DATE_EPOCH

build() { # directory of the source, what it is called
    (cd "$1" && MR_DIST=$work/$2 ./run build) >"$work/log" 2>&1 || {
        cat "$work/log"
        echo "check_reproducible: it does not build $2" >&2
        exit 1
    }
}

build . here
# With their times, by which ninja knows what is new.
for part in CHANGELOG.md CMakeLists.txt CMakePresets.json LICENSE base policy agent admin server docs installer cmake tests run \
    run.d; do
    rm -rf "${elsewhere:?}/$part" && cp -a "$part" $elsewhere/ || exit 1
done
cp -Pf build/deps build/wine-template build/node_modules $elsewhere/build/
unset CMAKE_C_COMPILER_LAUNCHER # what was compiled here is no proof
export CCACHE_DISABLE=1
umask 077
TZ=Asia/Tokyo
export TZ
build $elsewhere elsewhere

[ "$(ls "$work"/here/*/* "$work"/here/*.cdx.json | wc -l)" -ge 8 ] || {
    echo "check_reproducible: something is not shipped: $(cd "$work/here" && find . -type f | tr '\n' ' ')" >&2
    exit 1
}
diff -r "$work/here" "$work/elsewhere" >&2
