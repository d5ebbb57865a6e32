# wine.sh - a Windows to test in: one template prefix, and a clone of it for each test that costs next to nothing.
#
# Sourced, where MR_SOURCE_DIR is set or in the source tree's root; POSIX sh. One prefix is one registry, one service
# manager and one wineserver, so every test takes its own.
#
#   . tests/e2e/wine.sh
#   scratch=$(wine_scratch)                       a directory of ours on the template's file system
#   wine_clone "$scratch/prefix"                  ready in 0.02 s; sets and exports WINEPREFIX
#   wine_keep                                     if its programs run one after the other
#   wine_quiet reg query 'HKLM\Software\Wine'     any program; its exit status is kept (its lowest 8 bits)
#   wine_stop "$scratch/prefix"                   ends all that runs in it and waits for that; then rm -rf "$scratch"
#
# The clone shares its files with the template by hard links: replace a file that came from there (rm, then cp), never
# write into it. MR_WINE_TEMPLATE names the template; `./run setup` makes it and links it as build/wine-template.

# The 64-bit programs themselves: Debian's `wine` script would first say at length that the 32-bit ones are missing.
MR_WINE=${MR_SOURCE_DIR:-$PWD}/tests/e2e/wine64.sh
MR_WINESERVER=/usr/lib/wine/wineserver64

# Quiet and alone: no debug channels, no screen, no offer to download .NET or a browser, no entries in a desktop menu.
export WINEDEBUG="${WINEDEBUG:--all}" WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe=d'
export WINELOADER=/usr/lib/wine/wine64 WINESERVER=$MR_WINESERVER
unset DISPLAY WAYLAND_DISPLAY

# Makes a directory that is on the same file system as the template, so that cloning can link. ./run removes it if the
# test does not get to it: the name carries its marker.
wine_scratch() {
    wine_home=$(readlink -f "${MR_WINE_TEMPLATE:-build/wine-template}") || return
    mktemp -d "${wine_home%/*}/.tmp-$(printf %s "${MAPI_ROLLOUT_RUN:-$$-byhand}" | tr / _)-XXXXXX"
}

# Makes DIR a prefix of its own and the current one. The .update-timestamp spares it the update of 7 s.
wine_clone() { # DIR
    wine_from=$(readlink -f "${MR_WINE_TEMPLATE:-build/wine-template}") || return
    mkdir -p "$1" || return
    cp -a "$wine_from"/*.reg "$wine_from/.update-timestamp" "$wine_from/dosdevices" "$1/" || return
    if ! cp -al "$wine_from/drive_c" "$1/drive_c" 2>/dev/null; then
        # Another file system: slower, and as good.
        rm -rf "$1/drive_c"
        cp -a "$wine_from/drive_c" "$1/drive_c" || return
    fi
    export WINEPREFIX="$1"
}

# For one program after the other with nothing that runs all the time: without it wineserver ends a few seconds after
# each, and a program that comes in that moment loses its connection. wine_stop ends it.
wine_keep() {
    "$MR_WINESERVER" -p
}

# Ends every program of the prefix and waits until the last one and the registry's files are done.
wine_stop() { # DIR
    # -k fails when nothing is running, which is what is wanted.
    WINEPREFIX="$1" "$MR_WINESERVER" -k || :
    WINEPREFIX="$1" "$MR_WINESERVER" -w
}

# Runs a program in $WINEPREFIX; its standard output gets Unix line ends. By way of a file, not a pipe: services that
# the program happens to start would hold a pipe open. Windows' own programs get their whole path here: what Wine does not
# find in the current directory it starts by way of start.exe, which takes three times as long.
wine_quiet() { # program, arguments...
    wine_output=$WINEPREFIX/.output-$$
    wine_status=0
    case $1 in
    *[\\/]*) wine_program=$1 ;;
    *) wine_program="C:\\windows\\system32\\$1.exe" ;;
    esac
    shift
    "$MR_WINE" "$wine_program" "$@" >"$wine_output" </dev/null || wine_status=$?
    tr -d '\r' <"$wine_output"
    rm -f "$wine_output"
    return "$wine_status"
}

# Makes the template in DIR, which must not exist: a new prefix calls itself Windows 7 and shows crash dialogs.
# HOME is a scratch directory, because Wine links the user's documents into the prefix.
wine_make_template() { # DIR
    (
        mkdir -p "$1" "$1.home" || exit
        export HOME="$1.home" WINEPREFIX="$1"
        "$MR_WINE" wineboot -i &&
            "$MR_WINE" winecfg -v win10 &&
            "$MR_WINE" reg add 'HKCU\Software\Wine\WineDbg' /v ShowCrashDialog /t REG_DWORD /d 0 /f &&
            "$MR_WINE" reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\AeDebug' /v Debugger /d false /f &&
            wine_stop "$1" || exit
        # The user's documents are links into that HOME: directories of the prefix itself instead.
        find "$1/drive_c/users" -type l | while IFS= read -r link; do
            rm "$link" && mkdir "$link" || exit
        done
        rm -rf "$1.home"
        test -f "$1/.update-timestamp"
    )
}
