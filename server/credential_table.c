#include "server/credential_table.h"

#include <stdlib.h>

enum { FIRST_CREDENTIALS = 16 };

void srv_credential_table_free(struct srv_credential_table *table)
{
    srv_digest_map_free(&table->map);
    free(table->items);
    *table = (struct srv_credential_table){0};
}

enum status srv_credential_table_put(struct srv_credential_table *table,
                                     const struct srv_credential *credential)
{
    if (table->count == table->capacity) {
        size_t capacity = table->capacity == 0 ? FIRST_CREDENTIALS : table->capacity * 2;
        struct srv_credential *items = realloc(table->items, capacity * sizeof *items);
        if (items == NULL) {
            return ST_NO_MEMORY;
        }
        table->items = items;
        table->capacity = capacity;
    }
    enum status st = srv_digest_map_put(&table->map, credential->digest, (uint32_t)table->count);
    if (st == ST_OK) {
        table->items[table->count++] = *credential;
    }
    return st;
}

struct srv_credential *srv_credential_table_find(const struct srv_credential_table *table,
                                                 const uint8_t digest[DIGEST_BYTES], bool enroll)
{
    uint32_t at = 0;
    if (!srv_digest_map_find(&table->map, digest, &at) ||
        (table->items[at].role == SRV_ROLE_ENROLL) != enroll) {
        return NULL;
    }
    return &table->items[at];
}

void srv_credential_table_count(const struct srv_credential_table *table, int64_t now_s,
                                struct srv_good_secrets *out)
{
    struct srv_good_secrets good = {.last_end_s = -1};
    bool endless = false;
    for (size_t i = 0; i < table->count; i++) {
        const struct srv_credential *c = &table->items[i];
        if (c->role == SRV_ROLE_ENROLL && srv_credential_state(c, now_s) == SRV_CREDENTIAL_GOOD) {
            good.count++;
            endless = endless || c->expires_s == 0;
            good.last_end_s = c->expires_s > good.last_end_s ? c->expires_s : good.last_end_s;
        }
    }
    good.last_end_s = endless ? -1 : good.last_end_s;
    *out = good;
}
