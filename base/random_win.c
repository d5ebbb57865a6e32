#include "base/random.h"

#include <windows.h>

#include <bcrypt.h>

enum status random_bytes(void *out, size_t size)
{
    if (size > ULONG_MAX) {
        return ST_BUG;
    }
    NTSTATUS result = BCryptGenRandom(NULL, out, (ULONG)size, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    return result == 0 ? ST_OK : ST_IO;
}
