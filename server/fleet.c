#include "server/fleet.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

/* One user has at most what one report may have, so that any fits an empty page. */
enum { PAGE_USERS = 500, PAGE_BYTES = 1024 * 1024 };
_Static_assert((int)PAGE_BYTES >= 2 * (int)LIMIT_REPORT_BYTES, "a row fits a page");

struct page {
    struct srv_user_row rows[PAGE_USERS];
    size_t count;
    bool full; /* the next user had no room */
    int64_t last_key;
    int64_t next; /* where the store stopped looking; 0: at the end */
    size_t used_bytes;
    char texts[PAGE_BYTES];
};

/* ---- copying --------------------------------------------------------------------------------- */

static size_t bytes_of(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

static size_t row_bytes(const struct srv_user_row *row)
{
    return bytes_of(row->sid) + bytes_of(row->account) + bytes_of(row->groups) +
           bytes_of(row->tags) + bytes_of(row->host) + bytes_of(row->computer_ou) +
           bytes_of(row->ad_site) + bytes_of(row->outlook) + bytes_of(row->mailbox) +
           bytes_of(row->preflight);
}

static const char *copy_text(struct page *page, const char *text)
{
    size_t size = bytes_of(text);
    char *copy = page->texts + page->used_bytes;
    if (text == NULL) {
        return NULL;
    }
    memcpy(copy, text, size);
    page->used_bytes += size;
    return copy;
}

static bool copy_row(void *v, const struct srv_user_row *row)
{
    struct page *page = v;
    page->full = page->count == PAGE_USERS || row_bytes(row) > PAGE_BYTES - page->used_bytes;
    if (page->full) {
        return false;
    }
    struct srv_user_row *copy = &page->rows[page->count++];
    *copy = (struct srv_user_row){
        .key = row->key,
        .sid = copy_text(page, row->sid),
        .account = copy_text(page, row->account),
        .groups = copy_text(page, row->groups),
        .tags = copy_text(page, row->tags),
        .host = copy_text(page, row->host),
        .computer_ou = copy_text(page, row->computer_ou),
        .ad_site = copy_text(page, row->ad_site),
        .outlook = copy_text(page, row->outlook),
        .mailbox = copy_text(page, row->mailbox),
        .preflight = copy_text(page, row->preflight),
        .multi_session = row->multi_session,
        .version = row->version,
        .reported_s = row->reported_s,
        .device = row->device,
        .device_enrolled_s = row->device_enrolled_s,
        .device_seen_s = row->device_seen_s,
        .older_seen_s = row->older_seen_s,
    };
    page->last_key = row->key;
    return true;
}

static enum status read_page(const struct srv_store *store, struct page *page, struct err *err)
{
    /* One more than is kept: it tells that there are more. next bounds how long the store is held
     * where many have left. */
    struct srv_filter filter = {
        .facts_only = true, .after = page->last_key, .limit = PAGE_USERS + 1, .next = &page->next};
    page->next = 0;
    page->count = 0;
    page->used_bytes = 0;
    page->full = false;
    enum status st = store->users(store->ctx, &filter, copy_row, page, err);
    if (st == ST_OK && page->full && page->count == 0) {
        st = err_set(err, ST_TOO_LARGE, 0, "a stored user is larger than a report may be");
    }
    page->last_key = page->full ? page->last_key : page->next;
    return st;
}

/* ---- going through them ---------------------------------------------------------------------- */

static enum status check_patience(const struct srv_patience *patience)
{
    if (patience == NULL) {
        return ST_OK;
    }
    if (atomic_load_explicit(patience->cancelled, memory_order_relaxed)) {
        return ST_CANCELLED;
    }
    return clock_monotonic_ms() < patience->until_ms ? ST_OK : ST_TIMED_OUT;
}

enum status srv_fleet_walk(const struct srv_store *store, const struct srv_patience *patience,
                           enum status (*visit)(void *ctx, const struct srv_user_row *row),
                           void *ctx, struct err *err)
{
    struct page *page = malloc(sizeof *page);
    enum status st = ST_OK;
    uint64_t users = 0;
    if (page == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to look at the users");
    }
    page->last_key = 0;
    do {
        st = read_page(store, page, err);
        for (size_t i = 0; st == ST_OK && i < page->count; i++, users++) {
            st = check_patience(patience);
            st = st == ST_OK ? visit(ctx, &page->rows[i]) : st;
            if (st != ST_OK) {
                (void)err_set(err, st, 0, "%llu users were looked at, and there are more",
                              (unsigned long long)users);
            }
        }
    } while (st == ST_OK && page->last_key != 0);
    free(page);
    return st;
}
