#!/bin/sh
# check_build.sh - what ./run build makes: signed by a throw-away certificate, packed, listed; every place that names the
# version names the same one, and the package's tables say what Windows Installer is to do, also where Wine does not look.
set -u
if ! command -v osslsigncode wixl msiinfo msiextract >/dev/null; then
    echo "skipped: osslsigncode, wixl and msitools are not installed"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

wrong() { # sentence
    echo "check_build: $*" >&2
    bad=1
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=throw-away' \
    -addext extendedKeyUsage=codeSigning -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
echo 'a password of one day' >"$work/password"
openssl pkcs12 -export -inkey "$work/key.pem" -in "$work/cert.pem" -out "$work/sign.pfx" -passout "file:$work/password"
version=$(sed -n 's/^project(mapi-rollout VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
printf 'MZ of nothing\n' | tee "$work/mapi-rollout-agent.exe" >"$work/mapi-rollout-setup.dll"

package() { # version, name: with no program in it
    installer/msi/build.sh "$work" LICENSE "$1" "$work/$2.msi" || wrong "there is no package $2"
}

package 0.0.9 older
package "$version" same
package 0.10.0 newer
MR_DIST=$work/dist ./run build --sign-pfx "$work/sign.pfx" --sign-pass-file "$work/password" --released "$work/older.msi" \
    >"$work/log" 2>&1 || {
    cat "$work/log"
    wrong "./run build fails"
    exit 1
}
! grep -q 'a password of one day' "$work/log" || wrong "the password is in the output"
msi=$(ls "$work"/dist/windows/*.msi)
(cd "$work" && msiextract -C "$work/inside" "$msi" >/dev/null)
agent=$(find "$work/inside" -name mapi-rollout-agent.exe)


# What may follow what is released.
follows() { # released, sentence that refuses it or nothing
    answer=$(installer/msi/check_released.sh "$msi" "$1" 2>&1) && [ -z "$2" ] || printf %s "$answer" | grep -qF -- "${2:-that it may}" ||
        wrong "after ${1##*/} it says '$answer', and not '$2'"
}
follows "$msi" ''
follows "$work/older.msi" ''
follows "$work/same.msi" 'and other content: machines that have that one refuse it (1638)'
follows "$work/newer.msi" "has version $version, lower than 0.10.0"
follows LICENSE 'LICENSE is no package of Windows Installer'

for file in "$work"/dist/windows/*.exe "$msi" "$agent"; do
    osslsigncode verify -CAfile "$work/cert.pem" -in "$file" >"$work/verify" 2>&1 ||
        { cat "$work/verify"; wrong "the signature of ${file##*/} does not hold"; }
done
cp "$work/dist/windows/mapi-rollout.exe" "$work/changed.exe"
printf x | dd of="$work/changed.exe" bs=1 seek=4096 conv=notrunc 2>/dev/null
! osslsigncode verify -CAfile "$work/cert.pem" -in "$work/changed.exe" >/dev/null 2>&1 ||
    wrong "a changed program still verifies: this test sees nothing"
cmp -s "$agent" "$work/dist/windows/mapi-rollout-agent.exe" || wrong "the package holds another agent"
[ "$(stat -c %s "$msi")" -le 2097152 ] || wrong "the package has more than 2 MiB"

mkdir "$work/tables"
for table in Property File Component Feature CustomAction InstallExecuteSequence LaunchCondition ServiceInstall \
    ServiceControl Upgrade Media; do
    msiinfo export "$msi" $table | tr -d '\r' >"$work/tables/$table"
done
TZ=UTC msiinfo suminfo "$msi" >"$work/tables/summary"
python3 tests/installer/check_package.py "$work" "$msi" || bad=1
exit $bad
