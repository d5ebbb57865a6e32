#!/bin/sh
# wine-shared.sh begin|end - one prefix that stays up, for tests that keep nothing in Windows; a fixture of ctest.
#
# Windows' own processes take longer to start than such a test does. The link $MR_WINE_SHARED-PID leads to the prefix, with
# the process id of the ctest that all of them are children of: another ctest in the same tree has its own.
set -eu
MR_SOURCE_DIR=$(cd "$(dirname "$0")/.." && pwd)
: "${MR_WINE_TEMPLATE:=$MR_SOURCE_DIR/build/wine-template}"
. "$MR_SOURCE_DIR/tests/e2e/wine.sh"
link=$MR_WINE_SHARED-$PPID

case $1 in
begin)
    # Of runs that were interrupted, whose prefixes ./run has removed.
    for old in "$MR_WINE_SHARED"-*; do
        [ -d "$old" ] || rm -f "$old"
    done
    scratch=$(wine_scratch)
    wine_clone "$scratch/prefix"
    ln -s "$scratch/prefix" "$link"
    # What stays must not hold the pipe that ctest reads. Of several first programs one may not come up, so one is first.
    wine_keep >/dev/null 2>&1
    wine_quiet reg query 'HKLM\Software\Wine' >/dev/null 2>&1
    ;;
end)
    prefix=$(readlink "$link")
    wine_stop "$prefix" >/dev/null 2>&1
    rm -rf "${prefix%/*}" "$link"
    ;;
esac
