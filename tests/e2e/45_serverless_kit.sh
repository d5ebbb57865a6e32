#!/bin/sh
# 45_serverless_kit.sh - docs/sccm.md "Serverless mode" and "Break-glass" as they are written: the agent installed without
# a server, a bundle split, each policy handed over by drop_policy.cmd as SCCM's client would run it.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"
harness_begin
KIT=$ROOT/installer/sccm
CACHE_DIR=$PREFIX/drive_c/ccmcache
STATE_KEY='HKLM\SOFTWARE\MapiRollout\State'

# An application's folder in the client's cache.
package() { # name
    mkdir -p "$CACHE_DIR/$1"
    cp "$KIT/drop_policy.cmd" "$CACHE_DIR/$1/"
}

# Its installation program.
run_package() { # name, argument of drop_policy.cmd...
    folder=$1
    shift
    wine_quiet cmd /c "C:\\ccmcache\\$folder\\drop_policy.cmd" "$@" >>"$WORK/log/package.log" 2>&1
}

refuses() { # name
    run_package "$1"
    equal "$?" 1
}

state_of() { # value
    reg_query "$STATE_KEY" /v "$1" /reg:64 | awk -v name="$1" '$1 == name { print $3 }'
}

user_add alice 1001
user_add bob 1002
user_add carol 1003 0
for one in alice bob carol; do user_logon $one; done

# ---- the agent ----
mkdir -p "$CACHE_DIR/agent"
cp "$MR_AGENT" "$CACHE_DIR/agent/mapi-rollout-agent.exe"
cp "$TRUST" "$CACHE_DIR/agent/trust.json"
# Beside what the page says: Wine's cmd takes the way behind "||" whatever came before it.
sed -e 's/ || exit \/b 1//' -e '/ServerUrl/d' -e '/CaFile/d' -e '/EnrollSecretFile/d' -e '/icacls/d' -e 's/ ca\.pem//' -e 's/ enroll\.secret//' \
    "$SITE/install-agent.cmd" >"$CACHE_DIR/agent/install-agent.cmd"
wine_quiet cmd /c 'C:\ccmcache\agent\install-agent.cmd' >>"$WORK/log/package.log" 2>&1 ||
    fail 'install-agent.cmd ends badly'
until_ok 20 'the agent made its data directory' test -d "$DATA_DIR"

# ---- the policies ----
sign 1
sign 2
for serial in 1 2; do
    python3 "$KIT/split_bundle.py" "$WORK/bundle-$serial.json" "$WORK/policies-$serial" >>"$WORK/log/split.log" ||
        fail "split serial $serial"
done
for stage in observe hold-back pilot everyone safe; do
    check "split: $stage is the signed policy" equal "$(cat "$WORK/policies-1/$stage.jws")" "$(policy_of 1 $stage)"
done
admin verify "$WORK/policies-1/pilot.jws" --trust "$TRUST"
printf '{"payload":"%s"}' "$(printf '{"policies":[{"payload":"eyJzdGFnZSI6Ii4uL3gifQ"}],"safe":{}}' | base64 -w0)" \
    >"$WORK/hostile.json"
check 'split: no way out of the folder' sh -c "
    ! python3 '$KIT/split_bundle.py' '$WORK/hostile.json' '$WORK/policies-3' 2>>'$WORK/log/split.log' &&
        test ! -e '$WORK/x.jws'"
check 'split: nonsense is no bundle' sh -c "
    ! python3 '$KIT/split_bundle.py' '$TRUST' '$WORK/policies-3' 2>>'$WORK/log/split.log'"

# ---- stage by stage ----
for stage in hold-back pilot; do
    package "$stage"
    cp "$WORK/policies-1/$stage.jws" "$CACHE_DIR/$stage/policy.jws"
done
check 'hold-back is handed over' run_package hold-back
check 'it is in force when the program ends, as detection asks' equal "$(state_of PolicyVersion) $(state_of Rollout)" \
    "1002 $ROLLOUT"
check 'and done' equal "$(values alice bob carol)" 'alice=1 bob=1 carol=0 '
check 'again: it is there already' run_package hold-back
check 'pilot is handed over' run_package pilot
check 'bob is the pilot' equal "$(values alice bob carol)" 'alice=1 bob=absent carol=0 '

# ---- what is no good ----
check 'an older stage is refused' refuses hold-back
package forged
python3 "$HARNESS_DIR/envelopes.py" tampered "$WORK/policies-1/everyone.jws" >"$CACHE_DIR/forged/policy.jws"
check 'a forged one is refused' refuses forged
package empty
check 'a package without a policy is refused' refuses empty
check 'what is refused was never handed over' sh -c "! ls '$DATA_DIR' | grep -q '^policy'"
check 'nothing changed' equal "$(values alice bob carol)" 'alice=1 bob=absent carol=0 '

# ---- the brake, and the way back ----
package brake
cp "$WORK/policies-1/safe.jws" "$CACHE_DIR/brake/safe.jws"
check 'the safe policy is handed over' run_package brake safe.jws
check 'everybody is held' equal "$(values alice bob carol)" 'alice=1 bob=1 carol=1 '
check 'the safe policy is in force' equal "$(state_of PolicyVersion) $(state_of Stage)" '1999 safe'
check 'no stage of that serial leads on' refuses pilot
package next
cp "$WORK/policies-2/pilot.jws" "$CACHE_DIR/next/policy.jws"
check 'one of the next serial does' run_package next
check 'bob is the pilot again' equal "$(value_of bob)" absent

# ---- no agent ----
service_stop
mv "$PREFIX/drive_c/Program Files/MapiRollout" "$PREFIX/drive_c/Program Files/Elsewhere"
check 'without the agent it fails' refuses next
passed
