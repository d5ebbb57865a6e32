#!/bin/sh
# build.sh PROGRAMS LICENSE VERSION OUT.msi - makes the package out of the programs in the folder PROGRAMS.
#
# wixl leaves out or gets wrong some of what a package needs; msibuild puts it in afterwards. Whatever either of them says
# on its standard error fails the build: wixl warns where it ignores something.
#
# The same programs, licence, version and time of the source (../source_date.sh) make the same package, byte for byte.
set -eu
programs=$1 license=$2 version=$3 out=$4
here=$(dirname "$0")
SOURCE_DATE_EPOCH=$(sh "$here/../source_date.sh")
export TZ=UTC # a cabinet has local times
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

quiet() { # program, arguments...
    "$@" >"$work/out" 2>"$work/err" && [ ! -s "$work/err" ] || {
        cat "$work/out" "$work/err" >&2
        echo "build.sh: $1 failed, or had something to say" >&2
        exit 1
    }
}

sql() { # statement
    quiet msibuild "$work/new.msi" -q "$1"
}

# The name-based UUID of a text, below the code that all versions share (UpgradeCode).
code_of() { # text
    python3 -c 'import sys, uuid
print(str(uuid.uuid5(uuid.UUID("3E6A9F52-7D1B-4C08-8A45-0B9C2F7E61D3"), sys.argv[1])).upper())' "$1"
}

# wixl makes one up each time, and takes the time of now.
set_summary() { # package code
    at=$(date -u -d "@$SOURCE_DATE_EPOCH" '+%Y/%m/%d %H:%M:%S')
    printf '%s\t%s\r\n' PropertyId Value i2 l255 _SummaryInformation PropertyId 9 "{$1}" 12 "$at" 13 "$at" >"$work/summary.idt"
    quiet msibuild "$work/new.msi" -i "$work/summary.idt"
}

# One version, one product.
product_code=$(code_of "$version")
# From a folder with all that goes in: wixl finds no absolute paths.
cp "$programs/mapi-rollout-agent.exe" "$programs/mapi-rollout-setup.dll" "$here/mapi-rollout-agent.wxs" "$work/"
cp "$license" "$work/LICENSE.txt"
touch -d "@$SOURCE_DATE_EPOCH" "$work"/* # the times that stand in the cabinet
(cd "$work" && quiet wixl -a x64 -D Version="$version" -D ProductCode="$product_code" -o new.msi mapi-rollout-agent.wxs)

# Only what is named here passes from whoever starts the installation to the part that runs as LocalSystem.
public='SERVERURL;ENROLLSECRETFILE;TRUSTFILE;ROLLOUT;CAFILE;TAGS;PROXY;NOSTART;ONUNINSTALL'
sql "UPDATE \`Property\` SET \`Value\` = 'WIX_DOWNGRADE_DETECTED;WIX_UPGRADE_DETECTED;$public' WHERE \`Property\` = 'SecureCustomProperties'"

# Windows compares the version of the program, not its hash: so an older file never replaces a newer one.
sql "UPDATE \`File\` SET \`Version\` = '$version.0', \`Language\` = '1033' WHERE \`File\` = 'AgentProgram'"
sql "DELETE FROM \`MsiFileHash\` WHERE \`File_\` = 'AgentProgram'"

# wixl takes Execute="rollback" and "commit" for immediate. 1: a DLL; 64: go on whatever it says; 256: rolling back; 512: when
# all is done; 1024: in the script; 2048: as LocalSystem.
sql "UPDATE \`CustomAction\` SET \`Type\` = 3329 WHERE \`Action\` = 'UndoSettings'"
for action in CommitSettings RemoveTraces; do
    sql "UPDATE \`CustomAction\` SET \`Type\` = 3649 WHERE \`Action\` = '$action'"
done

sql "UPDATE \`InstallExecuteSequence\` SET \`Condition\` = 'NOT NOSTART OR NOSTART = \"0\"' WHERE \`Action\` = 'StartServices'"

# Windows takes packages with the same package code for the same file, and asks for another one whenever anything in it is
# another: it is the name of all that is in it.
set_summary 00000000-0000-0000-0000-000000000000
set_summary "$(code_of "$(sha256sum "$work/new.msi" | cut -d' ' -f1)")"
mv "$work/new.msi" "$out"
