#include "server/handlers.h"
#include "server/page.h"

/* Half of what a page may have: the entry that crosses it still fits, escapes included. */
enum { ENOUGH_BYTES = 1024 * 1024 };

static bool write_entry(void *v, const struct pol_audit_entry *entry,
                        const uint8_t hash[DIGEST_BYTES])
{
    struct srv_page *page = v;
    pol_audit_write(&page->json, entry, hash);
    srv_page_row(page, entry->number);
    return page->text.size < ENOUGH_BYTES;
}

void srv_handle_audit(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct srv_filter filter;
    struct srv_page page;
    struct err err = {0};
    (void)actor;
    if (!srv_page_read(rq, &filter)) {
        return;
    }
    srv_page_start(&page, "entries");
    enum status st =
        app->store.audit(app->store.ctx, filter.after, filter.limit, write_entry, &page, &err);
    bool cut = page.text.size >= ENOUGH_BYTES;
    srv_page_close(&page, cut ? page.rows : filter.limit);
    srv_page_answer(rq, &page, st, &err);
}
