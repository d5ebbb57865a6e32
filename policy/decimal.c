#include "policy/decimal.h"

bool pol_decimal_read(const char *digits, unsigned decimals, int64_t *out)
{
    const char *p = *digits == '-' ? digits + 1 : digits;
    int64_t value = 0;
    unsigned behind = 0;
    bool point = false;
    for (; *p != '\0'; p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        if (point && behind++ >= decimals) {
            return false;
        }
        if (value > (INT64_MAX - 9) / 10) {
            return false;
        }
        value = value * 10 + (*p - '0');
    }
    for (; behind < decimals; behind++) {
        if (value > INT64_MAX / 10) {
            return false;
        }
        value *= 10;
    }
    *out = *digits == '-' ? -value : value;
    return true;
}
