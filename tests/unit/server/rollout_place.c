#include "tests/cmocka_all.h"

#include "server/store_sqlite.h"
#include "tests/unit/server/rollout_place.h"

#include <stdlib.h>
#include <string.h>

void rollout_open_all(struct rollout_place *p)
{
    assert_int_equal(srv_store_sqlite_open(p->folder, &p->store, &p->err), ST_OK);
    assert_int_equal(srv_feed_open(8, &p->feed, &p->err), ST_OK);
    struct srv_rollout_parts parts = {.folder = p->folder,
                                      .spare_folder = p->spare_folder,
                                      .store = &p->store,
                                      .feed = p->feed,
                                      .trust = p->signer.trust};
    assert_int_equal(srv_rollout_open(&parts, &p->rollout, &p->err), ST_OK);
}

void rollout_close_all(struct rollout_place *p)
{
    p->store.close(p->store.ctx);
    srv_rollout_free(p->rollout);
    srv_feed_free(p->feed);
}

int rollout_setup(void **state)
{
    struct rollout_place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    signer_make(&p->signer);
    scratch_make(p->folder);
    rollout_open_all(p);
    *state = p;
    return 0;
}

int rollout_teardown(void **state)
{
    struct rollout_place *p = *state;
    rollout_close_all(p);
    signer_done(&p->signer);
    scratch_remove(p->folder);
    free(p);
    return 0;
}

/* ---- small words ----------------------------------------------------------------------------- */

const char *rollout_code(const struct rollout_place *p)
{
    return p->err.code != NULL ? p->err.code : "";
}

int64_t rollout_released(struct rollout_place *p)
{
    struct srv_rollout_view view;
    srv_rollout_look(p->rollout, &view);
    int64_t version = view.release.version;
    srv_rollout_view_done(&view);
    return version;
}

int64_t rollout_served(struct rollout_place *p)
{
    struct srv_body *body = srv_feed_take(p->feed);
    int64_t version = body != NULL ? body->version : 0;
    srv_body_drop(body);
    return version;
}

void rollout_etag(struct rollout_place *p, char out[SRV_ETAG_BYTES])
{
    struct srv_rollout_view view;
    srv_rollout_look(p->rollout, &view);
    memcpy(out, view.policy_etag, SRV_ETAG_BYTES);
    srv_rollout_view_done(&view);
}

enum status rollout_put(struct rollout_place *p, struct bytes bundle, bool skip)
{
    struct srv_rollout_view view;
    srv_rollout_look(p->rollout, &view);
    struct srv_change change = {
        .actor = "alice", .if_match = view.bundle_etag, .confirmed = skip, .now_s = NOW_S};
    p->err = (struct err){0};
    enum status st = srv_rollout_put(p->rollout, &change, bytes_span(&bundle), &p->err);
    srv_rollout_view_done(&view);
    bytes_free(&bundle);
    return st;
}

enum status rollout_put_serial(struct rollout_place *p, uint32_t serial)
{
    return rollout_put(p, signer_bundle(&p->signer, serial), false);
}

enum status rollout_release(struct rollout_place *p, const char *stage)
{
    char etag[SRV_ETAG_BYTES];
    rollout_etag(p, etag);
    struct srv_change change = {.actor = "alice", .if_match = etag, .now_s = NOW_S};
    p->err = (struct err){0};
    return srv_rollout_release(p->rollout, &change, stage, &p->err);
}

enum status rollout_advance(struct rollout_place *p)
{
    char etag[SRV_ETAG_BYTES];
    rollout_etag(p, etag);
    struct srv_change change = {
        .actor = "alice", .if_match = etag, .confirmed = true, .now_s = NOW_S};
    p->err = (struct err){0};
    return srv_rollout_advance(p->rollout, &change, &p->err);
}

enum status rollout_safe(struct rollout_place *p, const char *confirm)
{
    struct srv_change change = {.actor = "alice", .reason = "smoke", .now_s = NOW_S};
    p->err = (struct err){0};
    return srv_rollout_safe(p->rollout, &change, confirm, &p->err);
}

void rollout_report_user(struct rollout_place *p, const char *sid)
{
    struct srv_write w = {.kind = SRV_WRITE_ENROLL, .now_s = 1};
    w.u.enroll.machine.name = "PC-1";
    assert_int_equal(srv_store_write(&p->store, &w, &p->err), ST_OK);
    int64_t device = w.u.enroll.device;
    struct pol_report_user user = {.sid = sid, .changed_at_s = -1, .decided = true};
    struct pol_report report = {.report_id = "a",
                                .run_id = "r",
                                .seq = 1,
                                .part = 1,
                                .parts = 1,
                                .host_name = "PC-1",
                                .agent_version = "1",
                                .effective_version = 7002,
                                .users = &user,
                                .user_count = 1};
    w = (struct srv_write){.kind = SRV_WRITE_REPORT, .now_s = 1};
    w.u.report.device = device;
    w.u.report.report = &report;
    w.u.report.body = span_text("{}");
    assert_int_equal(srv_store_write(&p->store, &w, &p->err), ST_OK);
}
