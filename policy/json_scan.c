#include "policy/json_scan.h"

#include "policy/json_names.h"
#include "policy/json_number.h"
#include "policy/json_pointer.h"
#include "policy/json_string.h"
#include "policy/json_tree.h"
#include "policy/limits.h"

#include <string.h>

enum { MOST_DEPTH = 32 };

/* One open array or object, for the JSON pointer of a mistake. */
struct frame {
    bool object;
    bool named;       /* the current member's name is read */
    size_t index;     /* of the current element */
    size_t key_start; /* of the current member's name in the names */
    size_t key_size;
    uint32_t names; /* the tree of the object's names */
    struct pol_json_node *node;
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
    struct pol_json_tree *tree; /* its text is the names' meanwhile */
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

/* ---- the tree ----------------------------------------------------------------------------- */

/* The next value of what is open; its text was appended to the names from start on. */
static enum status add_node(struct scanner *s, enum pol_json_kind kind, size_t start,
                            struct pol_json_node **out)
{
    struct frame *f = s->depth > 0 ? &s->frames[s->depth - 1] : NULL;
    struct pol_json_node *node = pol_json_tree_add(s->tree, f != NULL ? f->node : NULL, kind);
    if (node == NULL) {
        return no_memory(s);
    }
    if (f != NULL && f->object) {
        node->name = bytes_text(&s->names.text) + f->key_start;
    }
    if (kind == POL_JSON_TEXT || kind == POL_JSON_NUMBER) {
        node->text = bytes_text(&s->names.text) + start;
    }
    *out = node;
    return ST_OK;
}

static enum status keep(struct scanner *s, const void *data, size_t size)
{
    return bytes_append(&s->names.text, data, size) == ST_OK ? ST_OK : no_memory(s);
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
 * names. */
static enum status scan_string(struct scanner *s, size_t most)
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
        if (keep(s, character.data, character.size) != ST_OK) {
            return ST_NO_MEMORY;
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
    enum status st = scan_string(s, most);
    if (st != ST_OK) {
        return st;
    }
    f->named = true;
    f->key_start = start;
    f->key_size = s->names.text.size - start;
    st = pol_json_names_add(&s->names, &f->names, start);
    if (st == ST_EXISTS) {
        return refuse(s, "json_duplicate_key", "this member is there twice");
    }
    return st == ST_OK ? keep(s, "", 1) : no_memory(s);
}

static enum status scan_text(struct scanner *s)
{
    struct pol_json_node *node = NULL;
    size_t start = s->names.text.size;
    enum status st = scan_string(s, s->limits->string_bytes);
    if (st == ST_OK) {
        st = keep(s, "", 1);
    }
    return st == ST_OK ? add_node(s, POL_JSON_TEXT, start, &node) : st;
}

/* ---- values ------------------------------------------------------------------------------- */

static void skip_space(struct scanner *s)
{
    while (s->at < s->end &&
           (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r')) {
        s->at++;
    }
}

static enum status scan_number(struct scanner *s)
{
    struct pol_json_node *node = NULL;
    struct pol_json_mistake mistake;
    size_t start = s->names.text.size;
    size_t size = pol_json_number(s->at, s->end, &mistake);
    if (size == 0) {
        return refuse(s, mistake.code, mistake.text);
    }
    enum status st = keep(s, s->at, size);
    s->at += size;
    if (st == ST_OK) {
        st = keep(s, "", 1);
    }
    return st == ST_OK ? add_node(s, POL_JSON_NUMBER, start, &node) : st;
}

static enum status scan_literal(struct scanner *s)
{
    static const char *const LITERALS[] = {"true", "false", "null"};
    static const enum pol_json_kind KINDS[] = {POL_JSON_TRUE, POL_JSON_FALSE, POL_JSON_NULL};
    for (size_t i = 0; i < 3; i++) {
        size_t size = strlen(LITERALS[i]);
        if ((size_t)(s->end - s->at) >= size && memcmp(s->at, LITERALS[i], size) == 0) {
            struct pol_json_node *node = NULL;
            s->at += size;
            return add_node(s, KINDS[i], 0, &node);
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
    struct pol_json_node *node = NULL;
    if (s->depth == s->limits->nesting || s->depth == MOST_DEPTH) {
        return refuse(s, "too_large", "the document is nested too deeply");
    }
    enum status st = add_node(s, object ? POL_JSON_OBJECT : POL_JSON_ARRAY, 0, &node);
    if (st != ST_OK) {
        return st;
    }
    s->frames[s->depth] = (struct frame){.object = object, .node = node};
    s->depth++;
    s->at++;
    st = scan_items(s, object, object ? '}' : ']');
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
    case '"': return scan_text(s);
    default: break;
    }
    return *s->at == '-' || (*s->at >= '0' && *s->at <= '9') ? scan_number(s) : scan_literal(s);
}

static enum status scan(struct span document, const struct pol_json_limits *limits,
                        struct pol_json_tree *tree, struct err *err)
{
    /* Nothing may have no address, and there is no counting from that. */
    const uint8_t *start = document.size > 0 ? document.data : (const uint8_t *)"";
    struct scanner s = {.at = start,
                        .start = start,
                        .end = start + document.size,
                        .limits = limits,
                        .names.text = tree->text,
                        .tree = tree,
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
    tree->text = s.names.text;
    s.names.text = (struct bytes){.data = NULL};
    pol_json_names_done(&s.names);
    return st;
}

enum status pol_json_scan_tree(struct span document, const struct pol_json_limits *limits,
                               struct pol_json_tree *out, struct err *err)
{
    struct pol_json_tree tree;
    if (document.size > limits->document_bytes) {
        return err_refuse(err, "too_large", "", "the document is larger than %zu bytes",
                          limits->document_bytes);
    }
    enum status st = pol_json_tree_open(&tree, document.size);
    if (st != ST_OK) {
        return err_set(err, st, 0, "no memory to read a document of %zu bytes", document.size);
    }
    st = scan(document, limits, &tree, err);
    if (st == ST_OK) {
        *out = tree;
    } else {
        pol_json_tree_done(&tree);
    }
    return st;
}

enum status pol_json_scan(struct span document, const struct pol_json_limits *limits,
                          struct err *err)
{
    struct pol_json_tree tree;
    enum status st = pol_json_scan_tree(document, limits, &tree, err);
    if (st == ST_OK) {
        pol_json_tree_done(&tree);
    }
    return st;
}
