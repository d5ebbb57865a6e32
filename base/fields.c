#include "base/fields.h"

#include <string.h>

enum { DIGITS_MOST = 18 }; /* any so long fits into 63 bits */

static const char *behind(const char *field_end)
{
    return *field_end == ' ' ? field_end + 1 : field_end;
}

bool field_word(const char **at, char *out, size_t room)
{
    size_t size = strcspn(*at, " ");
    if (size == 0 || size >= room) {
        return false;
    }
    memcpy(out, *at, size);
    out[size] = '\0';
    *at = behind(*at + size);
    return true;
}

bool field_number(const char **at, int64_t least, int64_t most, int64_t *out)
{
    const char *digits = **at == '-' ? *at + 1 : *at;
    size_t count = strspn(digits, "0123456789");
    int64_t value = 0;
    if (count == 0 || count > DIGITS_MOST || (digits[count] != ' ' && digits[count] != '\0')) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        value = value * 10 + (digits[i] - '0');
    }
    value = digits > *at ? -value : value;
    if (value < least || value > most) {
        return false;
    }
    *out = value;
    *at = behind(digits + count);
    return true;
}

bool fields_end(const char *start, const char *at)
{
    return *at == '\0' && at > start && at[-1] != ' ';
}
