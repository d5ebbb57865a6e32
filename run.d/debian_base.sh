# debian_base path|make - a small Debian with what the server's package depends on, to try packages in; kept in the cache.
# Not a subcommand of ./run: setup makes it, where it is run as root.
set -eu
cd "$(dirname "$0")/.."
. run.d/lib.sh

include=adduser,openssl,libmicrohttpd12,libsqlite3-0,libgnutls30
release=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
path=$CACHE/debian-$(printf '%s %s' "$release" "$include" | sha256sum | cut -c1-16)

case ${1:-} in
path) echo "$path" ;;
make)
    [ ! -d "$path" ] || exit 0
    # The mirror that this machine uses itself.
    mirror=$(apt-get update --print-uris | sed -nE "s#^'(.*)/dists/$release/InRelease'.*#\\1#p" | head -n 1)
    [ -n "$mirror" ] || die "apt on this machine has no Debian mirror for '$release': add one to its sources"
    mkdir -p "$CACHE"
    new=$(mktemp -d "$CACHE/.tmp-$MARK-XXXXXX")
    debootstrap --variant=minbase --include="$include" "$release" "$new" "$mirror" || {
        rm -rf "$new"
        die "debootstrap failed"
    }
    rm -rf "$new"/var/cache/apt/archives/*.deb "$new"/var/lib/apt/lists/*
    chmod 755 "$new"
    mv -T "$new" "$path" ;;
*) usage_error "debian_base takes path or make" ;;
esac
