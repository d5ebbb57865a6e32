#!/bin/sh
# 17_vectors.sh - the admin command on the documents of tests/data/json: every plan by `check`, every trust by `trust show`.
#
# Natively, without Wine: MR_ADMIN is the command. The code, the place and the words of its first line of complaint, how
# many such lines there are, and the exit code are held against the manifest.
set -u
. "$(dirname "$0")/harness.sh"
enter_network "$@"

DOCUMENTS=${MR_TEST_DATA:-$ROOT/tests/data}/json
MOST_SHOWN=20 # LIMIT_PROBLEMS
native_begin "$MR_ADMIN"
tab=$(printf '\t')
bad=0

# Sets $document to the file, or to one that is made from it by the rules.
document_of() { # file, rules
    document=$1
    case $2 in *pad=* | *times=*) ;; *) return 0 ;; esac
    document=$WORK/made.json
    python3 - "$1" "$2" "$document" <<'END' || fail "$1 by $2"
import sys
content = open(sys.argv[1], "rb").read()
rules = dict(rule.split("=") for rule in sys.argv[2].split())
if "times" in rules:
    before, rest = content.split(b"<<")
    many, behind = rest.split(b">>")
    content = before + b"".join(many.replace(b"#", b"%d" % i) for i in range(int(rules["times"]))) + behind
if "pad" in rules:
    assert len(content) < int(rules["pad"])
    content = content.ljust(int(rules["pad"]))
open(sys.argv[3], "wb").write(content)
END
}

differs() { # sentence
    say "$reader/$file: $1" >&2
    cat "$WORK/errors" >&2
    bad=$((bad + 1))
}

# How many problems the command is to show.
shown_of() { # rules
    case $1 in
    *problems=*)
        shown=${1##*problems=}
        shown=${shown%% *}
        [ "$shown" -le "$MOST_SHOWN" ] || shown=$MOST_SHOWN
        ;;
    *) shown=1 ;;
    esac
}

# The lines of complaint are in $WORK/complaints, without the warnings.
compare() { # expected, pointer, rules, says
    first="mapi-rollout: $1"
    [ "$2" = - ] || first="$first at $2"
    shown_of "$3"
    said=$(head -n 1 "$WORK/complaints")
    if [ "$1" = ok ]; then
        [ "$code" = 0 ] && [ ! -s "$WORK/complaints" ] || differs "should be good, and gives $code"
        return 0
    fi
    case $said in "$first: "?*) ;; *) differs "does not begin with '$first: '" && return 0 ;; esac
    [ "$4" = - ] || case ${said#"$first: "} in *"$4"*) ;; *) differs "does not say '$4'" && return 0 ;; esac
    [ "$code" = 1 ] || differs "should be refused, and gives $code"
    [ "$(wc -l <"$WORK/complaints")" = "$shown" ] || differs "not $shown lines"
}

# Gives the command every document of a reader.
read_all() { # reader, words of the command...
    wanted=$1
    shift
    tried=0
    while IFS=$tab read -r reader file expected pointer rules says; do
        [ "$reader" = "$wanted" ] || continue
        document_of "$DOCUMENTS/$reader/$file" "${rules:--}"
        "$MR_ADMIN" "$@" "$document" >"$WORK/out" 2>"$WORK/errors" </dev/null
        code=$?
        grep -v '^mapi-rollout: warning: ' "$WORK/errors" >"$WORK/complaints"
        compare "$expected" "${pointer:--}" "${rules:--}" "${says:--}"
        tried=$((tried + 1))
    done <"$DOCUMENTS/expected.tsv"
    [ "$tried" -gt 0 ] || fail "there is no document for $wanted"
    say "$wanted: $tried documents"
}

read_all plan check
read_all trust trust show
[ "$bad" = 0 ] || fail "$bad documents are not answered as the manifest says"
say 'ok: plans and trust are answered as the manifest says'
passed
