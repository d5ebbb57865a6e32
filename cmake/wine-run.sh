#!/bin/sh
# wine-run.sh PROGRAM.exe [argument...] - runs a Windows program in a fresh clone of the template prefix; for ctest.
#
# With MR_WINE_SHARED in its environment, in the prefix that wine-shared.sh made for all such tests of this ctest.
set -eu
MR_SOURCE_DIR=$(cd "$(dirname "$0")/.." && pwd)
: "${MR_WINE_TEMPLATE:=$MR_SOURCE_DIR/build/wine-template}"
. "$MR_SOURCE_DIR/tests/e2e/wine.sh"

# By hand there is none.
if [ -n "${MR_WINE_SHARED:-}" ] && [ -d "$MR_WINE_SHARED-$PPID" ]; then
    WINEPREFIX=$(readlink "$MR_WINE_SHARED-$PPID")
    export WINEPREFIX
    exec "$MR_WINE" "$@"
fi

scratch=$(wine_scratch)
finish() {
    wine_stop "$scratch/prefix"
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 143' HUP INT TERM

wine_clone "$scratch/prefix"
# In the background, so that a signal is acted upon at once and not after the program has ended.
status=0
"$MR_WINE" "$@" &
wait "$!" || status=$?
exit "$status"
