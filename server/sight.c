#include "policy/json_read.h"
#include "server/lens.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 16 };

/* One of the lists of a row. */
struct list {
    const char ***items;
    size_t *count;
    size_t *room;
};

static enum status add(const struct list *list, const char *text)
{
    if (*list->items == NULL || *list->count == *list->room) {
        size_t room = *list->room == 0 ? FIRST_ROOM : *list->room * 2;
        const char **grown = realloc(*list->items, room * sizeof *grown);
        if (grown == NULL) {
            return ST_NO_MEMORY;
        }
        *list->items = grown;
        *list->room = room;
    }
    (*list->items)[(*list->count)++] = text;
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

static enum status read_texts(const char *column, struct pol_json **json, const struct list *list)
{
    struct pol_problems problems; /* what is wrong is left out; large, so not cleared */
    struct pol_at item;
    bool more = false;
    enum status st = open_column(column, json, &problems, &item, &more);
    while (st == ST_OK && more) {
        const char *text = NULL;
        if (pol_at_text(&item, LIMIT_STRING_BYTES, &text)) {
            st = add(list, text);
        }
        more = pol_next(&item);
    }
    return st;
}

static enum status read_probes(struct srv_sight *s, const char *column)
{
    struct pol_problems problems; /* what is wrong is left out; large, so not cleared */
    struct list ready = {&s->ready, &s->ready_count, &s->ready_room};
    struct list failed = {&s->failed, &s->failed_count, &s->failed_room};
    struct pol_at item;
    bool more = false;
    enum status st = open_column(column, &s->json[2], &problems, &item, &more);
    while (st == ST_OK && more) {
        const char *url = NULL;
        const char *verdict = NULL;
        if (pol_at_is_object(&item) &&
            pol_read_text(&item, "url", POL_REQUIRED, LIMIT_STRING_BYTES, &url) &&
            pol_read_text(&item, "verdict", POL_REQUIRED, LIMIT_STRING_BYTES, &verdict)) {
            bool is_ready = strcmp(verdict, POL_VERDICT_WORDS[POL_VERDICT_READY]) == 0;
            st = add(is_ready ? &ready : &failed, url);
        }
        more = pol_next(&item);
    }
    return st;
}

static void forget(struct srv_sight *s)
{
    for (size_t i = 0; i < sizeof s->json / sizeof s->json[0]; i++) {
        pol_json_free(s->json[i]);
        s->json[i] = NULL;
    }
    s->group_count = 0;
    s->tag_count = 0;
    s->ready_count = 0;
    s->failed_count = 0;
}

enum status srv_sight_read(struct srv_sight *s, const struct srv_user_row *row, bool with_probes)
{
    struct list groups = {&s->groups, &s->group_count, &s->group_room};
    struct list tags = {&s->tags, &s->tag_count, &s->tag_room};
    forget(s);
    /* An empty list is known, and must not look like none. */
    enum status st = s->groups == NULL ? add(&groups, NULL) : ST_OK;
    st = st == ST_OK && s->tags == NULL ? add(&tags, NULL) : st;
    s->group_count = 0;
    s->tag_count = 0;
    if (st == ST_OK) {
        st = read_texts(row->groups, &s->json[0], &groups);
    }
    if (st == ST_OK) {
        st = read_texts(row->tags, &s->json[1], &tags);
    }
    return st == ST_OK && with_probes ? read_probes(s, row->preflight) : st;
}

void srv_sight_done(struct srv_sight *s)
{
    forget(s);
    free(s->groups);
    free(s->tags);
    free(s->ready);
    free(s->failed);
    *s = (struct srv_sight){.group_count = 0};
}
