#!/bin/sh
# wine64.sh PROGRAM [argument...] - Wine, always at the same addresses; what it starts inherits that.
#
# Wine must have the address 0x7ffe0000. It is in the gigabyte where the kernel puts a heap by chance, so that one start in
# two thousand failed: "failed to map the shared user data", to Windows programs error 1359 or an exit status and no word.
# Some container engines allow nobody to ask for this; there the chance stays.
setarch -R true 2>/dev/null && exec setarch -R "$WINELOADER" "$@"
exec "$WINELOADER" "$@"
