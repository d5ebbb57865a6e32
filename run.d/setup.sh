# setup [--tools|--bench|--boot] - makes everything that building and testing needs: Debian packages, libraries, the Wine
# template, the Node modules of the tests, promtool, a small Debian.
#
# The other subcommands begin with it. Where all is there it takes a fraction of a second. What takes long is made once,
# in the cache, under a name with the hash of everything it is made from; build/deps, build/wine-template,
# build/node_modules and build/promtool link to it.
set -eu
. run.d/lib.sh

# --- what is there ---

missing_packages() { # group...
    wanted=$(for group in "$@"; do sed -n "s/^$group //p" run.d/packages.txt; done)
    # It fails when it knows one of them not at all, and prints the others all the same.
    have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p') || :
    for package in $wanted; do
        printf '%s\n' "$have" | grep -qxF "$package" || printf '%s ' "$package"
    done
}

libraries_path() {
    versions=$(dpkg-query -W -f '${Package} ${Version}\n' gcc libc6-dev gcc-mingw-w64-x86-64-win32 \
        mingw-w64-x86-64-dev)
    echo "$CACHE/deps-$(hash_of cmake/dependencies.txt cmake/dependencies.sh cmake/toolchain-mingw-w64.cmake \
        -- "$versions")"
}

wine_path() {
    echo "$CACHE/wine-$(hash_of -- "$(dpkg-query -W -f '${Package} ${Version}\n' wine64 libwine)" \
        "$(sed -n '/^wine_make_template/,/^}/p' tests/e2e/wine.sh)")"
}

node_modules_path() {
    echo "$CACHE/node-$(hash_of tests/js/package.json tests/js/package-lock.json)/node_modules"
}

is_linked() { # link, wanted target
    [ "$(readlink "$1")" = "$2" ] && [ -d "$2" ]
}

is_ready() { # group...
    [ -z "$(missing_packages "$@")" ] && is_linked build/deps "$(libraries_path)" &&
        is_linked build/wine-template "$(wine_path)" && is_linked build/node_modules "$(node_modules_path)" &&
        is_linked build/promtool "$(sh run.d/promtool.sh path)" &&
        { [ "$(id -u)" -ne 0 ] || [ -d "$(sh run.d/debian_base.sh path)" ]; } &&
        { [ -z "$boot" ] || [ -d "$(sh run.d/debian_base.sh path boot)" ]; }
}

# --- what is made ---

install_packages() { # group...
    packages=$(missing_packages "$@")
    [ -n "$packages" ] || return 0
    [ -x /usr/bin/apt-get ] || die "this needs Debian 12 (bookworm): there is no apt-get here"
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif sudo -n true 2>/dev/null; then
        as_root='sudo -n'
    else
        die "Debian packages are missing and sudo is not to be had without a password; please run this first:
  sudo apt-get update && sudo apt-get install --no-install-recommends $packages"
    fi
    # The packages are words for apt-get.
    step packages "Debian packages ($(echo "$packages" | wc -w) missing)" \
        $as_root sh run.d/packages.sh $$ $packages
}

make_libraries() { # path
    [ ! -d "$1" ] || return 0
    step fetch "sources of mbedTLS, curl, cJSON, cmocka, expat" sh cmake/dependencies.sh fetch "$CACHE/sources"
    step dependencies "these libraries, for Linux and for Windows" \
        sh cmake/dependencies.sh build "$CACHE/sources" "$1"
    sed 's/^\([^ ]*\) [^ ]* \([^ ]*\) .*/  used: \1 \2/' "$1/used.txt"
}

make_wine_template() { # path
    [ ! -d "$1" ] || return 0
    . tests/e2e/wine.sh
    temp=$(make_temp_in "$CACHE")
    step wine "Wine prefix to clone for each test" wine_make_template "$temp/prefix"
    mv "$temp/prefix" "$1"
    rm -rf "$temp"
}

# The lock file pins versions and hashes; where they come from is npm's own setting. No script of theirs is run.
fetch_node_modules() { # path, directory to make it in
    cp tests/js/package.json tests/js/package-lock.json "$2/" &&
        step node "Node modules of the tests" npm ci --prefix "$2" --cache "$2/cache" \
            --ignore-scripts --no-audit --no-fund --no-update-notifier &&
        rm -rf "$2/cache" && mv "$2" "${1%/*}"
}

# Without them all can be built, and all but a few tests pass: those fail, and so says this.
make_node_modules() { # path
    [ ! -d "$1" ] || return 0
    temp=$(make_temp_in "$CACHE")
    fetch_node_modules "$1" "$temp" || {
        rm -rf "$temp"
        say "run: the tests that need build/node_modules will fail" >&2
    }
}

# As above.
make_promtool() { # path
    [ -d "$1" ] || step promtool "promtool, which checks metrics and alert rules" sh run.d/promtool.sh make ||
        say "run: the test of the metrics will fail" >&2
}

# For the test of the server's packages, which takes root: without it that test says that it is skipped.
make_debian() {
    [ "$(id -u)" -eq 0 ] || return 0
    [ -d "$(sh run.d/debian_base.sh path)" ] || step debian "a small Debian to try packages in" sh run.d/debian_base.sh make ||
        say "run: the test of the packages will be skipped" >&2
}

# For ./run boot, which is nothing without it.
make_boot_debian() {
    [ "$(id -u)" -eq 0 ] || die "only root can make a Debian to boot: run this as root"
    [ -d "$(sh run.d/debian_base.sh path boot)" ] || step debian-boot "a small Debian to boot" sh run.d/debian_base.sh make boot
}

make_all() { # group...
    install_packages "$@"
    libraries=$(libraries_path)
    make_libraries "$libraries"
    ln -sfnT "$libraries" build/deps
    wine=$(wine_path)
    make_wine_template "$wine"
    ln -sfnT "$wine" build/wine-template
    modules=$(node_modules_path)
    make_node_modules "$modules"
    ln -sfnT "$modules" build/node_modules
    promtool=$(sh run.d/promtool.sh path)
    make_promtool "$promtool"
    ln -sfnT "$promtool" build/promtool
    make_debian
    [ -z "$boot" ] || make_boot_debian
}

boot=
case ${1:-} in
'') groups=base ;;
--tools) groups='base tools' ;;
--bench) groups='base bench' ;;
--boot)
    groups='base boot'
    boot=boot ;;
*) usage_error "setup takes --tools, --bench, --boot or nothing, not '$1'" ;;
esac
# Some builds of nodejs bring npm along, and refuse Debian's package of it.
command -v npm >/dev/null || groups="$groups npm"

mkdir -p "$CACHE" build
remove_stale_temps "$CACHE"
if [ "${MR_SETUP_LOCKED:-}" = yes ]; then
    make_all $groups
elif ! is_ready $groups; then
    # -o: the lock is flock's alone; a process that stays behind does not hold it.
    export MR_SETUP_LOCKED=yes
    flock -n -E 75 -o "$CACHE/lock" sh run.d/setup.sh "$@" || {
        status=$?
        [ $status -eq 75 ] || exit $status
        say "another ./run is setting up; waiting for it ..."
        flock -o "$CACHE/lock" sh run.d/setup.sh "$@"
    }
fi
