# debian_base path|make [boot] - a small Debian with what the server's package depends on, to try packages in; with "boot" one
# that has systemd, too, and a kernel. Kept in the cache. Not a subcommand of ./run: setup makes it, where it is run as root.
set -eu
cd "$(dirname "$0")/.."
. run.d/lib.sh

include=adduser,openssl,libmicrohttpd12,libsqlite3-0,libgnutls30
kernel=
case ${2:-} in
'') ;;
boot)
    include=$include,systemd-sysv
    kernel=linux-image-cloud-amd64 ;;
*) usage_error "debian_base takes boot or nothing after path or make" ;;
esac
release=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
path=$CACHE/debian-$(printf '%s %s' "$release" "$include${kernel:+,$kernel}" | sha256sum | cut -c1-16)

# The kernel alone, as vmlinuz: what an emulated machine needs is built into it, so it boots without modules and without a
# disk. apt checks the package against the archive's signed lists.
fetch_kernel() { # directory
    (
        cd "$1" || exit
        package=$(apt-cache show --no-all-versions "$kernel" | sed -nE 's/^Depends: (linux-image-[^ ,]*).*/\1/p')
        [ -n "$package" ] && apt-get -q download "$package" && dpkg-deb --fsys-tarfile ./linux-image-*.deb |
            tar -xO --wildcards './boot/vmlinuz-*' >vmlinuz && [ -s vmlinuz ] && rm ./linux-image-*.deb
    )
}

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
    [ -z "$kernel" ] || fetch_kernel "$new/boot" || { apt-get -q update && fetch_kernel "$new/boot"; } || {
        rm -rf "$new"
        die "apt-get cannot download $kernel: run 'apt-get update', then this again"
    }
    mv -T "$new" "$path" ;;
*) usage_error "debian_base takes path or make" ;;
esac
