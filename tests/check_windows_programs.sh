#!/bin/sh
# check_windows_programs.sh - what Windows will see of our programs: their size, which DLLs they ask for, which
# protections they ask for, and no path of the machine that built them. Run from the root, after ./run build or test.
set -u
most=1363148 # 1.3 MiB
# Every DLL here is part of Windows 8.1 and Server 2012 R2.
system='ADVAPI32|bcrypt|CRYPT32|IPHLPAPI|KERNEL32|msvcrt|NETAPI32|ntdll|ole32|Secur32|SHELL32|USER32|USERENV|VERSION|WINHTTP|WS2_32|WTSAPI32'
bad=0

complain() { # file, what
    echo "$1: $2"
    bad=1
}

for file in "${MR_AGENT:-build/mingw-release/bin/mapi-rollout-agent.exe}" "${MR_ADMIN_EXE:-build/mingw-release/bin/mapi-rollout.exe}"; do
    [ -f "$file" ] || { complain "$file" "not built"; continue; }
    size=$(stat -c %s "$file")
    [ "$size" -le $most ] || complain "$file" "$size bytes; $most at most"
    headers=$(x86_64-w64-mingw32-objdump -p "$file")
    foreign=$(printf '%s\n' "$headers" | sed -n 's/.*DLL Name: //p' | grep -viE "^($system)\\.dll\$" | tr '\n' ' ')
    [ -z "$foreign" ] || complain "$file" "asks for DLLs that are not Windows' own: $foreign"
    for protection in HIGH_ENTROPY_VA DYNAMIC_BASE NX_COMPAT; do
        printf '%s\n' "$headers" | grep -qw "$protection" || complain "$file" "lacks $protection"
    done
    for path in "$(pwd)/" "${HOME:-/nowhere}/" "$(readlink -f build/deps)/"; do
        ! grep -qaF "$path" "$file" || complain "$file" "contains the path $path"
    done
done
exit $bad
