#!/bin/sh
# build.sh TREE DIRECTORY - makes the Debian packages out of the programs in TREE, a tree of CMake's, into DIRECTORY.
#
# The same programs and time of the source (../source_date.sh) make the same packages, byte for byte.
set -eu
tree=$1 out=$2
SOURCE_DATE_EPOCH=$(sh "$(dirname "$0")/../source_date.sh")
export SOURCE_DATE_EPOCH
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(
    umask 022 # CPack's directories have the modes that packages are to have
    cpack --config "$tree/CPackConfig.cmake" -B "$work"
)
rm -f "$out"/*.deb
mv "$work"/*.deb "$out/"
