/* credential_table.h - administrators' tokens and enroll secrets, by their digests.
 *
 * Effects: none                                     Units:  _s wall seconds since 1970 UTC
 * Owns:    copies; srv_credential_table_free()      Errors: ST_NO_MEMORY, and nothing was put
 * Threads: one writer or many readers               Source: server/auth.c
 */
#ifndef SERVER_CREDENTIAL_TABLE_H
#define SERVER_CREDENTIAL_TABLE_H

#include "server/digest_map.h"
#include "server/store.h"

/* Zero is an empty table; the map leads to places in the list. */
struct srv_credential_table {
    struct srv_digest_map map;
    struct srv_credential *items;
    size_t count;
    size_t capacity;
};

/* The enroll secrets that let machines in at some moment. */
struct srv_good_secrets {
    int64_t count;
    int64_t
        last_end_s; /* when the last of them ends; -1: one of them never does, or there is none */
};

enum status srv_credential_table_put(struct srv_credential_table *table,
                                     const struct srv_credential *credential) MUST_USE;
/* NULL: there is none of that kind; good or not. */
struct srv_credential *srv_credential_table_find(const struct srv_credential_table *table,
                                                 const uint8_t digest[DIGEST_BYTES], bool enroll);
void srv_credential_table_count(const struct srv_credential_table *table, int64_t now_s,
                                struct srv_good_secrets *out);
void srv_credential_table_free(struct srv_credential_table *table);

#endif
