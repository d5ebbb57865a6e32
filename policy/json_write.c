#include "policy/json_write.h"

#include "base/time_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put(struct pol_json_writer *w, const char *text, size_t size)
{
    if (w->st == ST_OK) {
        w->st = bytes_append(w->out, text, size);
    }
}

static void put_text(struct pol_json_writer *w, const char *text)
{
    put(w, text, strlen(text));
}

static const char *escape_of(unsigned char c, char scratch[7])
{
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
    }
    if (c >= 0x20) {
        return NULL;
    }
    (void)snprintf(scratch, 7, "\\u%04x", c);
    return scratch;
}

static void put_string(struct pol_json_writer *w, const char *text)
{
    char scratch[7];
    const char *plain = text; /* start of a run that needs no escape */
    const char *p = text;
    put(w, "\"", 1);
    for (; *p != '\0'; p++) {
        const char *escape = escape_of((unsigned char)*p, scratch);
        if (escape != NULL) {
            put(w, plain, (size_t)(p - plain));
            put_text(w, escape);
            plain = p + 1;
        }
    }
    put(w, plain, (size_t)(p - plain));
    put(w, "\"", 1);
}

/* What stands before every value. */
static void start_value(struct pol_json_writer *w, const char *key)
{
    if (w->comma) {
        put(w, ",", 1);
    }
    if (key != NULL) {
        put_string(w, key);
        put(w, ":", 1);
    }
    w->comma = true;
}

struct pol_json_writer pol_json_write_start(struct bytes *out)
{
    return (struct pol_json_writer){.out = out};
}

enum status pol_json_write_end(const struct pol_json_writer *w)
{
    return w->st == ST_OK && w->depth != 0 ? ST_BUG : w->st;
}

static void open_container(struct pol_json_writer *w, const char *key, const char *bracket)
{
    start_value(w, key);
    put_text(w, bracket);
    w->comma = false;
    w->depth++;
}

static void close_container(struct pol_json_writer *w, const char *bracket)
{
    if (w->depth == 0) {
        w->st = w->st == ST_OK ? ST_BUG : w->st;
        return;
    }
    put_text(w, bracket);
    w->comma = true;
    w->depth--;
}

void pol_json_object(struct pol_json_writer *w, const char *key)
{
    open_container(w, key, "{");
}

void pol_json_array(struct pol_json_writer *w, const char *key)
{
    open_container(w, key, "[");
}

void pol_json_close_object(struct pol_json_writer *w)
{
    close_container(w, "}");
}

void pol_json_close_array(struct pol_json_writer *w)
{
    close_container(w, "]");
}

void pol_json_text(struct pol_json_writer *w, const char *key, const char *value)
{
    if (value == NULL) {
        pol_json_null(w, key);
        return;
    }
    start_value(w, key);
    put_string(w, value);
}

void pol_json_integer(struct pol_json_writer *w, const char *key, int64_t value)
{
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%" PRId64, value);
    start_value(w, key);
    put_text(w, digits);
}

void pol_json_boolean(struct pol_json_writer *w, const char *key, bool value)
{
    start_value(w, key);
    put_text(w, value ? "true" : "false");
}

void pol_json_null(struct pol_json_writer *w, const char *key)
{
    start_value(w, key);
    put_text(w, "null");
}

void pol_json_time(struct pol_json_writer *w, const char *key, int64_t wall_s)
{
    char text[TIME_TEXT_BYTES];
    if (wall_s < 0) {
        pol_json_null(w, key);
        return;
    }
    time_text_write(wall_s, text);
    pol_json_text(w, key, text);
}

void pol_json_raw(struct pol_json_writer *w, const char *key, struct span json)
{
    start_value(w, key);
    put(w, (const char *)json.data, json.size);
}
