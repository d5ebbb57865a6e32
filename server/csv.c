#include "server/csv.h"

#include "base/time_text.h"

#include <inttypes.h>
#include <string.h>

struct srv_csv srv_csv_start(struct bytes *out)
{
    return (struct srv_csv){.out = out, .st = ST_OK};
}

static void put(struct srv_csv *w, const char *data, size_t size)
{
    if (w->st == ST_OK) {
        w->st = bytes_append(w->out, data, size);
    }
}

static void begin_field(struct srv_csv *w)
{
    if (w->comma) {
        put(w, ",", 1);
    }
    w->comma = true;
}

void srv_csv_mark(struct srv_csv *w)
{
    put(w, "\xef\xbb\xbf", 3);
}

/* How many bytes one of the words takes at the start of text; 0 if none stands there. It is asked at each character of an
 * export, where the first byte says no nearly always. */
static size_t starts_with(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (*text == *words[i]) {
            size_t length = strlen(words[i]);
            if (strncmp(text, words[i], length) == 0) {
                return length;
            }
        }
    }
    return 0;
}

/* = + - @ and U+FF1D, U+FF0B, U+FF0D, U+FF20. */
static size_t formula(const char *text)
{
    static const char *const SIGNS[] = {
        "=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
    return starts_with(text, SIGNS, sizeof SIGNS / sizeof SIGNS[0]);
}

/* Where it stands a field still begins: spaces that may be trimmed (U+00A0, U+200B, U+3000, U+FEFF among
 * them), quotes, and what other spreadsheets split at. */
static size_t beginning(const char *text)
{
    static const char *const SIGNS[] = {
        " ", ",", ";", "|", "\"", "\xc2\xa0", "\xe2\x80\x8b", "\xe3\x80\x80", "\xef\xbb\xbf"};
    return starts_with(text, SIGNS, sizeof SIGNS / sizeof SIGNS[0]);
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* One sign of size bytes, which may be a quote or a control character. */
static void put_sign(struct srv_csv *w, const char *text, size_t size)
{
    if (*text == '"') {
        put(w, "\"\"", 2);
    } else if (is_control(*text)) {
        put(w, " ", 1);
    } else {
        put(w, text, size);
    }
}

void srv_csv_text(struct srv_csv *w, const char *text)
{
    bool begins = true;
    begin_field(w);
    if (text == NULL) {
        return;
    }
    put(w, "\"", 1);
    while (*text != '\0') {
        size_t sign = formula(text);
        size_t kept = beginning(text);
        size_t size = sign > 0 ? sign : kept > 0 ? kept : 1;
        if (begins && sign > 0) {
            put(w, "'", 1);
        }
        put_sign(w, text, size);
        begins = (sign == 0 && kept > 0) || is_control(*text);
        text += size;
    }
    put(w, "\"", 1);
}

void srv_csv_integer(struct srv_csv *w, int64_t value)
{
    begin_field(w);
    if (w->st == ST_OK) {
        w->st = bytes_append_format(w->out, "%" PRId64, value);
    }
}

void srv_csv_boolean(struct srv_csv *w, bool value)
{
    begin_field(w);
    put(w, value ? "true" : "false", value ? 4 : 5);
}

void srv_csv_time(struct srv_csv *w, int64_t wall_s)
{
    char text[TIME_TEXT_BYTES];
    begin_field(w);
    if (wall_s >= 0) {
        time_text_write(wall_s, text);
        put(w, text, strlen(text));
    }
}

void srv_csv_end_line(struct srv_csv *w)
{
    put(w, "\r\n", 2);
    w->comma = false;
}
