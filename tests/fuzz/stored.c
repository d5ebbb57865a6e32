#include "tests/fuzz/stored.h"

#include "tests/fuzz/fuzzing.h"

#include <string.h>

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *at = data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ at[i]) * 1099511628211U; /* FNV-1a */
    }
    return hash;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return text != NULL ? mix(hash, text, strlen(text) + 1) : mix(hash, "\1", 1);
}

static bool add_user(void *v, const struct srv_user_row *row)
{
    uint64_t *hash = v;
    const char *const texts[] = {row->sid,        row->host,    row->account,  row->ring,
                                 row->set,        row->state,   row->protocol, row->blocked_by,
                                 row->confidence, row->outlook, row->evidence, row->groups,
                                 row->tags,       row->error,   row->mailbox};
    const int64_t numbers[] = {row->key,           row->reported_s, row->changed_s,
                               row->version,       row->starts,     row->corrections,
                               row->device_seen_s, row->ours,       row->running,
                               row->value.dword,   row->value.type, row->hive_loaded};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        *hash = mix_text(*hash, texts[i]);
    }
    *hash = mix(*hash, numbers, sizeof numbers);
    return true;
}

static bool add_device(void *v, const struct srv_device_row *row)
{
    uint64_t *hash = v;
    const char *const texts[] = {row->device_id, row->name,  row->domain,
                                 row->os,        row->agent, row->failed_code,
                                 row->outlook,   row->fqdn,  row->preflight};
    const int64_t numbers[] = {row->key,       row->enrolled_s,   row->seen_s,
                               row->effective, row->policy_stale, row->received};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        *hash = mix_text(*hash, texts[i]);
    }
    *hash = mix(*hash, numbers, sizeof numbers);
    return true;
}

uint64_t stored_rows(const struct srv_store *store, const char *id)
{
    uint64_t hash = 14695981039346656037U;
    struct srv_filter filter = {.device_id = id, .limit = 500};
    HOLDS(store->devices(store->ctx, &filter, add_device, &hash, NULL) == ST_OK);
    HOLDS(store->users(store->ctx, &filter, add_user, &hash, NULL) == ST_OK);
    return hash;
}

struct counting {
    int64_t states;
    int64_t total;
    int64_t rows;
};

static bool add_count(void *v, const struct srv_count_row *row)
{
    struct counting *c = v;
    c->states += strcmp(row->kind, "state") == 0 ? row->count : 0;
    c->total += strcmp(row->kind, "total") == 0 && strcmp(row->name, "users") == 0 ? row->count : 0;
    HOLDS(row->count >= 0);
    return true;
}

static bool add_row(void *v, const struct srv_user_row *row)
{
    struct counting *c = v;
    (void)row;
    c->rows++;
    return true;
}

void stored_check_counters(const struct srv_store *store)
{
    struct counting c = {0};
    const struct srv_count_question question = {0};
    struct srv_filter filter = {.limit = 1000000};
    HOLDS(store->counts(store->ctx, &question, add_count, &c, NULL) == ST_OK);
    HOLDS(store->users(store->ctx, &filter, add_row, &c, NULL) == ST_OK);
    HOLDS(c.rows == c.total && c.rows == c.states);
}
