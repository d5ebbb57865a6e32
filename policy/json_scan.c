#include "policy/json_scan.h"

#include "policy/json_names.h"
#include "policy/json_pointer.h"
#include "policy/json_string.h"
#include "policy/limits.h"

#include <string.h>

enum { MOST_DEPTH = 32, NUMBER_BYTES = 32 };

static const int64_t LARGEST_INTEGER = 9007199254740991; /* 2^53 - 1 */

/* One open array or object, for the JSON pointer of a mistake. */
struct frame {
    bool object;
    bool named;       /* the current member's name is read */
    size_t index;     /* of the current element */
    size_t key_start; /* of the current member's name in the names */
    size_t key_size;
    uint32_t root; /* of its members' names, if it is an object */
};

struct scanner {
    const uint8_t *at;
    const uint8_t *start;
    const uint8_t *end;
    const struct pol_json_limits *limits;
    struct frame frames[MOST_DEPTH];
    unsigned depth;
    size_t items;
    struct pol_json_names names;
    struct err *err;
};

struct pol_json_limits pol_json_limits_document(size_t document_bytes)
{
    return (struct pol_json_limits){.document_bytes = document_bytes,
                                    .string_bytes = LIMIT_STRING_BYTES,
                                    .list_items = LIMIT_LIST_ITEMS,
                                    .nesting = LIMIT_NESTING};
}

struct pol_json_limits pol_json_limits_envelope(size_t document_bytes)
{
    struct pol_json_limits limits = pol_json_limits_document(document_bytes);
    limits.string_bytes = document_bytes;
    return limits;
}

/* ---- refusing ----------------------------------------------------------------------------- */

static void write_pointer(const struct scanner *s, char out[ERR_POINTER_BYTES])
{
    out[0] = '\0';
    for (unsigned i = 0; i < s->depth; i++) {
        const struct frame *f = &s->frames[i];
        if (!f->object) {
            pol_pointer_append_index(out, f->index);
        } else if (f->named) {
            pol_pointer_append_key(out, bytes_text(&s->names.text) + f->key_start, f->key_size);
        }
    }
}

static enum status refuse(struct scanner *s, const char *code, const char *what)
{
    char pointer[ERR_POINTER_BYTES];
    size_t line = 1;
    size_t column = 1;
    for (const uint8_t *p = s->start; p < s->at; p++) {
        column = *p == '\n' ? 1 : column + 1;
        line += *p == '\n' ? 1 : 0;
    }
    write_pointer(s, pointer);
    return err_refuse(s->err, code, pointer, "line %zu, column %zu: %s", line, column, what);
}

static enum status syntax(struct scanner *s, const char *what)
{
    return refuse(s, "json_syntax", what);
}

static enum status no_memory(struct scanner *s)
{
    return err_set(s->err, ST_NO_MEMORY, 0, "no memory to check a document of %zu bytes",
                   (size_t)(s->end - s->start));
}

/* ---- strings ------------------------------------------------------------------------------ */

/* Read some plain characters, `most` bytes of them, or else the one character at s->at. */
static const char *next_characters(struct scanner *s, size_t most, struct pol_json_character *out)
{
    size_t left = (size_t)(s->end - s->at);
    size_t plain = pol_json_plain_run(s->at, s->at + (most < left ? most : left));
    if (plain == 0) {
        return pol_json_character(&s->at, s->end, out);
    }
    out->data = s->at;
    out->size = plain;
    s->at += plain;
    return NULL;
}

/* s->at stands on the opening quote. What the string means, `most` bytes of it, is appended to the
 * names if keep is set. */
static enum status scan_string(struct scanner *s, bool keep, size_t most)
{
    size_t total = 0;
    s->at++;
    while (s->at < s->end && *s->at != '"') {
        struct pol_json_character character;
        const char *mistake = next_characters(s, most - total + 1, &character);
        if (mistake != NULL) {
            return syntax(s, mistake);
        }
        total += character.size;
        if (total > most) {
            return refuse(s, "too_large", "the string is too long");
        }
        if (keep && bytes_append(&s->names.text, character.data, character.size) != ST_OK) {
            return no_memory(s);
        }
    }
    if (s->at == s->end) {
        return syntax(s, "the document ends inside a string");
    }
    s->at++;
    return ST_OK;
}

static enum status scan_key(struct scanner *s)
{
    struct frame *f = &s->frames[s->depth - 1];
    if (s->at == s->end || *s->at != '"') {
        return syntax(s, "a member's name in quotes is expected");
    }
    size_t start = s->names.text.size;
    size_t most =
        s->limits->string_bytes < LIMIT_STRING_BYTES ? s->limits->string_bytes : LIMIT_STRING_BYTES;
    enum status st = scan_string(s, true, most);
    if (st != ST_OK) {
        return st;
    }
    f->named = true;
    f->key_start = start;
    f->key_size = s->names.text.size - start;
    st = pol_json_names_add(&s->names, &f->root, start);
    if (st == ST_EXISTS) {
        return refuse(s, "json_duplicate_key", "this member is there twice");
    }
    return st == ST_OK ? ST_OK : no_memory(s);
}

/* ---- values ------------------------------------------------------------------------------- */

static void skip_space(struct scanner *s)
{
    while (s->at < s->end &&
           (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r')) {
        s->at++;
    }
}

/* Of more digits than any number may have, no more are counted. */
static size_t count_digits(const struct scanner *s, const uint8_t *p)
{
    size_t count = 0;
    while (count <= NUMBER_BYTES && p + count < s->end && p[count] >= '0' && p[count] <= '9') {
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

static enum status scan_number(struct scanner *s)
{
    const uint8_t *p = s->at + (*s->at == '-' ? 1 : 0);
    size_t whole = count_digits(s, p);
    if (whole == 0 || (whole > 1 && *p == '0')) {
        return syntax(s, "this is not a number");
    }
    if (!integer_fits(p, whole)) {
        return refuse(s, "out_of_range", "the number is larger than 9007199254740991");
    }
    p += whole;
    if (p < s->end && *p == '.') {
        size_t decimals = count_digits(s, p + 1);
        if (decimals == 0) {
            return syntax(s, "a digit must follow the decimal point");
        }
        p += 1 + decimals;
    }
    if (p - s->at > NUMBER_BYTES) {
        return refuse(s, "out_of_range", "the number has too many digits");
    }
    if (p < s->end && (*p == 'e' || *p == 'E')) {
        return refuse(s, "out_of_range", "numbers with an exponent are not accepted");
    }
    s->at = p;
    return ST_OK;
}

static enum status scan_literal(struct scanner *s)
{
    static const char *const LITERALS[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        size_t size = strlen(LITERALS[i]);
        if ((size_t)(s->end - s->at) >= size && memcmp(s->at, LITERALS[i], size) == 0) {
            s->at += size;
            return ST_OK;
        }
    }
    return syntax(s, "a value is expected");
}

static enum status scan_value(struct scanner *s);

/* One element or one member. */
static enum status scan_item(struct scanner *s, bool object)
{
    enum status st = ST_OK;
    if (++s->items > s->limits->list_items) {
        return refuse(s, "too_large", "the document has too many items");
    }
    if (object) {
        st = scan_key(s);
    }
    if (st == ST_OK && object) {
        skip_space(s);
        if (s->at == s->end || *s->at != ':') {
            return syntax(s, "a colon is expected");
        }
        s->at++;
    }
    return st == ST_OK ? scan_value(s) : st;
}

static enum status scan_items(struct scanner *s, bool object, uint8_t close)
{
    struct frame *f = &s->frames[s->depth - 1];
    skip_space(s);
    if (s->at < s->end && *s->at == close) {
        s->at++;
        return ST_OK;
    }
    for (;;) {
        skip_space(s);
        enum status st = scan_item(s, object);
        if (st != ST_OK) {
            return st;
        }
        skip_space(s);
        if (s->at < s->end && *s->at == close) {
            s->at++;
            return ST_OK;
        }
        if (s->at == s->end || *s->at != ',') {
            return syntax(s, object ? "a comma or } is expected" : "a comma or ] is expected");
        }
        s->at++;
        f->index++;
        f->named = false;
    }
}

static enum status scan_container(struct scanner *s)
{
    bool object = *s->at == '{';
    if (s->depth == s->limits->nesting || s->depth == MOST_DEPTH) {
        return refuse(s, "too_large", "the document is nested too deeply");
    }
    s->frames[s->depth] = (struct frame){.object = object};
    s->depth++;
    s->at++;
    enum status st = scan_items(s, object, object ? '}' : ']');
    if (st == ST_OK) {
        s->depth--; /* on failure the frames stay: they are the pointer */
    }
    return st;
}

static enum status scan_value(struct scanner *s)
{
    skip_space(s);
    if (s->at == s->end) {
        return syntax(s, "the document ends too early");
    }
    switch (*s->at) {
    case '{':
    case '[': return scan_container(s);
    case '"': return scan_string(s, false, s->limits->string_bytes);
    default: break;
    }
    return *s->at == '-' || (*s->at >= '0' && *s->at <= '9') ? scan_number(s) : scan_literal(s);
}

enum status pol_json_scan(struct span document, const struct pol_json_limits *limits,
                          struct err *err)
{
    if (document.size > limits->document_bytes) {
        return err_refuse(err, "too_large", "", "the document is larger than %zu bytes",
                          limits->document_bytes);
    }
    /* Nothing may have no address, and there is no counting from that. */
    const uint8_t *start = document.size > 0 ? document.data : (const uint8_t *)"";
    struct scanner s = {.at = start,
                        .start = start,
                        .end = start + document.size,
                        .limits = limits,
                        .names.text = bytes_with_limit(document.size),
                        .err = err};
    enum status st = ST_OK;
    if (document.size >= 3 && memcmp(document.data, "\xef\xbb\xbf", 3) == 0) {
        st = syntax(&s, "a byte order mark is not accepted");
    }
    if (st == ST_OK) {
        st = scan_value(&s);
    }
    if (st == ST_OK) {
        skip_space(&s);
        st = s.at == s.end ? ST_OK : syntax(&s, "something follows the document");
    }
    pol_json_names_done(&s.names);
    return st;
}
