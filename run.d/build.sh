# build [--sign-pfx FILE [--sign-pass-file FILE] [--timestamp-url URL]] [--released FILE.msi] - the programs as shipped, the
# agent's package and the Debian packages, into dist/. The same source makes the same bytes, unless they are signed.
set -eu
. run.d/lib.sh

pfx=
pass_file=
timestamp=
released=
while [ $# -gt 0 ]; do
    case $1 in
    --sign-pfx | --sign-pass-file | --timestamp-url | --released) [ $# -ge 2 ] || usage_error "$1 takes a value" ;;
    *) usage_error "build takes --sign-pfx FILE, --sign-pass-file FILE, --timestamp-url URL, --released FILE.msi; for one part use the presets: cmake --preset native-debug" ;;
    esac
    case $1 in
    --sign-pfx) pfx=$2 ;;
    --sign-pass-file) pass_file=$2 ;;
    --timestamp-url) timestamp=$2 ;;
    --released) released=$2 ;;
    esac
    shift 2
done
[ -n "$pfx" ] || [ -z "$pass_file$timestamp" ] || usage_error "--sign-pass-file and --timestamp-url go with --sign-pfx"
for file in "$pfx" "$pass_file" "$released"; do
    [ -z "$file" ] || [ -r "$file" ] || die "cannot read $file"
done
SOURCE_DATE_EPOCH=$(sh installer/source_date.sh)
export SOURCE_DATE_EPOCH

sh run.d/setup.sh
build_tree native-release programs
build_tree mingw-release programs
version=$(sed -n 's/^project(mapi-rollout VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
DIST=${MR_DIST:-dist}
msi=$DIST/windows/mapi-rollout-agent-$version-x64.msi

ship() { # file, directory in dist
    mkdir -p "$DIST/$2"
    # By rename, so that there is never half a program.
    cp "$1" "$DIST/$2/.new"
    mv "$DIST/$2/.new" "$DIST/$2/${1##*/}"
}

# In place, by rename. The password, if there is one, is in a file: an argument could be seen by others.
sign() { # file
    set -- "$1" -pkcs12 "$pfx" -h sha256 -n 'MAPI over HTTP rollout agent'
    [ -z "$pass_file" ] || set -- "$@" -readpass "$pass_file"
    [ -z "$timestamp" ] || set -- "$@" -ts "$timestamp"
    signed=$1
    shift
    rm -f "$signed.signed"
    osslsigncode sign "$@" -in "$signed" -out "$signed.signed" && mv "$signed.signed" "$signed"
}

ship build/native-release/bin/mapi-rollout linux
ship build/native-release/bin/mapi-rollout-server linux
for program in mapi-rollout-agent.exe mapi-rollout.exe mapi-rollout-setup.dll; do
    ship build/mingw-release/bin/$program windows
    [ -z "$pfx" ] || step "sign-$program" "signing $program" sign "$DIST/windows/$program"
done
# The package holds what was signed; itself it is signed last, since any later change would break that. Of another version it
# would stay beside it.
for file in "$DIST"/windows/*.msi; do
    [ "$file" = "$msi" ] || rm -f "$file"
done
before=$DIST/windows/.before.msi
[ ! -e "$msi" ] || mv "$msi" "$before"
step package "making the agent's package" installer/msi/build.sh "$DIST/windows" LICENSE "$version" "$msi"
if [ -n "$released" ]; then
    step released "holding the package against what is released" installer/msi/check_released.sh "$msi" "$released" || {
        rm -f "$msi"
        exit 1
    }
fi
if [ -e "$before" ]; then
    # Whoever tries things out builds one version many times; whoever releases it must not.
    installer/msi/check_released.sh "$msi" "$before" >"$LOGS/before.log" 2>&1 ||
        say "  note: another content than the package that was there before, and the same version $version: a machine that has that
        one refuses this one (1638). Once it is released, raise the version."
    rm -f "$before"
fi
[ -z "$pfx" ] || step sign-package "signing the package" sign "$msi"
step deb "making the Debian packages" installer/deb/build.sh build/native-release "$DIST/debian"
{
    cat build/deps/used.txt
    installer/sbom/system_libraries.sh
} >"$DIST/libraries.txt"
sbom=$DIST/mapi-rollout-$version.cdx.json
python3 installer/sbom/make_sbom.py "$version" "$DIST/libraries.txt" "$DIST"/linux/* "$DIST"/windows/* \
    "$DIST"/debian/* >"$DIST/.new"
mv "$DIST/.new" "$sbom"
# What the package holds and is of no use elsewhere is named there, and not shipped by itself.
rm "$DIST/windows/mapi-rollout-setup.dll"
for file in "$DIST"/*/* "$sbom"; do
    printf '  %-52s %8d bytes\n' "$file" "$(stat -c %s "$file")"
done
