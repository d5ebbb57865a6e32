#include "admin/facts.h"

#include <stdlib.h>
#include <string.h>

/* A million users of a line each are 200 MB; beyond that a filter is due. */
enum { FACTS_MOST_BYTES = 256 * 1024 * 1024, TEXT_MOST_BYTES = 64 * 1024 };

struct adm_facts adm_facts_new(void)
{
    return (struct adm_facts){.text = bytes_with_limit(FACTS_MOST_BYTES)};
}

void adm_facts_done(struct adm_facts *facts)
{
    bytes_free(&facts->text);
    *facts = (struct adm_facts){.count = 0};
}

void adm_facts_add(struct adm_facts *facts, const char *key, const char *text)
{
    if (facts->st == ST_OK) {
        facts->st = bytes_append(&facts->text, key, strlen(key) + 1);
    }
    if (facts->st == ST_OK) {
        facts->st = bytes_append(&facts->text, text, strlen(text) + 1);
    }
    facts->count += facts->st == ST_OK ? 1 : 0;
}

void adm_facts_add_format(struct adm_facts *facts, const char *key, const char *format, ...)
{
    struct bytes text = bytes_with_limit(TEXT_MOST_BYTES);
    va_list arguments;
    va_start(arguments, format);
    enum status st = bytes_append_format_list(&text, format, arguments);
    va_end(arguments);
    facts->st = facts->st == ST_OK ? st : facts->st;
    adm_facts_add(facts, key, bytes_text(&text));
    bytes_free(&text);
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys, sorted; behind each stands its text. calloc() of nothing may give NULL. */
static const char **sort(const struct adm_facts *facts)
{
    const char **keys = calloc(facts->count + 1, sizeof *keys);
    const char *at = bytes_text(&facts->text);
    for (size_t i = 0; keys != NULL && i < facts->count; i++) {
        keys[i] = at;
        at += strlen(at) + 1;
        at += strlen(at) + 1;
    }
    if (keys != NULL) {
        qsort(keys, facts->count, sizeof *keys, compare_keys);
    }
    return keys;
}

static const char *text_of(const char *key)
{
    return key + strlen(key) + 1;
}

/* Both sorted. */
struct pair {
    const char **old;
    const char **new;
    size_t i;
    size_t j;
};

/* What is told of the next key, and *text of it; NULL: nothing. */
static const char *next_change(struct pair *p, const struct adm_facts *before,
                               const struct adm_facts *now, const char **text)
{
    int order = p->i == before->count ? 1
                : p->j == now->count  ? -1
                                      : strcmp(p->old[p->i], p->new[p->j]);
    const char *old = order <= 0 ? p->old[p->i++] : NULL;
    const char *new = order >= 0 ? p->new[p->j++] : NULL;
    *text = new != NULL ? text_of(new) : NULL;
    if (old != NULL && new != NULL && strcmp(text_of(old), *text) == 0) {
        return NULL;
    }
    return new != NULL ? new : old;
}

enum status adm_facts_compare(const struct adm_facts *before, const struct adm_facts *now,
                              enum status (*visit)(void *ctx, const char *key, const char *text),
                              void *ctx)
{
    enum status st = before->st == ST_OK ? now->st : before->st;
    struct pair p = {.old = sort(before), .new = sort(now)};
    if (st == ST_OK && (p.old == NULL || p.new == NULL)) {
        st = ST_NO_MEMORY;
    }
    while (st == ST_OK && (p.i < before->count || p.j < now->count)) {
        const char *text = NULL;
        const char *key = next_change(&p, before, now, &text);
        st = key != NULL ? visit(ctx, key, text) : ST_OK;
    }
    free(p.old);
    free(p.new);
    return st;
}
