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

enum status adm_facts_compare(const struct adm_facts *before, const struct adm_facts *now,
                              enum status (*visit)(void *ctx, const char *key, const char *text),
                              void *ctx)
{
    enum status st = before->st == ST_OK ? now->st : before->st;
    const char **old = sort(before);
    const char **new = sort(now);
    size_t i = 0;
    size_t j = 0;
    if (st == ST_OK && (old == NULL || new == NULL)) {
        st = ST_NO_MEMORY;
    }
    while (st == ST_OK && (i < before->count || j < now->count)) {
        int order = i == before->count ? 1 : j == now->count ? -1 : strcmp(old[i], new[j]);
        if (order < 0) {
            st = visit(ctx, old[i++], NULL);
        } else if (order > 0) {
            st = visit(ctx, new[j], text_of(new[j]));
            j++;
        } else {
            bool same = strcmp(text_of(old[i++]), text_of(new[j])) == 0;
            st = same ? ST_OK : visit(ctx, new[j], text_of(new[j]));
            j++;
        }
    }
    free(old);
    free(new);
    return st;
}
