# build - the programs as shipped, into dist/.
set -eu
. run.d/lib.sh
[ $# -eq 0 ] || usage_error "build takes no arguments; for one part use the presets: cmake --preset native-debug"

sh run.d/setup.sh
build_tree native-release programs
build_tree mingw-release programs

ship() { # file, directory in dist
    mkdir -p "dist/$2"
    # By rename, so that there is never half a program.
    cp "$1" "dist/$2/.new"
    mv "dist/$2/.new" "dist/$2/${1##*/}"
}
ship build/native-release/bin/mapi-rollout linux
ship build/native-release/bin/mapi-rollout-server linux
ship build/mingw-release/bin/mapi-rollout-agent.exe windows
ship build/mingw-release/bin/mapi-rollout.exe windows
{
    cat build/deps/used.txt
    dpkg-query -W -f '${source:Package} ${source:Upstream-Version} ${Version} - debian shared\n' libmicrohttpd12 libgnutls30 libsqlite3-0
} >dist/libraries.txt
for file in dist/*/*; do
    printf '  %-40s %8d bytes\n' "$file" "$(stat -c %s "$file")"
done
