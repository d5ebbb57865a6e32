#include "policy/json_string.h"

#include <string.h>

/* How many bytes the UTF-8 sequence at p has; 0 if it is none (RFC 3629: no overlong form, no
 * surrogate, nothing above U+10FFFF). */
static size_t utf8_length(const uint8_t *p, const uint8_t *end)
{
    static const struct {
        uint8_t first_low, first_high, second_low, second_high, length;
    } FORMS[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    if (*p < 0x80) {
        return 1;
    }
    for (size_t i = 0; i < sizeof FORMS / sizeof FORMS[0]; i++) {
        if (*p < FORMS[i].first_low || *p > FORMS[i].first_high) {
            continue;
        }
        if ((size_t)(end - p) < FORMS[i].length || p[1] < FORMS[i].second_low ||
            p[1] > FORMS[i].second_high) {
            return 0;
        }
        for (size_t k = 2; k < FORMS[i].length; k++) {
            if ((p[k] & 0xc0) != 0x80) {
                return 0;
            }
        }
        return FORMS[i].length;
    }
    return 0;
}

static bool read_hex4(const uint8_t *p, const uint8_t *end, uint32_t *out)
{
    uint32_t value = 0;
    if (end - p < 4) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        uint8_t lower = p[i] | 0x20; /* of a letter; digits have that bit */
        if (p[i] >= '0' && p[i] <= '9') {
            value = value << 4 | (uint32_t)(p[i] - '0');
        } else if (lower >= 'a' && lower <= 'f') {
            value = value << 4 | (uint32_t)(lower - 'a' + 10);
        } else {
            return false;
        }
    }
    *out = value;
    return true;
}

static size_t utf8_encode(uint32_t code, uint8_t out[4])
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xc0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xe0 | code >> 12);
        out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | code >> 18);
    out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (code & 0x3f));
    return 4;
}

/* *at stands behind "\u". */
static const char *unicode_escape(const uint8_t **at, const uint8_t *end,
                                  struct pol_json_character *out)
{
    uint32_t code = 0;
    uint32_t low = 0;
    if (!read_hex4(*at, end, &code)) {
        return "\\u wants four hexadecimal digits";
    }
    if (code == 0) {
        return "a NUL character is not accepted";
    }
    *at += 4;
    if (code >= 0xdc00 && code <= 0xdfff) {
        return "a surrogate stands alone";
    }
    if (code >= 0xd800 && code <= 0xdbff) {
        const uint8_t *p = *at;
        if (end - p < 6 || p[0] != '\\' || p[1] != 'u' || !read_hex4(p + 2, end, &low) ||
            low < 0xdc00 || low > 0xdfff) {
            return "a surrogate stands alone";
        }
        *at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    out->data = out->scratch;
    out->size = utf8_encode(code, out->scratch);
    return NULL;
}

/* *at stands behind the backslash. */
static const char *escape(const uint8_t **at, const uint8_t *end, struct pol_json_character *out)
{
    static const char NAMES[] = "\"\\/bfnrt";
    static const char MEANT[] = "\"\\/\b\f\n\r\t";
    if (*at == end) {
        return "the document ends inside a string";
    }
    if (**at == 'u') {
        ++*at;
        return unicode_escape(at, end, out);
    }
    const char *found = **at == '\0' ? NULL : strchr(NAMES, **at);
    if (found == NULL) {
        return "there is no such escape";
    }
    ++*at;
    out->scratch[0] = (uint8_t)MEANT[found - NAMES];
    out->data = out->scratch;
    out->size = 1;
    return NULL;
}

size_t pol_json_plain_run(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *p = at;
    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') {
        p++;
    }
    return (size_t)(p - at);
}

const char *pol_json_character(const uint8_t **at, const uint8_t *end,
                               struct pol_json_character *out)
{
    if (**at == '\\') {
        ++*at;
        return escape(at, end, out);
    }
    if (**at < 0x20) {
        return "a control character must be escaped";
    }
    out->size = utf8_length(*at, end);
    if (out->size == 0) {
        return "this is not valid UTF-8";
    }
    out->data = *at;
    *at += out->size;
    return NULL;
}
