#include "tests/cmocka_all.h"

#include "tests/unit/server/store_place.h"

#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

store_opener store_open_it;

int store_setup(void **state)
{
    struct store_place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    scratch_make(p->folder);
    assert_int_equal(store_open_it(p->folder, &p->store, NULL), ST_OK);
    *state = p;
    return 0;
}

int store_teardown(void **state)
{
    struct store_place *p = *state;
    p->store.close(p->store.ctx);
    scratch_remove(p->folder);
    free(p);
    return 0;
}

void store_reopen(struct store_place *p)
{
    p->store.close(p->store.ctx);
    assert_int_equal(store_open_it(p->folder, &p->store, NULL), ST_OK);
}

/* ---- small words ----------------------------------------------------------------------------- */

enum status store_enroll(struct store_place *p, const char *guid, uint8_t token,
                         struct srv_write *w)
{
    *w = (struct srv_write){.kind = SRV_WRITE_ENROLL, .now_s = 1000};
    w->u.enroll.machine = (struct srv_machine){.name = "PC-1", .machine_guid = guid};
    memset(w->u.enroll.new_digest, token, DIGEST_BYTES);
    (void)snprintf(w->u.enroll.device_id, POL_ID_BYTES, "%032d", token);
    return srv_store_write(&p->store, w, NULL);
}

enum status store_enroll_again(struct store_place *p, uint8_t old, uint8_t token,
                               struct srv_write *w)
{
    *w = (struct srv_write){.kind = SRV_WRITE_ENROLL, .now_s = 2000};
    w->u.enroll.machine = (struct srv_machine){.name = "PC-1"};
    w->u.enroll.has_old_token = true;
    w->u.enroll.old_expires_s = 3000;
    memset(w->u.enroll.old_digest, old, DIGEST_BYTES);
    memset(w->u.enroll.new_digest, token, DIGEST_BYTES);
    (void)snprintf(w->u.enroll.device_id, POL_ID_BYTES, "%032d", token);
    return srv_store_write(&p->store, w, NULL);
}

int64_t store_enrolled(struct store_place *p)
{
    struct srv_write w;
    assert_int_equal(store_enroll(p, NULL, 1, &w), ST_OK);
    return w.u.enroll.device;
}

int64_t store_enrolled_with(struct store_place *p, const struct pol_report *first)
{
    int64_t device = store_enrolled(p);
    assert_int_equal(store_send(p, device, first, "1", NULL), ST_OK);
    return device;
}

struct pol_report_user store_user(const char *sid, enum pol_state state)
{
    return (struct pol_report_user){
        .sid = sid,
        .hive_loaded = true,
        .decided = true,
        .set = POL_SET_BLOCK,
        .ring = "pilot",
        .state = state,
        .changed_at_s = -1,
        .corrections = 3,
        .value = {.known = true, .present = true, .type = POL_VALUE_DWORD, .dword = 1},
        .observed = POL_OBSERVED_UNKNOWN,
        .confidence = POL_CONFIDENCE_NONE,
        .mailbox = POL_MAILBOX_UNKNOWN,
    };
}

/* id names the report, run and seq order it. */
struct pol_report store_report(const char *id, char run, uint32_t seq,
                               const struct pol_report_user *users, size_t count)
{
    struct pol_report r = {
        .seq = seq,
        .part = 1,
        .parts = 1,
        .device_id = "d",
        .agent_version = "1.0.0",
        .agent_started_s = run,
        .host_name = "PC-1",
        .effective_version = 7002,
        .users = users,
        .user_count = count,
    };
    (void)snprintf(r.report_id, sizeof r.report_id, "%s", id);
    memset(r.run_id, run, POL_ID_BYTES - 1);
    return r;
}

enum status store_send(struct store_place *p, int64_t device, const struct pol_report *r,
                       const char *body, bool *repeated)
{
    struct srv_write w = {.kind = SRV_WRITE_REPORT, .now_s = 5000};
    w.u.report.device = device;
    w.u.report.report = r;
    w.u.report.body = span_text(body);
    enum status st = srv_store_write(&p->store, &w, NULL);
    if (repeated != NULL) {
        *repeated = w.u.report.repeated;
    }
    return st;
}

enum status store_send_at(struct store_place *p, int64_t device, const struct pol_report *r,
                          int64_t now_s)
{
    struct srv_write w = {.kind = SRV_WRITE_REPORT, .now_s = now_s};
    w.u.report.device = device;
    w.u.report.report = r;
    w.u.report.body = span_text("{}");
    return srv_store_write(&p->store, &w, NULL);
}

static bool see_user(void *v, const struct srv_user_row *row)
{
    struct store_seen *seen = v;
    seen->count++;
    (void)snprintf(seen->state, sizeof seen->state, "%s", row->state);
    (void)snprintf(seen->sid, sizeof seen->sid, "%s", row->sid);
    seen->value = row->value;
    seen->corrections = row->corrections;
    (void)snprintf(seen->outlook, sizeof seen->outlook, "%s", row->outlook);
    (void)snprintf(seen->evidence, sizeof seen->evidence, "%s", row->evidence);
    seen->running = row->running;
    seen->started_s = row->started_s;
    seen->starts = row->starts;
    return true;
}

struct store_seen store_look(struct store_place *p, const struct srv_filter *filter)
{
    struct store_seen seen = {0};
    assert_int_equal(p->store.users(p->store.ctx, filter, see_user, &seen, NULL), ST_OK);
    return seen;
}

struct store_seen store_look_at_all(struct store_place *p)
{
    struct srv_filter filter = {.limit = 500};
    return store_look(p, &filter);
}

struct counting {
    const char *kind;
    const char *name;
    const char *part;
    int64_t count;
};

static bool take_count(void *v, const struct srv_count_row *row)
{
    struct counting *c = v;
    if (strcmp(row->kind, c->kind) == 0 && strcmp(row->name, c->name) == 0 &&
        (row->part == NULL) == (c->part == NULL) &&
        (row->part == NULL || strcmp(row->part, c->part) == 0)) {
        c->count += row->count; /* twice would be seen */
    }
    return true;
}

int64_t store_count(struct store_place *p, const char *kind, const char *name)
{
    const struct srv_count_question question = {.version_count = 0};
    struct counting c = {.kind = kind, .name = name};
    assert_int_equal(p->store.counts(p->store.ctx, &question, take_count, &c, NULL), ST_OK);
    return c.count;
}

int64_t store_count_part(struct store_place *p, const struct srv_count_question *question,
                         const char *kind, const char *name, const char *part)
{
    struct counting c = {.kind = kind, .name = name, .part = part};
    assert_int_equal(p->store.counts(p->store.ctx, question, take_count, &c, NULL), ST_OK);
    return c.count;
}
