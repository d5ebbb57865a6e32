#!/bin/sh
# dependencies.sh - fetches, verifies and builds the libraries of dependencies.txt, for this machine and for Windows.
#
#   cmake/dependencies.sh fetch SOURCES          make sure that SOURCES holds a verified source package of each library
#   cmake/dependencies.sh build SOURCES PREFIX   unpack and build them all into PREFIX/native and PREFIX/windows
#
# Trust: apt checks the archive's signature and the hash of each file; the upstream tarball must besides be one that
# dependencies.txt names, or of the same series, which is said loudly. SOURCES keeps what was good, with the hashes.
# PREFIX/used.txt says what was built. Run from the repository root. Writes nothing but the named directories.
set -eu
. run.d/lib.sh
pins=$ROOT/cmake/dependencies.txt

libraries() {
    awk '$1 == "library" { print $2 }' "$pins"
}

series_of() { # library
    awk -v name="$1" '$1 == "library" && $2 == name { print $3 }' "$pins"
}

# The releases to look in, best first.
releases_of() { # library
    awk -v name="$1" '$1 == "release" { first = $2 } $1 == "also" && $2 == name { also = also " " $3 }
        END { print first also }' "$pins"
}

bare_will_do() { # library
    awk -v name="$1" '$1 == "library" && $2 == name && $4 == "yes" { found = 1 } END { exit !found }' "$pins"
}

is_accepted() { # library, upstream version, hash
    awk -v n="$1" -v v="$2" -v h="$3" \
        '$1 == "accept" && $2 == n && $3 == v && $4 == h { found = 1 } END { exit !found }' "$pins"
}

version_is_listed() { # library, upstream version
    awk -v n="$1" -v v="$2" '$1 == "accept" && $2 == n && $3 == v { found = 1 } END { exit !found }' "$pins"
}

upstream_of() { # Debian version, such as 3.6.6-0.1~deb13u1
    printf '%s\n' "$1" | sed 's/^[0-9]*://; s/-[^-]*$//'
}

# --- fetch ---

# A kept source package is still good if its files have the hashes noted and its tarball is still accepted. Its record,
# NAME.origin, reads: library, upstream version, Debian version, hash of the tarball, how it came.
kept_is_good() { # library
    [ -f "$sources/$1.origin" ] && [ -f "$sources/$1.sha256" ] || return 1
    (cd "$sources" && sha256sum --quiet -c "$1.sha256") || return 1
    read -r name upstream _ hash _ <"$sources/$1.origin"
    is_accepted "$name" "$upstream" "$hash"
}

# Writes an apt configuration of our own: the mirrors that this machine uses for its own release, with the release
# replaced by the wanted one. Nothing of the machine's is changed, and it works for an ordinary user. Once for each
# release.
configure_apt() { # directory, release
    export APT_CONFIG="$1/apt.conf"
    [ ! -d "$1" ] || return 0
    unset APT_CONFIG
    release=$2
    here=$(. /etc/os-release && echo "${VERSION_CODENAME:-none}")
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/sources.d"
    apt-get update --print-uris >"$1/uris"
    sed -nE "s#^'(.*)/dists/($here)([^/]*)/InRelease'.*#\\1 $release\\3#p" "$1/uris" | sort -u |
        while read -r mirror suite; do
            printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' \
                "$mirror" "$suite" "$keyring"
        done >"$1/sources.d/release.sources"
    [ -s "$1/sources.d/release.sources" ] || die "apt on this machine has no Debian mirror for '$here': add one to its sources"
    cat >"$1/apt.conf" <<END
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$1/sources.d";
Dir::State::lists "$1/lists";
Dir::Cache "$1/cache";
APT::Sandbox::User "";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Retries "2";
END
    export APT_CONFIG="$1/apt.conf"
    # One suite of several may be missing on a mirror; what counts is whether the packages are found.
    apt-get -q update || say "apt-get update of the private sources reported an error"
}

# The Debian versions to try, best first: the accepted upstream versions, then others of the series; newest first.
candidates() { # library
    apt-cache showsrc --only-source "$1" | sed -n 's/^Version: //p' | sort -Vru >"$work/versions"
    while read -r version; do
        if version_is_listed "$1" "$(upstream_of "$version")"; then echo "$version"; fi
    done <"$work/versions"
    while read -r version; do
        case $version in
        "$(series_of "$1")"*) version_is_listed "$1" "$(upstream_of "$version")" || echo "$version" ;;
        esac
    done <"$work/versions"
}

# Looks at what apt brought, notes where it comes from, and moves it to where it is kept.
keep() { # library, Debian version, patched|bare
    tarball=$(ls | grep -E '\.orig\.tar\.[a-z0-9]+$')
    hash=$(sha256sum "$tarball" | cut -d' ' -f1)
    upstream=$(upstream_of "$2")
    if is_accepted "$1" "$upstream" "$hash"; then
        how=pinned
    elif version_is_listed "$1" "$upstream"; then
        die "$1 $upstream: the tarball's hash is $hash, which is not the one in cmake/dependencies.txt: not used"
    else
        how=newer
        note "$1 $upstream is not pinned; taken because Debian's signature holds. To pin: accept $1 $upstream $hash"
    fi
    [ "$3" = patched ] || note "$1 $upstream is built without Debian's patches: the mirror does not have them"
    sha256sum -- * >"$sources/.$1.sha256"
    mv -- * "$sources/"
    echo "$1 $upstream $2 $hash $how $3" >"$sources/.$1.origin"
    mv "$sources/.$1.sha256" "$sources/$1.sha256"
    mv "$sources/.$1.origin" "$sources/$1.origin"
}

# Fails if the release has no complete one.
fetch_from() { # library, release, patched|bare
    only=
    [ "$3" = patched ] || only=--tar-only
    configure_apt "$work/$2" "$2"
    candidates "$1" >"$work/candidates"
    while read -r version; do
        rm -rf "$work/package" && mkdir "$work/package"
        # A mirror may list a version whose files it has not (yet, or any more): then the next one is tried.
        if (cd "$work/package" && apt-get -q source --download-only $only "$1=$version"); then
            (cd "$work/package" && keep "$1" "$version" "$3")
            return
        fi
        note "$1 $version of $2 ($3) is listed, but not complete on the mirror"
    done <"$work/candidates"
    return 1
}

fetch_one() { # library
    rm -f "$sources/$1.origin"
    for shape in patched bare; do
        [ $shape = patched ] || bare_will_do "$1" || break
        for release in $(releases_of "$1"); do
            if fetch_from "$1" "$release" $shape; then
                return
            fi
        done
    done
    die "no complete source package of $1, series $(series_of "$1"), on the mirror; looked in: $(releases_of "$1")"
}

fetch() {
    wanted=
    for library in $(libraries); do
        kept_is_good "$library" || wanted="$wanted $library"
    done
    [ -n "$wanted" ] || return 0
    work=$(make_temp_in "$CACHE")
    for library in $wanted; do
        fetch_one "$library"
    done
    rm -rf "$work"
}

# --- build ---

unpack() { # library, directory to make
    read -r _ upstream version _ _ shape <"$sources/$1.origin"
    if [ "$shape" = patched ]; then
        # Unsigned for dpkg-source, which knows no keys here: apt verified it, and the noted hashes were checked.
        dpkg-source --no-check --no-copy -x "$sources/$1_${version#*:}.dsc" "$2"
    else
        mkdir "$2"
        tar -xf "$sources/$1_$upstream".orig.tar.* -C "$2" --strip-components=1
    fi
}

cmake_build() { # library, options...
    library=$1
    shift
    echo "== $library for $platform"
    cmake -S "$tree/$library" -B "$tree/build-$library" -GNinja \
        -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF \
        -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DCMAKE_C_FLAGS_RELEASE=-DNDEBUG \
        -DCMAKE_C_FLAGS="-ffunction-sections -fdata-sections -fstack-protector-strong $flags -ffile-prefix-map=$tree/=" \
        $common "$@"
    ninja -C "$tree/build-$library" -j "$jobs" install
}

# Switches options of mbedTLS in the header that is installed, so that whoever includes it sees the same.
mbedtls_config() { # enable|disable, option...
    header=$tree/mbedtls/include/mbedtls/mbedtls_config.h
    how=$1
    shift
    for option in "$@"; do
        case $how in
        enable) sed -i "s,^//#define MBEDTLS_$option\$,#define MBEDTLS_$option," "$header" ;;
        disable) sed -i "s,^#define MBEDTLS_$option\$,//&," "$header" ;;
        esac
        grep -qE "^(//)?#define MBEDTLS_$option\$" "$header" || die "mbedTLS has no option MBEDTLS_$option"
    done
}

build_for() { # native|windows
    platform=$1
    tree=$work/$platform
    prefix=$work/out/$platform
    mkdir -p "$prefix"
    if [ "$platform" = windows ]; then
        common="-DCMAKE_TOOLCHAIN_FILE=$ROOT/cmake/toolchain-mingw-w64.cmake -DCMAKE_BUILD_TYPE=MinSizeRel"
        flags='-D_WIN32_WINNT=0x0603'
        own_curl='-DENABLE_UNICODE=ON -DCURL_TARGET_WINDOWS_VERSION=0x0603 -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none'
    else
        common='-DCMAKE_BUILD_TYPE=Release'
        flags=-O2
        own_curl='-DCURL_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt -DCURL_CA_PATH=none'
        # The server works on several threads; on Windows only one thread of the agent uses the library.
        mbedtls_config enable THREADING_C THREADING_PTHREAD
    fi
    # We are a TLS client only; old ciphers are neither needed nor wanted, nor what traces a handshake: 110 KB of
    # sentences. The rest is mbedTLS's own choice.
    mbedtls_config disable DEBUG_C SELF_TEST SSL_SRV_C SSL_PROTO_DTLS SSL_DTLS_ANTI_REPLAY SSL_DTLS_HELLO_VERIFY \
        SSL_DTLS_CLIENT_PORT_REUSE SSL_DTLS_CONNECTION_ID ARIA_C CAMELLIA_C LMS_C
    # Optional curves and maths of other origin, all switched off by default; Debian leaves them out, too.
    sed -i '/^add_subdirectory(3rdparty)/d' "$tree/mbedtls/CMakeLists.txt"
    cmake_build mbedtls -DENABLE_TESTING=OFF -DENABLE_PROGRAMS=OFF -DGEN_FILES=OFF -DMBEDTLS_FATAL_WARNINGS=OFF
    cmake_build cjson -DENABLE_CJSON_TEST=OFF -DBUILD_SHARED_AND_STATIC_LIBS=OFF -DENABLE_CUSTOM_COMPILER_FLAGS=OFF
    cmake_build cmocka -DWITH_EXAMPLES=OFF
    # No DTD, no entities but the five, no namespaces: what we read needs none of them. What must be random comes from
    # the system.
    cmake_build expat/expat -DEXPAT_BUILD_TOOLS=OFF -DEXPAT_BUILD_EXAMPLES=OFF -DEXPAT_BUILD_TESTS=OFF \
        -DEXPAT_BUILD_DOCS=OFF -DEXPAT_BUILD_PKGCONFIG=OFF -DEXPAT_SHARED_LIBS=OFF -DEXPAT_DTD=OFF -DEXPAT_GE=OFF \
        -DEXPAT_NS=OFF -DEXPAT_CONTEXT_BYTES=0
    # Plain HTTP and TLS; what else curl has learned would only be more to attack. In few, large units: faster to build.
    cmake_build curl -DMBEDTLS_INCLUDE_DIR="$prefix/include" -DMBEDTLS_LIBRARY="$prefix/lib/libmbedtls.a" \
        -DMBEDX509_LIBRARY="$prefix/lib/libmbedx509.a" -DMBEDCRYPTO_LIBRARY="$prefix/lib/libmbedcrypto.a" \
        -DCURL_USE_MBEDTLS=ON -DHTTP_ONLY=ON -DCURL_USE_LIBPSL=OFF -DCURL_ZLIB=OFF -DCURL_ZSTD=OFF -DCURL_BROTLI=OFF \
        -DUSE_NGHTTP2=OFF -DUSE_LIBIDN2=OFF -DCURL_USE_LIBSSH2=OFF -DCURL_DISABLE_WEBSOCKETS=ON \
        -DCURL_DISABLE_COOKIES=ON -DCURL_DISABLE_HSTS=ON -DCURL_DISABLE_ALTSVC=ON -DCURL_DISABLE_DOH=ON \
        -DCURL_DISABLE_NETRC=ON -DCURL_DISABLE_AWS=ON -DBUILD_CURL_EXE=OFF -DBUILD_LIBCURL_DOCS=OFF \
        -DBUILD_MISC_DOCS=OFF -DENABLE_CURL_MANUAL=OFF -DBUILD_TESTING=OFF -DCURL_USE_PKGCONFIG=OFF \
        -DPICKY_COMPILER=OFF -DCMAKE_UNITY_BUILD=ON $own_curl
}

build() { # prefix
    work=$(make_temp_in "$CACHE")
    mkdir "$work/native"
    for library in $(libraries); do
        unpack "$library" "$work/native/$library"
    done
    cp -a "$work/native" "$work/windows"
    jobs=$(((JOBS + 1) / 2))
    # Side by side: configuring is one process after the other, and both together keep the cores busy.
    build_for native >"$work/native.log" 2>&1 &
    native=$!
    build_for windows >"$work/windows.log" 2>&1 &
    windows=$!
    bad=0
    wait "$native" || bad=1
    wait "$windows" || bad=1
    cat "$work/native.log" "$work/windows.log"
    [ "$bad" = 0 ] || die "a library did not build: see 'FAILED' or 'Error' above"
    for library in $(libraries); do
        cat "$sources/$library.origin"
    done >"$work/out/used.txt"
    cat "$work/out/used.txt"
    mv "$work/out" "$1"
    rm -rf "$work"
}

sources=$2
mkdir -p "$sources"
case $1 in
fetch) fetch ;;
build) build "$3" ;;
*) die "cmake/dependencies.sh: fetch or build, not '$1'" ;;
esac
