/* listing.h - show all pages of a list: as a table, as lines of JSON, once or again and again.
 *
 * Effects: asks the server, writes standard output; standard error says how many there were
 * Units:   rows    Owns:    nothing
 * Errors:  those of answer.h, print.h and watch.h
 * Threads: one thread               Source: docs/protocol.md "Administrators"
 */
#ifndef ADMIN_LISTING_H
#define ADMIN_LISTING_H

#include "admin/answer.h"
#include "admin/table.h"
#include "admin/watch.h"

enum { ADM_LIST_KEY_BYTES = 512 };

struct adm_listing {
    const char *path;        /* "/v1/users" */
    const char *query;       /* "state=error", or "" */
    const char *list;        /* the member with the rows, and what they are: "users" */
    const char *const *head; /* as many as columns */
    const uint8_t *spare;    /* which columns may be left out: see table.h */
    size_t columns;
    void (*add_row)(struct adm_table *table, const struct pol_at *item);
    /* What stays of a row when the rest changes. */
    void (*name_row)(const struct pol_at *item, char out[ADM_LIST_KEY_BYTES]);
    /* NULL, or: does this row belong here at all? */
    enum status (*check)(const void *ctx, const struct pol_at *item, struct err *err);
    const void *ctx;
    size_t most; /* rows; 0: all */
    bool json;
};

/* The number behind --limit, which may be left out. */
enum status adm_listing_limit(const char *text, size_t *out, struct err *err) MUST_USE;

enum status adm_listing_show(struct adm_client *client, const struct adm_listing *listing,
                             const struct adm_watch *watch, struct err *err) MUST_USE;

/* The table alone, as part of something larger. */
enum status adm_listing_append(struct adm_client *client, const struct adm_listing *listing,
                               const struct adm_look *look, struct bytes *out,
                               struct err *err) MUST_USE;

#endif
