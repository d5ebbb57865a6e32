#include "policy/json_read.h"
#include "server/lens.h"

#include <stdlib.h>
#include <string.h>

/* Lists that are longer are read each time. What all of it takes is bounded: 3 columns, SLOTS lists in
 * each, and what the JSON reader makes of such a text. */
enum { FIRST_ROOM = 16, SLOTS = 64, REMEMBERED_BYTES = 2048 };

enum { GROUPS, TAGS, PROBES };

/* A list as it stands in the store, and what it says. */
struct srv_column {
    size_t size;
    struct pol_json *json;
    struct srv_texts texts; /* of probes: those that answered */
    struct srv_texts others;
    bool known; /* text is what the rest was read from */
    char text[REMEMBERED_BYTES];
};

static enum status add(struct srv_texts *list, const char *text)
{
    if (list->items == NULL || list->count == list->room) {
        size_t room = list->room == 0 ? FIRST_ROOM : list->room * 2;
        const char **grown = realloc(list->items, room * sizeof *grown);
        if (grown == NULL) {
            return ST_NO_MEMORY;
        }
        list->items = grown;
        list->room = room;
    }
    list->items[list->count++] = text;
    return ST_OK;
}

/* The first element of a JSON column, if it has one. */
static enum status open_column(const char *column, struct pol_json **json,
                               struct pol_problems *problems, struct pol_at *item, bool *more)
{
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_REPORT_BYTES);
    *more = false;
    problems->count = 0;
    problems->found = 0;
    if (column == NULL || strcmp(column, "[]") == 0) {
        return ST_OK;
    }
    enum status st = pol_json_parse(span_text(column), &limits, json, NULL);
    if (st == ST_OK) {
        struct pol_at root = pol_json_root(*json, problems);
        *more = pol_first(&root, item);
    }
    return st;
}

static enum status read_texts(struct srv_column *c, const char *column)
{
    struct pol_problems problems; /* what is wrong is left out; large, so not cleared */
    struct pol_at item;
    bool more = false;
    enum status st = open_column(column, &c->json, &problems, &item, &more);
    while (st == ST_OK && more) {
        const char *text = NULL;
        if (pol_at_text(&item, LIMIT_STRING_BYTES, &text)) {
            st = add(&c->texts, text);
        }
        more = pol_next(&item);
    }
    return st;
}

static enum status read_probes(struct srv_column *c, const char *column)
{
    struct pol_problems problems; /* what is wrong is left out; large, so not cleared */
    struct pol_at item;
    bool more = false;
    enum status st = open_column(column, &c->json, &problems, &item, &more);
    while (st == ST_OK && more) {
        const char *url = NULL;
        const char *verdict = NULL;
        if (pol_at_is_object(&item) &&
            pol_read_text(&item, "url", POL_REQUIRED, LIMIT_STRING_BYTES, &url) &&
            pol_read_text(&item, "verdict", POL_REQUIRED, LIMIT_STRING_BYTES, &verdict)) {
            bool is_ready = strcmp(verdict, POL_VERDICT_WORDS[POL_VERDICT_READY]) == 0;
            st = add(is_ready ? &c->texts : &c->others, url);
        }
        more = pol_next(&item);
    }
    return st;
}

/* ---- remembering ----------------------------------------------------------------------------- */

static void forget(struct srv_column *c)
{
    pol_json_free(c->json);
    c->json = NULL;
    c->known = false;
    c->texts.count = 0;
    c->others.count = 0;
}

/* Where a text is remembered. Whoever makes texts that share a place only makes them be read again. */
static size_t slot_of(const char *text, size_t size)
{
    uint64_t sum = size;
    while (size > 0) {
        uint64_t part = 0;
        size_t taken = size < sizeof part ? size : sizeof part;
        memcpy(&part, text, taken);
        sum = (sum ^ part) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
        text += taken;
        size -= taken;
    }
    return (size_t)(sum % SLOTS);
}

/* An empty list is known, and must not look like none. */
static enum status read_column(struct srv_column *c, const char *column, unsigned kind)
{
    forget(c);
    enum status st = c->texts.items == NULL ? add(&c->texts, NULL) : ST_OK;
    c->texts.count = 0;
    if (st == ST_OK) {
        st = kind == PROBES ? read_probes(c, column) : read_texts(c, column);
    }
    return st;
}

static enum status look(struct srv_sight *s, unsigned kind, const char *column,
                        const struct srv_column **out)
{
    const char *text = column != NULL ? column : "";
    size_t size = strlen(text);
    if (s->columns[kind] == NULL) {
        s->columns[kind] = calloc(SLOTS + 1, sizeof *s->columns[kind]);
    }
    if (s->columns[kind] == NULL) {
        return ST_NO_MEMORY;
    }
    bool remembered = size < REMEMBERED_BYTES;
    struct srv_column *c = &s->columns[kind][remembered ? slot_of(text, size) : SLOTS];
    *out = c;
    if (c->known && c->size == size && memcmp(c->text, text, size) == 0) {
        return ST_OK;
    }
    enum status st = read_column(c, column, kind);
    if (st == ST_OK && remembered) {
        memcpy(c->text, text, size);
        c->size = size;
        c->known = true;
    }
    return st;
}

enum status srv_sight_read(struct srv_sight *s, const struct srv_user_row *row, bool with_probes)
{
    const struct srv_column *groups = NULL;
    const struct srv_column *tags = NULL;
    const struct srv_column *probes = NULL;
    enum status st = look(s, GROUPS, row->groups, &groups);
    if (st == ST_OK) {
        st = look(s, TAGS, row->tags, &tags);
    }
    if (st == ST_OK) {
        st = look(s, PROBES, with_probes ? row->preflight : NULL, &probes);
    }
    if (st == ST_OK) {
        s->groups = &groups->texts;
        s->tags = &tags->texts;
        s->ready = &probes->texts;
        s->failed = &probes->others;
    }
    return st;
}

void srv_sight_done(struct srv_sight *s)
{
    for (size_t kind = 0; kind < sizeof s->columns / sizeof s->columns[0]; kind++) {
        for (size_t i = 0; s->columns[kind] != NULL && i <= SLOTS; i++) {
            struct srv_column *c = &s->columns[kind][i];
            forget(c);
            free(c->texts.items);
            free(c->others.items);
        }
        free(s->columns[kind]);
    }
    *s = (struct srv_sight){.groups = NULL};
}
