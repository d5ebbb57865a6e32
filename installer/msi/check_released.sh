#!/bin/sh
# check_released.sh NEW.msi RELEASED.msi - may NEW be given to machines that have RELEASED? Exits with 1, and a sentence, if not.
#
# Both are one product to Windows as long as they have one version, and it takes no other package of a product that is there
# (1638). A lower version is refused by the package itself.
set -eu
new=$1 released=$2

property() { # package, name
    msiinfo export "$1" Property | tr -d '\r' | sed -n "s/^$2$(printf '\t')//p"
}

code() { # package
    msiinfo suminfo "$1" | sed -n 's/^Revision number (UUID): //p'
}

refuse() { # sentence
    echo "check_released.sh: $*" >&2
    exit 1
}

for file in "$new" "$released"; do
    [ -n "$(property "$file" ProductVersion)" ] && [ -n "$(code "$file")" ] || refuse "$file is no package of Windows Installer"
done
[ "$(property "$new" UpgradeCode)" = "$(property "$released" UpgradeCode)" ] || refuse "$released is another product's package"
is=$(property "$new" ProductVersion)
was=$(property "$released" ProductVersion)
if [ "$is" = "$was" ]; then
    [ "$(code "$new")" = "$(code "$released")" ] ||
        refuse "$new has the version $is of $released and other content: machines that have that one refuse it (1638). Raise the version in CMakeLists.txt"
else
    [ "$(printf '%s\n' "$is" "$was" | sort -V | tail -n 1)" = "$is" ] ||
        refuse "$new has version $is, lower than $was of $released: machines that have that one refuse it. Raise the version in CMakeLists.txt"
fi
