# demo_keep.sh - leaves the demo up, and says how to talk to it and how to end it. Part of demo.sh.

demo_keep() {
    cat >"$WORK/env" <<END
export MAPI_ROLLOUT_SERVER=$MAPI_ROLLOUT_SERVER
export MAPI_ROLLOUT_CA=$MAPI_ROLLOUT_CA
export MAPI_ROLLOUT_TOKEN_FILE=$MAPI_ROLLOUT_TOKEN_FILE
export WINEPREFIX=$PREFIX WINEDEBUG=-all
export PATH=$(dirname "$MR_ADMIN"):\$PATH
END
    # Ends only what runs on this directory: a process id alone could be somebody else's by then.
    cat >"$WORK/stop" <<END
#!/bin/sh
WINEPREFIX='$PREFIX' $MR_WINESERVER -k
WINEPREFIX='$PREFIX' $MR_WINESERVER -w
if tr '\0' '\n' <'/proc/$SERVER_PID/cmdline' 2>/dev/null | grep -qxF '$SERVER_DATA'; then
    kill $SERVER_PID
    timeout 10 tail --pid=$SERVER_PID -f /dev/null
fi
rm -rf '$WORK'
END
    chmod +x "$WORK/stop"
    [ -z "${MAPI_ROLLOUT_KEEP:-}" ] || : >"$MAPI_ROLLOUT_KEEP"
    say 'The demo is over and stays up. Talk to it:'
    say
    say "   . $WORK/env"
    say '   mapi-rollout status'
    say '   mapi-rollout users'
    say "   $MR_WINE reg query 'HKU\\S-1-5-21-1-2-3-1001\\$SETTING_KEY'"
    say
    say "Its plans and bundles are in $WORK, its service logs to"
    say "   $DATA_DIR/agent.log"
    say 'Stop it, and remove all of that:'
    say
    say "   $WORK/stop"
}
