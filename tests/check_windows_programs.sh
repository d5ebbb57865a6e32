#!/bin/sh
# check_windows_programs.sh - what Windows will see of our programs: their size, which DLLs and functions they ask for,
# which protections they have, what they say of themselves, and no path of the machine that built them. Run from the
# root, after ./run build or test.
set -u
most=1363148 # 1.3 MiB
# Every DLL here is part of Windows 8.1 and Server 2012 R2.
system='ADVAPI32|bcrypt|CRYPT32|IPHLPAPI|KERNEL32|msvcrt|NETAPI32|ntdll|ole32|Secur32|SHELL32|USER32|USERENV|VERSION|WINHTTP|WS2_32|WTSAPI32'
# What starts programs, reaches into other processes, loads hives or takes rights, and so makes people ask why.
banned='CreateProcess.*|ShellExecute.*|WinExec|system|_w?popen|_w?(spawn|exec)[lv].*|CreateRemoteThread.*'
banned="$banned|WriteProcessMemory|ReadProcessMemory|VirtualAllocEx|SetWindowsHookEx.*|QueueUserAPC.*"
banned="$banned|Co(Initialize|Create|Get).*|OleInitialize|CLSIDFrom.*|MAPI.*" # no COM, no MAPI
banned="$banned|RegLoadKey.*|RegLoadAppKey.*|RegSetKeySecurity|MiniDumpWriteDump|LogonUser.*|CryptUIWiz.*|gets|tmpnam"
bad=0

complain() { # file, what
    echo "$1: $2"
    bad=1
}

objdump() {
    x86_64-w64-mingw32-objdump "$@"
}

# The size of one of the header's tables, as objdump names it.
table_size() { # name
    printf '%s\n' "$headers" | sed -n "s/^Entry [0-9a-f] [0-9a-f]* \\([0-9a-f]*\\) $1.*/\\1/p" | tail -n 1
}

number_of() { # name in the header
    printf '%s\n' "$headers" | sed -n "s/^$1[[:space:]]*\\([0-9][0-9]*\\)\$/\\1/p" | head -n 1
}

check_imports() { # file
    foreign=$(printf '%s\n' "$headers" | sed -n 's/.*DLL Name: //p' | grep -viE "^($system)\\.dll\$" | tr '\n' ' ')
    [ -z "$foreign" ] || complain "$1" "asks for DLLs that are not Windows' own: $foreign"
    names=$(printf '%s\n' "$headers" | awk '/DLL Name: /{on = 1; next} /^$/{on = 0} on && NF == 3 {print $3}')
    [ "$(printf '%s\n' "$names" | grep -cx CloseHandle)" = 1 ] || complain "$1" "its imports cannot be read"
    asked=$(printf '%s\n' "$names" | grep -xE "$banned" | tr '\n' ' ')
    [ -z "$asked" ] || complain "$1" "asks for functions that it must not need: $asked"
    for table in 'Delay Import Directory' 'Bound Import Directory' 'CLR Runtime Header'; do
        [ "$(table_size "$table")" = 00000000 ] || complain "$1" "has something in its $table"
    done
}

check_protections() { # file
    for protection in HIGH_ENTROPY_VA DYNAMIC_BASE NX_COMPAT; do
        printf '%s\n' "$headers" | grep -qw "$protection" || complain "$1" "lacks $protection"
    done
    # Without relocations the bit is a wish only.
    [ "$(table_size 'Base Relocation Directory')" != 00000000 ] || complain "$1" "has no relocations"
    ! printf '%s\n' "$headers" | grep -qi 'relocations stripped' || complain "$1" "its relocations are stripped"
    mixed=$(objdump -h "$1" | awk '/^ *[0-9]+ \./{name = $2; next} /CODE/ && !/READONLY/{print name}' | tr '\n' ' ')
    [ -z "$mixed" ] || complain "$1" "can write to what it runs: $mixed"
    objdump -h "$1" | awk '/ \.text /{getline; found = /CODE/ && /READONLY/} END{exit !found}' ||
        complain "$1" "has no .text to look at"
    # What the compiler's checks call when they fail is linked in only where they are.
    grep -qa 'stack smashing detected' "$1" || complain "$1" "has no stack protector"
    grep -qa 'buffer overflow detected' "$1" || complain "$1" "has no checked string functions"
    for_windows=$(($(number_of MajorSubsystemVersion) * 100 + $(number_of MinorSubsystemVersion)))
    [ "$for_windows" -ge 600 ] || complain "$1" "says that it is for Windows older than version 6"
    [ "$for_windows" -le 603 ] || complain "$1" "does not start on Windows 8.1"
}

# The manifest is plain text, the version resource UTF-16.
check_resources() { # file, product's version
    for words in 'level="asInvoker" uiAccess="false"' 'longPathAware xmlns="[^"]*">true<' \
        'supportedOS Id="{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"'; do
        grep -qa "$words" "$1" || complain "$1" "its manifest lacks $words"
    done
    for name in FileVersion ProductVersion; do
        [ "$(strings -a -el "$1" | grep -xA 1 $name | tail -n 1)" = "$2" ] || complain "$1" "its $name is not $2"
    done
    [ "$(strings -a -el "$1" | grep -xA 1 ProductName | tail -n 1)" = mapi-rollout ] ||
        complain "$1" "its resources name no product"
}

version=$(sed -n 's/^project(mapi-rollout VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
agent=${MR_AGENT:-build/mingw-release/bin/mapi-rollout-agent.exe}
for file in "$agent" "${MR_ADMIN_EXE:-build/mingw-release/bin/mapi-rollout.exe}"; do
    [ -f "$file" ] || { complain "$file" "not built"; continue; }
    size=$(stat -c %s "$file")
    [ "$size" -le $most ] || complain "$file" "$size bytes; $most at most"
    headers=$(objdump -p "$file")
    check_imports "$file"
    check_protections "$file"
    [ "$file" != "$agent" ] || check_resources "$file" "$version"
    printf '%s\n' "$headers" | grep -q '^Time/Date.*Jan  1 00:00:00 1970' || complain "$file" "names the time of its making"
    for path in "$(pwd)/" "${HOME:-/nowhere}/" "$(readlink -f build/deps)/"; do
        ! grep -qaF "$path" "$file" || complain "$file" "contains the path $path"
    done
done
exit $bad
