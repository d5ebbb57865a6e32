# promtool.sh path|make - Prometheus' own checker of metrics and alert rules, taken out of Debian's package and kept in the
# cache. Not a subcommand of ./run: setup makes it. Not installed: the package would start a server on this machine.
set -eu
cd "$(dirname "$0")/.."
. run.d/lib.sh

release=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
path=$CACHE/promtool-$(printf %s "$release" | sha256sum | cut -c1-16)

# apt checks the package against the archive's signed lists.
fetch() { # directory
    (cd "$1" && { apt-get -q download prometheus || { apt-get -q update && apt-get -q download prometheus; }; } &&
        dpkg-deb -x prometheus_*.deb tree && mv tree/usr/bin/promtool . && rm -rf tree prometheus_*.deb && ./promtool --version)
}

case ${1:-} in
path) echo "$path" ;;
make)
    [ ! -d "$path" ] || exit 0
    new=$(make_temp_in "$CACHE")
    # As root apt would hand the download to a user of its own, who cannot write there.
    chmod 755 "$new"
    fetch "$new" || {
        rm -rf "$new"
        die "apt-get cannot download prometheus: run 'apt-get update' as root, then this again"
    }
    mv -T "$new" "$path" ;;
*) usage_error "promtool takes path or make" ;;
esac
