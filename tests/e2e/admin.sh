# admin.sh - the admin command alone, without Wine: run it, and look at code, words and exit status.
#
# Sourced after harness.sh; POSIX sh.
#
#   admin_begin                                 $WORK is a scratch directory, and the current one
#   done_well check plan.json                   must end with 0; its output is in the files out and errors
#   refused 'expired at /x: ' verify b.json     must end with 1 and this one line
#   usage 'needs FILE' verify                   must end with 2 and this one line
#   has out 'words'
#   check "sentence" not_found 'words' out

admin_begin() {
    DATA_DIR=/nonexistent
    WORK=$(mktemp -d)
    trap harness_end EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
    mkdir "$WORK/log" "$WORK/home"
    cd "$WORK" || exit 1
    # Nothing of who runs this test may answer for it.
    unset MAPI_ROLLOUT_SERVER MAPI_ROLLOUT_CA MAPI_ROLLOUT_TOKEN_FILE
    export XDG_CONFIG_HOME="$WORK/home"
}

# Runs the command without a terminal; output in out, errors in errors, exit code in code.
run() { # arguments...
    "$MR_ADMIN" "$@" >out 2>errors </dev/null
    code=$?
}

# Fails with what the command said.
wrong() { # sentence
    cat out errors >"$WORK/log/said.log"
    fail "$*"
}

done_well() { # arguments...
    run "$@"
    [ "$code" = 0 ] || wrong "$* gives $code"
}

# Exactly one line beside the warnings about a plan, with these words in it.
one_line() { # words
    [ "$(grep -cv '^mapi-rollout: warning: ' errors)" = 1 ] || wrong "not one line on standard error"
    grep -q "^mapi-rollout: .*$1" errors || wrong "the line does not say '$1'"
}

usage() { # words, arguments...
    words=$1
    shift
    run "$@"
    [ "$code" = 2 ] || wrong "'$*' should be a usage error, and gives $code"
    one_line "$words"
    say "ok: usage: $*"
}

refused() { # words, arguments...
    words=$1
    shift
    run "$@"
    [ "$code" = 1 ] || wrong "'$*' should be refused, and gives $code"
    one_line "$words"
    say "ok: refused: $words"
}

has() { # file, words
    grep -q -- "$2" "$1" || wrong "$1 does not say '$2'"
}

found() { # words, file
    grep -q -- "$1" "$2"
}

not_found() { # words, file
    lacks "$2" -e "$1"
}
