#!/bin/sh
# 24_brake.sh - the brake goes on whatever is in its way: reports by the thousand, lists and exports that nobody reads, a
# door full of others, callers who say nothing; by the wire, by the local socket, right after a start.
#
# Natively, without Wine.
set -u
. "$(dirname "$0")/harness.sh"
. "$(dirname "$0")/brake.sh"
enter_network "$@"

brake_begin brake-e2e

# ---- reports by the thousand ---------------------------------------------------------------------

for way in wire local; do
    round_begin observe
    hinder flood "$SERVER_URL" "$CA" "$WORK/fleet"
    until_true 120 stands 200 || fail "the flood does not run"
    pull "$way"
    answers=$(wc -l <"$WORK/there")
    brake_is_out "reports by the thousand, $way"
    until_true 60 stands "$((answers + 50))" || fail "the flood had stopped"
    brake_outlasts "reports by the thousand, $way"
    unhinder
done
says_who "local uid $(id -u)"
check "every report was answered as it should be" lacks "$WORK/there" -v -e '^204$' -e '^429$' -e '^503$'

# ---- lists and exports that nobody reads ---------------------------------------------------------

for way in wire local; do
    round_begin observe
    hinder lists "$MAPI_ROLLOUT_SERVER" "$CA" "$MAPI_ROLLOUT_TOKEN_FILE" 100
    until_true 120 stands || fail "nobody asks for lists"
    pull "$way"
    brake_is_out "100 lists that nobody reads, $way"
    unhinder
    brake_outlasts "lists that nobody reads, $way"
done

# ---- a full door ---------------------------------------------------------------------------------

# Those that say nothing make room for whoever comes with something to say.
round_begin observe
hinder crowd "$MAPI_ROLLOUT_SERVER" "$CA" 150
until_true 60 stands 3 || fail "nobody of the crowd had to make room"
pull wire
brake_is_out "150 connections that say nothing at the administrators' door, wire"
unhinder

# More than the door takes: who comes behind them is not even heard. The local socket is another way.
is_shut_out() {
    ! curl -sS --max-time 2 --cacert "$CA" -o /dev/null "$MAPI_ROLLOUT_SERVER/healthz" 2>/dev/null
}

round_begin observe
hinder crowd "$MAPI_ROLLOUT_SERVER" "$CA" 600
until_true 60 stands || fail "there is no crowd"
until_ok 60 "600 connections fill the administrators' door" is_shut_out
pull local
brake_is_out "the administrators' door is full, local"
unhinder
brake_outlasts "the administrators' door was full, local"

# ---- a local socket where others say nothing -----------------------------------------------------

round_begin observe
hinder mute "$SERVER_DATA/control.sock" 40
until_true 60 stands || fail "nobody is silent"
pull local
brake_is_out "40 silent callers at the local socket"
unhinder

# ---- right after a start -------------------------------------------------------------------------

for way in wire local; do
    SERIAL=$((SERIAL + 1))
    publish "$SERIAL"
    release observe
    server_kill
    server_start
    pull "$way"
    check "right after a start, $way" equal "$(served)" "$((SERIAL * 1000 + 999))"
    brake_outlasts "pulled right after a start, $way"
    pull "$way"
    check "pulled again, $way: it is what it was" equal "$(served)" "$((SERIAL * 1000 + 999))"
done
passed
