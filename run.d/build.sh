# build [--sign-pfx FILE [--sign-pass-file FILE] [--timestamp-url URL]] - the programs as shipped and the agent's package,
# into dist/.
set -eu
. run.d/lib.sh

pfx=
pass_file=
timestamp=
while [ $# -gt 0 ]; do
    case $1 in
    --sign-pfx | --sign-pass-file | --timestamp-url) [ $# -ge 2 ] || usage_error "$1 takes a value" ;;
    *) usage_error "build takes --sign-pfx FILE, --sign-pass-file FILE, --timestamp-url URL; for one part use the presets: cmake --preset native-debug" ;;
    esac
    case $1 in
    --sign-pfx) pfx=$2 ;;
    --sign-pass-file) pass_file=$2 ;;
    --timestamp-url) timestamp=$2 ;;
    esac
    shift 2
done
[ -n "$pfx" ] || [ -z "$pass_file$timestamp" ] || usage_error "--sign-pass-file and --timestamp-url go with --sign-pfx"
for file in $pfx $pass_file; do
    [ -r "$file" ] || die "cannot read $file"
done

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
# The package holds what was signed; itself it is signed last, since any later change would break that.
rm -f "$DIST"/windows/*.msi
step package "making the agent's package" installer/msi/build.sh "$DIST/windows" LICENSE "$version" "$msi"
[ -z "$pfx" ] || step sign-package "signing the package" sign "$msi"
rm -rf build/native-release/packages
step deb "making the Debian packages" cpack --config build/native-release/CPackConfig.cmake -B build/native-release/packages
mkdir -p "$DIST/debian"
rm -f "$DIST"/debian/*.deb
cp build/native-release/packages/*.deb "$DIST/debian/"
{
    cat build/deps/used.txt
    dpkg-query -W -f '${source:Package} ${source:Upstream-Version} ${Version} - shared -\n' libmicrohttpd12 libgnutls30 libsqlite3-0
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
