#!/bin/sh
# 31_refused_file.sh - what no agent may take, dropped as policy.jws: it is put aside, nothing changes, the report says
# why, and the last good policy stays in force.
set -u
. "$(dirname "$0")/harness.sh"
. "$HARNESS_DIR/refusals.sh"
enter_network "$@"
harness_begin
make_offers
begin_with_pilot

drop() { # file
    cp "$1" "$DATA_DIR/dropped"
    mv "$DATA_DIR/dropped" "$DATA_DIR/policy.jws"
}

for offer in $OFFERS; do
    what=${offer%%:*}
    code=${offer#*:}
    rm -f "$DATA_DIR/policy.jws.refused" "$WORK/fake/reports"/*
    drop "$WORK/$what.jws"
    until_ok 20 "$what as a file is put aside" test -e "$DATA_DIR/policy.jws.refused"
    until_ok 20 "$what as a file: the report says $code" last_report_fails_with "$code"
    unchanged "$what as a file"
done
passed
