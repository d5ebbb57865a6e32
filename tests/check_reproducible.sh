#!/bin/sh
# check_reproducible.sh - the same source in another folder makes the same Windows programs, byte for byte.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
first=build/mingw-release/bin
mkdir "$work/elsewhere"
cp -r CMakeLists.txt CMakePresets.json base policy agent admin installer cmake tests "$work/elsewhere/"
mkdir "$work/elsewhere/build"
ln -s "$(readlink -f build/deps)" "$work/elsewhere/build/deps"
(cd "$work/elsewhere" && cmake --preset mingw-release && ninja -C build/mingw-release programs) >"$work/log" 2>&1 || {
    tail -n 30 "$work/log"
    echo "check_reproducible: it does not build elsewhere" >&2
    exit 1
}
bad=0
for program in mapi-rollout-agent.exe mapi-rollout.exe mapi-rollout-setup.dll; do
    cmp "$first/$program" "$work/elsewhere/$first/$program" || bad=1
done
exit $bad
