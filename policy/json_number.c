#include "policy/json_number.h"

#include <stdbool.h>

enum { NUMBER_BYTES = 32 };

static const int64_t LARGEST_INTEGER = 9007199254740991; /* 2^53 - 1 */

/* Of more digits than any number may have, no more are counted. */
static size_t count_digits(const uint8_t *p, const uint8_t *end)
{
    size_t count = 0;
    while (count <= NUMBER_BYTES && p + count < end && p[count] >= '0' && p[count] <= '9') {
        count++;
    }
    return count;
}

static bool integer_fits(const uint8_t *digits, size_t count)
{
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        value = value * 10 + (digits[i] - '0');
        if (value > LARGEST_INTEGER) {
            return false;
        }
    }
    return true;
}

static size_t refuse(struct pol_json_mistake *mistake, const char *code, const char *text)
{
    *mistake = (struct pol_json_mistake){.code = code, .text = text};
    return 0;
}

size_t pol_json_number(const uint8_t *at, const uint8_t *end, struct pol_json_mistake *mistake)
{
    const uint8_t *p = at + (*at == '-' ? 1 : 0);
    size_t whole = count_digits(p, end);
    if (whole == 0 || (whole > 1 && *p == '0')) {
        return refuse(mistake, "json_syntax", "this is not a number");
    }
    if (!integer_fits(p, whole)) {
        return refuse(mistake, "out_of_range", "the number is larger than 9007199254740991");
    }
    p += whole;
    if (p < end && *p == '.') {
        size_t decimals = count_digits(p + 1, end);
        if (decimals == 0) {
            return refuse(mistake, "json_syntax", "a digit must follow the decimal point");
        }
        p += 1 + decimals;
    }
    if (p - at > NUMBER_BYTES) {
        return refuse(mistake, "out_of_range", "the number has too many digits");
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        return refuse(mistake, "out_of_range", "numbers with an exponent are not accepted");
    }
    return (size_t)(p - at);
}
