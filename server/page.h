/* page.h - answer with a list: what was asked for, its rows, and where the next page begins.
 *
 * Effects: an answer to the request            Units:  rows, bytes
 * Owns:    the text of a page; srv_page_answer() frees it
 * Errors:  an answer, and false                Threads: safe
 * Source:  docs/protocol.md "Administrators"
 */
#ifndef SERVER_PAGE_H
#define SERVER_PAGE_H

#include "policy/json_write.h"
#include "server/http.h"
#include "server/store.h"

/* A page ends early when it is this long: rows may be as large as reports. */
enum { SRV_PAGE_MOST = 500, SRV_PAGE_USUAL = 100, SRV_PAGE_ENOUGH_BYTES = 1024 * 1024 };

struct srv_page {
    struct bytes text;
    struct pol_json_writer json; /* rows go here; counts each with srv_page_row() */
    int64_t last_key;
    size_t rows;
};

/* Cursor and limit. */
bool srv_page_read(struct srv_request *rq, int64_t *after, size_t *limit);

/* Start a page in place; with a name, the rows become the elements of that list. */
void srv_page_start(struct srv_page *page, const char *name);

/* A row with this key was written. False: the page is long enough. */
bool srv_page_row(struct srv_page *page, int64_t key);

/* End the list that srv_page_start() began, with the cursor of the next page; 0: there is none. */
void srv_page_close(struct srv_page *page, int64_t next);

/* Answer with the page, or with what went wrong. */
void srv_page_answer(struct srv_request *rq, struct srv_page *page, enum status st,
                     struct err *err);

#endif
