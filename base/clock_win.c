#include "base/clock.h"

#include <windows.h>

int64_t clock_wall_ms(void)
{
    /* FILETIME counts 100 ns since 1601; 11644473600 s lie between that and 1970. */
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    uint64_t ticks = ((uint64_t)now.dwHighDateTime << 32) | now.dwLowDateTime;
    return (int64_t)(ticks / 10000) - 11644473600000;
}

int64_t clock_wall_s(void)
{
    return clock_wall_ms() / 1000;
}

uint64_t clock_monotonic_ms(void)
{
    return GetTickCount64();
}
