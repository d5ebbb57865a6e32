#include "policy/json_read.h"

#include "policy/decimal.h"
#include "policy/json_arena.h"
#include "policy/near_word.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the document ------------------------------------------------------------------------- */

struct pol_json {
    cJSON *root;
    struct pol_json_arena arena; /* of all that cJSON made */
};

_Static_assert(_Alignof(cJSON) <= POL_JSON_ARENA_ALIGNMENT, "what cJSON makes is aligned");

/* cJSON asks for memory without saying for which document: for the one that this thread reads. */
static _Thread_local struct pol_json_arena *reading;

/* Whoever uses cJSON beside this file (its peer in a benchmark) has the C library's memory. */
static void *allocate(size_t size)
{
    return reading != NULL ? pol_json_arena_allocate(reading, size) : malloc(size);
}

static void release(void *piece)
{
    if (reading == NULL) {
        free(piece);
    }
}

/* Before main(), for cJSON keeps this where all threads see it. */
__attribute__((constructor)) static void lend_memory(void)
{
    cJSON_Hooks hooks = {.malloc_fn = allocate, .free_fn = release};
    cJSON_InitHooks(&hooks);
}

static cJSON *parse(struct pol_json_arena *arena, struct span document)
{
    reading = arena;
    cJSON *root = cJSON_ParseWithLength((const char *)document.data, document.size);
    reading = NULL;
    return root;
}

/* Behind the string that begins before p, in a document that the scanner accepted. */
static const uint8_t *behind_string(const uint8_t *p, const uint8_t *end)
{
    size_t escapes = 1;
    while (escapes % 2 == 1) {
        p = memchr(p, '"', (size_t)(end - p));
        for (escapes = 0; p[-1 - (ptrdiff_t)escapes] == '\\'; escapes++) {
        }
        p++;
    }
    return p;
}

/* The next number behind *at, in the same. */
static struct span next_number(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *p = *at;
    while (p < end && *p != '-' && (*p < '0' || *p > '9')) {
        p++;
        if (p[-1] == '"') {
            p = behind_string(p, end);
        }
    }
    struct span number = {.data = p};
    while (p < end && (*p == '-' || *p == '.' || (*p >= '0' && *p <= '9'))) {
        p++;
    }
    number.size = (size_t)(p - number.data);
    *at = p;
    return number;
}

/* cJSON keeps numbers as floating point only. We hang the digits of each into its unused
 * valuestring, so that nothing of ours reads the floating point. */
static enum status keep_digits(struct pol_json_arena *arena, cJSON *item, const uint8_t **at,
                               const uint8_t *end)
{
    for (; item != NULL; item = item->next) {
        if (cJSON_IsNumber(item)) {
            struct span digits = next_number(at, end);
            item->valuestring = pol_json_arena_allocate(arena, digits.size + 1);
            if (item->valuestring == NULL) {
                return ST_NO_MEMORY;
            }
            memcpy(item->valuestring, digits.data, digits.size);
            item->valuestring[digits.size] = '\0';
        }
        enum status st = keep_digits(arena, item->child, at, end);
        if (st != ST_OK) {
            return st;
        }
    }
    return ST_OK;
}

enum status pol_json_parse(struct span document, const struct pol_json_limits *limits,
                           struct pol_json **out, struct err *err)
{
    const uint8_t *at = document.data;
    enum status st = pol_json_scan(document, limits, err);
    if (st != ST_OK) {
        return st;
    }
    struct pol_json *json = calloc(1, sizeof *json);
    if (json != NULL) {
        json->arena.block_bytes = POL_JSON_ARENA_BLOCK_BYTES;
        json->root = parse(&json->arena, document);
    }
    if (json == NULL || json->root == NULL) {
        st = ST_NO_MEMORY; /* the grammar was checked, nothing else can be wrong */
    } else {
        st = keep_digits(&json->arena, json->root, &at, document.data + document.size);
    }
    if (st != ST_OK) {
        pol_json_free(json);
        return err_set(err, st, 0, "no memory to read a document of %zu bytes", document.size);
    }
    *out = json;
    return ST_OK;
}

void pol_json_free(struct pol_json *json)
{
    if (json != NULL) {
        pol_json_arena_done(&json->arena);
        free(json);
    }
}

struct pol_at pol_json_root(const struct pol_json *json, struct pol_problems *problems)
{
    return (struct pol_at){.value = json->root, .problems = problems};
}

/* ---- walking ------------------------------------------------------------------------------ */

static const cJSON *item_of(const struct pol_at *at)
{
    return at->value;
}

static struct pol_at child(const struct pol_at *parent, const cJSON *item, const char *key,
                           size_t index)
{
    return (struct pol_at){.value = item == NULL || cJSON_IsNull(item) ? NULL : item,
                           .up = parent,
                           .key = key,
                           .index = index,
                           .problems = parent->problems};
}

bool pol_first(const struct pol_at *parent, struct pol_at *out)
{
    const cJSON *item = parent->value == NULL ? NULL : item_of(parent)->child;
    if (item == NULL) {
        return false;
    }
    *out = child(parent, item, item->string, 0);
    out->value = item; /* a null in a list is a value of the wrong kind, not an absent one */
    return true;
}

bool pol_next(struct pol_at *item)
{
    const cJSON *next = item_of(item)->next;
    if (next == NULL) {
        return false;
    }
    item->value = next;
    item->key = next->string;
    item->index++;
    return true;
}

/* Most names differ in their first letter. */
static bool same_name(const char *a, const char *b)
{
    return a[0] == b[0] && strcmp(a, b) == 0;
}

static bool is_allowed(const char *name, const char *const *allowed, size_t allowed_count)
{
    for (size_t i = 0; i < allowed_count; i++) {
        if (same_name(name, allowed[i])) {
            return true;
        }
    }
    return false;
}

bool pol_read_object(const struct pol_at *at, const char *const *allowed, size_t allowed_count)
{
    struct pol_at member;
    if (!pol_at_is_object(at)) {
        pol_at_problem(at, "wrong_type", "an object is expected");
        return false;
    }
    for (bool more = pol_first(at, &member); more; more = pol_next(&member)) {
        if (is_allowed(member.key, allowed, allowed_count)) {
            continue;
        }
        /* Guessing takes time, and what nobody will read is not worth any. */
        bool is_told = at->problems->found < LIMIT_PROBLEMS;
        const char *near = is_told ? pol_near_word(member.key, allowed, allowed_count) : NULL;
        if (near != NULL) {
            pol_at_problem(&member, "unknown_field", "did you mean \"%s\"?", near);
        } else {
            pol_at_problem(&member, "unknown_field", "there is no such field");
        }
    }
    return true;
}

bool pol_read_member(const struct pol_at *at, const char *key, enum pol_need need,
                     struct pol_at *out)
{
    const cJSON *item = pol_at_is_object(at) ? item_of(at)->child : NULL;
    while (item != NULL && !same_name(item->string, key)) {
        item = item->next;
    }
    struct pol_at member = child(at, item, key, 0);
    if (member.value == NULL) {
        if (need == POL_REQUIRED) {
            pol_at_problem(&member, "missing_field", "\"%s\" is required", key);
        }
        return false;
    }
    *out = member;
    return true;
}

bool pol_read_array(const struct pol_at *at, const char *key, enum pol_need need, size_t most,
                    struct pol_at *out, size_t *out_count)
{
    struct pol_at member;
    if (!pol_read_member(at, key, need, &member)) {
        return false;
    }
    if (!pol_at_is_array(&member) && !pol_at_is_object(&member)) {
        pol_at_problem(&member, "wrong_type", "a list is expected");
        return false;
    }
    size_t count = (size_t)cJSON_GetArraySize(item_of(&member));
    if (count > most) {
        pol_at_problem(&member, "too_large", "%zu entries, at most %zu are allowed", count, most);
        return false;
    }
    *out = member;
    *out_count = count;
    return true;
}

/* ---- values ------------------------------------------------------------------------------- */

bool pol_at_is_text(const struct pol_at *at)
{
    return cJSON_IsString(item_of(at));
}

bool pol_at_is_array(const struct pol_at *at)
{
    return cJSON_IsArray(item_of(at));
}

bool pol_at_is_object(const struct pol_at *at)
{
    return cJSON_IsObject(item_of(at));
}

bool pol_at_text(const struct pol_at *at, size_t most_bytes, const char **out)
{
    if (!pol_at_is_text(at)) {
        pol_at_problem(at, "wrong_type", "a text is expected");
        return false;
    }
    const char *text = item_of(at)->valuestring;
    if (strlen(text) > most_bytes) {
        pol_at_problem(at, "too_large", "the text is longer than %zu bytes", most_bytes);
        return false;
    }
    *out = text;
    return true;
}

bool pol_at_decimal(const struct pol_at *at, unsigned decimals, int64_t least, int64_t most,
                    int64_t *out)
{
    int64_t value = 0;
    if (!cJSON_IsNumber(item_of(at))) {
        pol_at_problem(at, "wrong_type", "a number is expected");
        return false;
    }
    if (!pol_decimal_read(item_of(at)->valuestring, decimals, &value)) {
        pol_at_problem(at, "out_of_range", "at most %u decimals are allowed", decimals);
        return false;
    }
    if (value < least || value > most) {
        int64_t unit = 1;
        for (unsigned i = 0; i < decimals; i++) {
            unit *= 10;
        }
        pol_at_problem(at, "out_of_range", "%" PRId64 " to %" PRId64 " is allowed", least / unit,
                       most / unit);
        return false;
    }
    *out = value;
    return true;
}

bool pol_at_integer(const struct pol_at *at, int64_t least, int64_t most, int64_t *out)
{
    if (cJSON_IsNumber(item_of(at)) && strchr(item_of(at)->valuestring, '.') != NULL) {
        pol_at_problem(at, "wrong_type", "a whole number is expected");
        return false;
    }
    return pol_at_decimal(at, 0, least, most, out);
}

bool pol_read_boolean(const struct pol_at *at, const char *key, enum pol_need need, bool *out)
{
    struct pol_at member;
    if (!pol_read_member(at, key, need, &member)) {
        return false;
    }
    if (!cJSON_IsBool(item_of(&member))) {
        pol_at_problem(&member, "wrong_type", "true or false is expected");
        return false;
    }
    *out = cJSON_IsTrue(item_of(&member));
    return true;
}

/* ---- writing back ------------------------------------------------------------------------- */

static void write_item(struct pol_json_writer *w, const char *key, const cJSON *item)
{
    if (cJSON_IsObject(item)) {
        pol_json_object(w, key);
    } else if (cJSON_IsArray(item)) {
        pol_json_array(w, key);
    } else if (cJSON_IsString(item)) {
        pol_json_text(w, key, item->valuestring);
    } else if (cJSON_IsNumber(item)) {
        pol_json_raw(w, key, span_text(item->valuestring));
    } else if (cJSON_IsBool(item)) {
        pol_json_boolean(w, key, cJSON_IsTrue(item));
    } else {
        pol_json_null(w, key);
    }
    for (const cJSON *c = item == NULL ? NULL : item->child; c != NULL; c = c->next) {
        write_item(w, c->string, c);
    }
    if (cJSON_IsObject(item)) {
        pol_json_close_object(w);
    } else if (cJSON_IsArray(item)) {
        pol_json_close_array(w);
    }
}

void pol_at_write(const struct pol_at *at, struct pol_json_writer *w, const char *key)
{
    write_item(w, key, item_of(at));
}
