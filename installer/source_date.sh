#!/bin/sh
# source_date.sh - the time of the source, in seconds since 1970: what stands in packages instead of the time of their making, so
# that the same source makes the same packages.
#
# SOURCE_DATE_EPOCH, if it is set; else the time of the last commit; else, in an unpacked archive, that of CHANGELOG.md, which
# `git archive` sets to the same. Source: the specification of SOURCE_DATE_EPOCH at reproducible-builds.org.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd -P)

# Of this tree, and not of one that it happens to lie in.
is_checkout() {
    [ "$(git -C "$root" rev-parse --show-toplevel 2>/dev/null)" = "$root" ]
}

if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
    at=$SOURCE_DATE_EPOCH
elif is_checkout; then
    at=$(git -C "$root" log -1 --format=%ct)
else
    at=$(stat -c %Y "$root/CHANGELOG.md")
fi
# A cabinet knows no time before 1980, and none after 2107.
case $at in
*[!0-9]* | '' | ???????????*) at=0 ;;
esac
[ "$at" -ge 315532800 ] && [ "$at" -lt 4354819200 ] || {
    echo "source_date.sh: SOURCE_DATE_EPOCH must be seconds since 1970, of a time from 1980 to 2107" >&2
    exit 1
}
echo "$at"
