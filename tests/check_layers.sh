#!/bin/sh
# check_layers.sh - dependencies point one way, base <- policy <- {agent, server, admin}, agent <- installer, and each foreign header is
# included by exactly the files that are meant to know it. Run from the root; prints each breach, exits 1 if any.
set -u
bad=0

# Prints file:line:include of the given files' includes that match.
includes() { # regular expression of what stands in the brackets or quotes, file...
    pattern=$1
    shift
    grep -nHE "^ *# *include +[<\"]($pattern)" "$@" 2>/dev/null
}

# The rule "FOLDER may not include ...".
forbid() { # folder, regular expression, why
    found=$(includes "$2" "$1"/*.[ch]) || return 0
    printf '%s\n  -> %s\n' "$found" "$3"
    bad=1
}

# The rule "these headers belong to these files". A file is named by a pattern of the shell.
only() { # regular expression of headers, why, file pattern...
    pattern=$1
    why=$2
    shift 2
    found=$(includes "$pattern" base/*.[ch] policy/*.[ch] agent/*.[ch] server/*.[ch] admin/*.[ch] installer/msi/*.[ch]) || return 0
    breach=$(printf '%s\n' "$found" | while IFS= read -r line; do
        for owner in "$@"; do
            # Unquoted: the owner is a pattern.
            case ${line%%:*} in $owner) continue 2 ;; esac
        done
        printf '%s\n' "$line"
    done)
    [ -n "$breach" ] || return 0
    printf '%s\n  -> %s: %s\n' "$breach" "$why" "$*"
    bad=1
}

forbid base 'policy/|agent/|server/|admin/|tests/' 'base knows no other folder'
forbid policy 'agent/|server/|admin/|tests/' 'policy knows base only'
forbid agent 'server/|admin/|installer/|tests/' 'agent knows policy and base only'
forbid server 'agent/|admin/|tests/' 'server knows policy and base only'
forbid admin 'agent/|server/|tests/' 'admin knows policy and base only: it talks to the server over the wire'

forbid installer/msi 'server/|admin/|tests/' 'installer knows agent, policy and base only'

forbid policy 'base/(file|log|clock|random)|time\.h|unistd\.h|fcntl\.h|pthread\.h|sys/|errno\.h' \
    'policy is pure: bytes in, decisions out; no file, clock, log, thread'
only 'base/log' 'base and the cycle never log' 'base/log*.[ch]' 'agent/*' 'server/*' 'admin/*'
found=$(includes 'base/log' agent/cycle.[ch]) && {
    printf '%s\n  -> the cycle never logs: it returns what happened\n' "$found"
    bad=1
}

only 'cjson/|cJSON' 'cJSON is known to' policy/json_read.c
only 'psa/|mbedtls/' 'mbedTLS is known to' policy/verify.c policy/keys.c policy/key_sealed.c policy/digest.c \
    admin/certificate.c 'agent/main*.c' 'server/main*.c' 'admin/main*.c' \
    installer/msi/setup_win.c
only 'mbedtls/' 'main functions only start the library (psa/crypto.h)' policy/verify.c policy/keys.c \
    policy/key_sealed.c policy/digest.c admin/certificate.c
only 'curl/' 'libcurl is known to' agent/source_http.c 'agent/source_http_*.[ch]' 'admin/client_*.c'
only 'expat' 'expat is known to' agent/outlook_autodiscover.c
only 'winhttp' 'WinHTTP is known to' 'agent/preflight_*_win.c' agent/proxy_win.c
only 'microhttpd' 'libmicrohttpd is known to' server/http.c 'server/http_*.[ch]'
only 'gnutls/' 'GnuTLS is known to' server/certificate.c
only 'sqlite3' 'SQLite is known to' 'server/store_sqlite*.[ch]'
only 'libpq|postgres' 'libpq is known to' 'server/store_pg*.[ch]'
only 'setjmp|cmocka' 'the test library is known to tests'

only '(windows|windef|winbase|winreg|winsvc|winsock2?|ws2tcpip|winternl|winerror|wincrypt|bcrypt|wtsapi32|userenv|tlhelp32|sddl|aclapi|lm|shlobj|shellapi|iphlpapi|ws2ipdef|psapi|io|direct|process|evntprov|ntsecapi|dsgetdc|msi|msiquery)\.h' \
    'Windows is known to' '*_win.[ch]'
only '(unistd|fcntl|dirent|pthread|termios|poll|pwd|grp|signal|sys/[a-z]+|netinet/[a-z]+|arpa/inet|netdb|sys/socket)\.h' \
    'POSIX is known to' '*_posix.[ch]' 'server/*'
exit $bad
