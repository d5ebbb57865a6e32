# saying.sh - how a test says what it tries and what came of it. Sourced; POSIX sh. `fail`, which ends the test with its logs,
# is each test's own.

say() {
    printf '%s\n' "$*"
}

check() { # sentence, command...
    sentence=$1
    shift
    "$@" || fail "$sentence"
    say "ok: $sentence"
}

equal() { # actual, expected
    [ "$1" = "$2" ] || {
        say "  is '$1', should be '$2'" >&2
        return 1
    }
}
