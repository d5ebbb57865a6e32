#include "server/handlers.h"
#include "server/page.h"

/* Half of what a page may have: the entry that crosses it still fits, escapes included. */
static bool write_entry(void *v, const struct pol_audit_entry *entry,
                        const uint8_t hash[DIGEST_BYTES])
{
    struct srv_page *page = v;
    pol_audit_write(&page->json, entry, hash);
    return srv_page_row(page, entry->number);
}

void srv_handle_audit(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    int64_t after = 0;
    size_t limit = 0;
    struct srv_page page;
    struct err err = {0};
    (void)actor;
    if (!srv_page_read(rq, &after, &limit)) {
        return;
    }
    srv_page_start(&page, "entries");
    enum status st = app->store.audit(app->store.ctx, after, limit, write_entry, &page, &err);
    bool more = page.rows == limit || page.text.size >= SRV_PAGE_ENOUGH_BYTES;
    srv_page_close(&page, more ? page.last_key : 0);
    srv_page_answer(rq, &page, st, &err);
}
