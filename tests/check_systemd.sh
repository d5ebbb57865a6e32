#!/bin/sh
# check_systemd.sh - systemd takes the server's unit as it is written, and finds little that it may do. Run from the root;
# prints each finding, exits 1 if any, and 77 where systemd-analyze is not installed.
set -u
UNIT=server/systemd/mapi-rollout-server.service
LIMIT=13 # tenths of what systemd-analyze calls exposure: 1.3; 12 are there

command -v systemd-analyze >/dev/null || {
    echo "skipped: systemd-analyze is not installed (Debian package systemd)"
    exit 77
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
# Neither the program nor the pages are installed here.
sed -e 's|^ExecStart=/usr/bin/mapi-rollout-server|ExecStart=/bin/true|' -e '/^Documentation=/d' "$UNIT" \
    >"$work/mapi-rollout-server.service"
grep -q '^ExecStart=/bin/true --config ' "$work/mapi-rollout-server.service" || {
    echo "$UNIT does not start /usr/bin/mapi-rollout-server with a file of settings"
    exit 1
}
# It exits with 0 for what it only complains of.
said=$(systemd-analyze verify "$work/mapi-rollout-server.service" 2>&1) && [ -z "$said" ] || {
    printf '%s\n  -> systemd-analyze verify has something to say about %s\n' "$said" "$UNIT"
    exit 1
}
systemd-analyze security --offline=yes --no-pager --threshold=$LIMIT "$work/mapi-rollout-server.service" \
    >"$work/said" 2>&1 || {
    grep -v '^✓' "$work/said"
    echo "  -> $UNIT leaves more than $LIMIT tenths of exposure"
    exit 1
}
