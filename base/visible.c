#include "base/visible.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { ESCAPE_BYTES = 7 }; /* "\u202e" and the NUL */

/* How long a character is that begins with this byte; 0: none does. */
static size_t size_by_first(unsigned char first)
{
    static const struct {
        unsigned char from;
        unsigned char to;
        size_t size;
    } FIRSTS[] = {{0x00, 0x7f, 1}, {0xc2, 0xdf, 2}, {0xe0, 0xef, 3}, {0xf0, 0xf4, 4}};
    for (size_t i = 0; i < sizeof FIRSTS / sizeof FIRSTS[0]; i++) {
        if (first >= FIRSTS[i].from && first <= FIRSTS[i].to) {
            return FIRSTS[i].size;
        }
    }
    return 0;
}

/* The bytes of the character at text, 0 if they are no UTF-8. No character stands for two spellings,
 * none for half a pair of UTF-16. */
static size_t decode(const unsigned char *text, uint32_t *out)
{
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = size_by_first(text[0]);
    uint32_t value = size > 1 ? text[0] & (0xffU >> (size + 1)) : text[0];
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) { /* a NUL ends it here, too */
            return 0;
        }
        value = value << 6 | (text[i] & 0x3fU);
    }
    *out = value;
    bool half = value >= 0xd800 && value <= 0xdfff;
    return size > 0 && value >= LEAST[size] && value <= 0x10ffff && !half ? size : 0;
}

static bool is_plain(uint32_t c)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } HIDDEN[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200e, 0x200f},
        {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff},
    };
    for (size_t i = 0; i < sizeof HIDDEN / sizeof HIDDEN[0]; i++) {
        if (c >= HIDDEN[i].first && c <= HIDDEN[i].last) {
            return false;
        }
    }
    return true;
}

size_t visible_next(const char *text, bool *plain)
{
    uint32_t c = 0;
    size_t size = decode((const unsigned char *)text, &c);
    *plain = size > 0 && is_plain(c);
    return size > 0 ? size : 1;
}

static size_t escape(const char *text, char out[ESCAPE_BYTES])
{
    uint32_t c = 0;
    size_t size = decode((const unsigned char *)text, &c);
    int length = size > 1 ? snprintf(out, ESCAPE_BYTES, "\\u%04x", (unsigned)(c & 0xffff))
                          : snprintf(out, ESCAPE_BYTES, "\\x%02x", (unsigned char)text[0]);
    return (size_t)length;
}

size_t visible_copy(const char *text, char *out, size_t room)
{
    size_t used = 0;
    while (*text != '\0') {
        char escaped[ESCAPE_BYTES];
        bool plain = false;
        size_t taken = visible_next(text, &plain);
        const char *piece = text;
        size_t size = taken;
        if (!plain) {
            piece = escaped;
            size = escape(text, escaped);
        }
        if (size >= room - used) {
            break;
        }
        memcpy(out + used, piece, size);
        used += size;
        text += taken;
    }
    out[used] = '\0';
    return used;
}
