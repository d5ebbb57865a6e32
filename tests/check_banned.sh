#!/bin/sh
# check_banned.sh - calls and words that have no place in the code, and files that have grown too long.
# Run from the root; prints each finding, exits 1 if any.
set -u
bad=0
product=$(find base policy agent server admin installer -name '*.[ch]' -type f | sort)
tests=$(find tests -name '*.[ch]' -type f | sort)

ban() { # regular expression, why, file...
    pattern=$1
    why=$2
    shift 2
    found=$(grep -nHE "$pattern" "$@") || return 0
    printf '%s\n  -> %s\n' "$found" "$why"
    bad=1
}

# A call of exactly this name, in the product. Tests are not shipped.
call() { # names|..., why
    ban "(^|[^A-Za-z0-9_.>])($1)\\(" "$2" $product
}

call 'strcpy|strcat|stpcpy|sprintf|vsprintf|gets|wcscpy|wcscat|lstrcpy[AW]?|lstrcat[AW]?|wsprintf[AW]?' \
    'writes without a bound'
call 'strncpy|strncat|wcsncpy|wcsncat' 'leaves text without an end'
call 'strtok|asctime|ctime|gmtime|localtime|tmpnam|mktemp|tempnam' 'keeps its result in a place shared by all'
call 'atoi|atol|atoll|atof' 'cannot tell an error from nought'
call 'alloca|_alloca' 'takes from the stack what nobody has bounded'
call 'system|popen|_popen|_wsystem|WinExec' 'hands a line to a shell'
call 'rand|srand|random|drand48' 'is not random: use base/random.h'
call 'TerminateThread|SuspendThread' 'leaves locks held'
call 'MHD_quiesce_daemon' 'races with the threads of the pool, and aborts'
call '(Reg|Create|Open|Delete|Find|Move|Copy|Get|Set|Load|Query|Lookup|Convert|Start|Change|Register|Report|Expand|Format|Output|Message|WTS|Net)[A-Za-z0-9]*[a-z0-9]A' \
    'an ANSI function of Windows: use the one that ends with W'
ban 'HKEY_CURRENT_USER' 'in a service that is the wrong user: open the hive of the SID' $product
# Spelt so that this file does not find itself.
ban '(^|[^A-Za-z])(TO''DO|FIX''ME|XX''X|HA''CK)([^A-Za-z]|$)' 'finish it, or say in the documentation what is not there' $product $tests

for file in $product $tests; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 400 ] || { echo "$file: $lines lines; is there a second subject inside? 400 at most"; bad=1; }
done
exit $bad
