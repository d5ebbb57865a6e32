#!/bin/sh
# system_libraries.sh - the libraries of this machine that are linked into what is shipped, as lines for make_sbom.py:
# NAME VERSION DEBIAN_VERSION SHA256 HOW -. NAME and versions are those of Debian's source package.
#
# HOW is "shared" (the hash is of the shared object that was linked with; where the program runs there may be a later one) or
# "archive" (the hash is of the archive whose parts are in the programs).
set -eu

line() { # package, how, file
    [ -f "$3" ] || {
        echo "system_libraries.sh: there is no $3 of the package $1" >&2
        exit 1
    }
    dpkg-query -W -f '${source:Package} ${source:Upstream-Version} ${source:Version}' "$1"
    printf ' %s %s -\n' "$(sha256sum "$3" | cut -d' ' -f1)" "$2"
}

line libmicrohttpd12 shared "$(gcc -print-file-name=libmicrohttpd.so.12)"
line libgnutls30 shared "$(gcc -print-file-name=libgnutls.so.30)"
line libsqlite3-0 shared "$(gcc -print-file-name=libsqlite3.so.0)"
line libc6 shared "$(gcc -print-file-name=libc.so.6)"
line mingw-w64-x86-64-dev archive "$(x86_64-w64-mingw32-gcc -print-file-name=libmingwex.a)"
line gcc-mingw-w64-x86-64-win32 archive "$(x86_64-w64-mingw32-gcc -print-libgcc-file-name)"
