#include "base/log.h"
#include "policy/json_read.h"
#include "policy/json_write.h"
#include "server/answer.h"
#include "server/gate_json.h"
#include "server/handlers.h"
#include "server/rollout_parts.h"

#include <string.h>

enum { VIEW_BYTES = 256 * 1024, ORDER_BYTES = 16 * 1024, DAY_S = 86400 };

/* ---- what is --------------------------------------------------------------------------------- */

static void write_released(struct pol_json_writer *w, const struct srv_rollout_view *view)
{
    const struct srv_release *r = &view->release;
    if (r->version == 0) {
        pol_json_null(w, "released");
        return;
    }
    pol_json_object(w, "released");
    pol_json_integer(w, "version", r->version);
    pol_json_integer(w, "serial", r->version / VERSION_STEP);
    pol_json_text(w, "stage", r->stage);
    pol_json_text(w, "kind",
                  POL_KIND_WORDS[srv_release_is_safe(r) ? POL_KIND_SAFE : POL_KIND_STAGE]);
    pol_json_time(w, "at", r->at_s);
    pol_json_text(w, "by", r->by);
    pol_json_text(w, "reason", r->reason[0] != '\0' ? r->reason : NULL);
    pol_json_boolean(w, "served", view->served);
    pol_json_close_object(w);
}

static void write_stage(struct pol_json_writer *w, const struct pol_policy *p, int64_t released)
{
    pol_json_object(w, NULL);
    pol_json_text(w, "stage", p->stage);
    pol_json_integer(w, "version", p->version);
    pol_json_time(w, "not_before", p->not_before_s);
    pol_json_text(w, "otherwise", POL_SET_WORDS[p->otherwise]);
    pol_json_boolean(w, "released", p->version == released);
    pol_json_close_object(w);
}

static void write_bundle(struct pol_json_writer *w, const char *key, const struct srv_bundle *b,
                         int64_t released)
{
    if (b == NULL) {
        pol_json_null(w, key);
        return;
    }
    const struct pol_policy *safe = pol_bundle_safe(b->bundle)->policy;
    size_t count = pol_bundle_stage_count(b->bundle);
    pol_json_object(w, key);
    pol_json_integer(w, "serial", pol_bundle_serial(b->bundle));
    pol_json_text(w, "etag", b->etag);
    pol_json_time(w, "at", b->at_s);
    pol_json_text(w, "by", b->by);
    pol_json_time(w, "expires_at",
                  count > 0 ? pol_bundle_stage(b->bundle, 0)->policy->expires_at_s : -1);
    pol_json_array(w, "stages");
    for (size_t i = 0; i < count; i++) {
        write_stage(w, pol_bundle_stage(b->bundle, i)->policy, released);
    }
    pol_json_close_array(w);
    pol_json_object(w, "safe");
    pol_json_integer(w, "version", safe->version);
    pol_json_text(w, "set", POL_SET_WORDS[safe->otherwise]);
    pol_json_close_object(w);
    pol_json_array(w, "signers");
    for (size_t i = 0; i < pol_bundle_signer_count(b->bundle); i++) {
        pol_json_text(w, NULL, pol_bundle_signer(b->bundle, i));
    }
    pol_json_close_array(w);
    pol_json_close_object(w);
}

/* Whole days until what is released expires; null if it does not, or nothing is released. */
static void write_expiry(struct pol_json_writer *w, const struct srv_rollout_view *view,
                         int64_t now_s)
{
    const struct srv_bundle *b = view->released;
    bool stage = view->release.version != 0 && !srv_release_is_safe(&view->release) && b != NULL &&
                 pol_bundle_stage_count(b->bundle) > 0;
    int64_t expires_s = stage ? pol_bundle_stage(b->bundle, 0)->policy->expires_at_s : -1;
    if (expires_s < 0) {
        pol_json_null(w, "days_to_expiry");
    } else {
        pol_json_integer(w, "days_to_expiry", (expires_s - now_s) / DAY_S);
    }
}

/* In either bundle; null if it is in none any more. */
static void write_stage_of(struct pol_json_writer *w, const struct srv_rollout_view *view,
                           int64_t version)
{
    const struct pol_bundle_entry *newest = srv_bundle_find(view->newest, version);
    const struct pol_bundle_entry *entry =
        newest != NULL ? newest : srv_bundle_find(view->released, version);
    pol_json_text(w, "stage", entry != NULL ? entry->policy->stage : NULL);
}

/* Until somebody has counted, nobody knows how many there are. */
static void write_ahead(struct pol_json_writer *w, const struct srv_rollout_view *view,
                        const struct srv_ahead *ahead)
{
    static const struct srv_ahead NOT_COUNTED = {.seen_s = -1};
    bool counted =
        ahead->behind == view->behind.version && ahead->released == view->release.version;
    const struct srv_ahead *a = counted ? ahead : &NOT_COUNTED;
    if (counted) {
        pol_json_integer(w, "devices", a->devices);
        pol_json_integer(w, "version_count", a->versions);
    } else {
        pol_json_null(w, "devices");
        pol_json_null(w, "version_count");
    }
    pol_json_time(w, "seen_at", a->seen_s);
    pol_json_array(w, "versions");
    for (size_t i = 0; i < a->newest_count; i++) {
        pol_json_object(w, NULL);
        pol_json_integer(w, "version", a->newest[i].version);
        write_stage_of(w, view, a->newest[i].version);
        pol_json_integer(w, "devices", a->newest[i].devices);
        pol_json_time(w, "seen_at", a->newest[i].seen_s);
        pol_json_close_object(w);
    }
    pol_json_close_array(w);
}

static void write_behind(struct pol_json_writer *w, const struct srv_rollout_view *view,
                         const struct srv_ahead *ahead)
{
    const struct srv_behind *b = &view->behind;
    if (!srv_rollout_is_behind(view)) {
        pol_json_null(w, "behind_fleet");
        return;
    }
    pol_json_object(w, "behind_fleet");
    pol_json_integer(w, "version", b->version);
    write_stage_of(w, view, b->version);
    pol_json_text(w, "device_id", b->device_id);
    pol_json_time(w, "at", b->at_s);
    write_ahead(w, view, ahead);
    pol_json_close_object(w);
}

/* The head of the chain; pending while the entry of a release is still on its way to it. */
static void write_audit(struct pol_json_writer *w, struct srv_app *app)
{
    struct pol_audit_head head;
    char hex[DIGEST_HEX_BYTES];
    bool pending = !srv_rollout_is_noted(app->rollout);
    app->store.audit_head(app->store.ctx, &head);
    hex_encode(head.hash, DIGEST_BYTES, hex);
    pol_json_object(w, "audit");
    pol_json_integer(w, "number", head.number);
    pol_json_text(w, "hash", hex);
    pol_json_boolean(w, "pending", pending);
    pol_json_close_object(w);
}

static enum status write_view(struct srv_app *app, const struct srv_rollout_view *view,
                              const struct srv_gate_view *gate, struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    const char *rollout = view->newest != NULL ? pol_bundle_rollout(view->newest->bundle)
                          : view->release.rollout[0] != '\0' ? view->release.rollout
                                                             : NULL;
    pol_json_object(&w, NULL);
    pol_json_text(&w, "rollout", rollout);
    pol_json_text(&w, "policy_etag", view->policy_etag);
    pol_json_text(&w, "bundle_etag", view->bundle_etag);
    pol_json_boolean(&w, "safe_released",
                     view->release.version != 0 && srv_release_is_safe(&view->release));
    write_released(&w, view);
    write_bundle(&w, "stored", view->newest, view->release.version);
    write_bundle(&w, "released_bundle", view->released, view->release.version);
    write_expiry(&w, view, app->now_s());
    srv_gate_write(&w, view, gate);
    write_behind(&w, view, &gate->ahead);
    write_audit(&w, app);
    pol_json_integer(&w, "held_polls", (int64_t)srv_feed_held(app->feed));
    pol_json_close_object(&w);
    return pol_json_write_end(&w);
}

void srv_handle_rollout(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct srv_rollout_view view;
    struct srv_gate_view gate;
    struct bytes text = bytes_with_limit(VIEW_BYTES);
    (void)actor;
    srv_rollout_look(app->rollout, &view);
    enum status st = srv_keeper_see(app->keeper, &gate);
    if (st == ST_OK) {
        st = write_view(app, &view, &gate, &text);
        srv_gate_view_done(&gate);
    }
    if (st == ST_OK) {
        srv_answer_header(rq, "ETag", view.policy_etag);
        srv_answer_json(rq, 200, &text);
    } else {
        srv_answer_problem(rq, 503, "unavailable", "the server is short of memory: come again");
    }
    bytes_free(&text);
    srv_rollout_view_done(&view);
}

/* ---- what shall be --------------------------------------------------------------------------- */

/* What an order may say in its body. */
struct order {
    struct pol_json *json; /* what the texts point into */
    const char *stage;
    const char *reason;
    const char *confirm;
    bool confirm_regression;
};

static const char *const RELEASE_MEMBERS[] = {"stage", "confirm_regression"};
static const char *const ADVANCE_MEMBERS[] = {"confirm_regression"};
static const char *const HOLD_MEMBERS[] = {"reason"};
static const char *const SAFE_MEMBERS[] = {"reason", "confirm"};

static enum status read_order(struct span body, const char *const *members, size_t count,
                              struct order *out, struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_document(ORDER_BYTES);
    struct pol_problems problems = {.count = 0};
    *out = (struct order){0};
    if (body.size == 0) {
        body = span_text("{}"); /* an order without words */
    }
    enum status st = pol_json_parse(body, &limits, &out->json, err);
    if (st != ST_OK) {
        return st;
    }
    struct pol_at root = pol_json_root(out->json, &problems);
    if (pol_read_object(&root, members, count)) {
        (void)pol_read_text(&root, "stage",
                            members == RELEASE_MEMBERS ? POL_REQUIRED : POL_OPTIONAL,
                            LIMIT_NAME_BYTES, &out->stage);
        bool gives_reason = members == SAFE_MEMBERS || members == HOLD_MEMBERS;
        (void)pol_read_text(&root, "reason", gives_reason ? POL_REQUIRED : POL_OPTIONAL,
                            LIMIT_STRING_BYTES, &out->reason);
        (void)pol_read_text(&root, "confirm", members == SAFE_MEMBERS ? POL_REQUIRED : POL_OPTIONAL,
                            LIMIT_NAME_BYTES, &out->confirm);
        (void)pol_read_boolean(&root, "confirm_regression", POL_OPTIONAL, &out->confirm_regression);
    }
    st = pol_problems_status(&problems, err);
    if (st != ST_OK) {
        pol_json_free(out->json);
        out->json = NULL;
    }
    return st;
}

/* While the safe policy is out, that is said before anything else. */
static enum status read_step(struct srv_app *app, const struct srv_request *rq,
                             const char *const *members, size_t count, struct order *out,
                             struct err *err)
{
    struct srv_rollout_view view;
    *out = (struct order){0};
    srv_rollout_look(app->rollout, &view);
    enum status st = srv_rules_not_safe(&view, err);
    srv_rollout_view_done(&view);
    return st == ST_OK ? read_order(bytes_span(&rq->body), members, count, out, err) : st;
}

static struct srv_change change_of(const struct srv_app *app, const struct srv_request *rq,
                                   const struct srv_actor *actor)
{
    return (struct srv_change){
        .who = SRV_WHO_TOKEN,
        .actor = actor->name,
        .address = rq->address_text,
        .if_match = srv_request_header(rq, "If-Match"),
        .now_s = app->now_s(),
    };
}

static void answer_change(struct srv_app *app, struct srv_request *rq,
                          const struct srv_actor *actor, enum status st, const struct err *err)
{
    if (st == ST_OK) {
        srv_keeper_wake(app->keeper);
        srv_handle_rollout(app, rq, actor);
    } else {
        srv_answer_error(rq, err);
    }
}

void srv_handle_put(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct err err = {0};
    struct srv_change change = change_of(app, rq, actor);
    const char *skip = srv_request_query(rq, "skip");
    change.confirmed = skip != NULL && strcmp(skip, "1") == 0;
    enum status st = srv_rollout_put(app->rollout, &change, bytes_span(&rq->body), &err);
    answer_change(app, rq, actor, st, &err);
}

void srv_handle_release(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct err err = {0};
    struct order order;
    struct srv_change change = change_of(app, rq, actor);
    enum status st = read_order(bytes_span(&rq->body), RELEASE_MEMBERS, 2, &order, &err);
    if (st == ST_OK) {
        change.confirmed = order.confirm_regression;
        st = srv_rollout_release(app->rollout, &change, order.stage, &err);
    }
    answer_change(app, rq, actor, st, &err);
    pol_json_free(order.json);
}

void srv_handle_advance(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct err err = {0};
    struct order order;
    struct srv_change change = change_of(app, rq, actor);
    enum status st = read_step(app, rq, ADVANCE_MEMBERS, 1, &order, &err);
    if (st == ST_OK) {
        change.confirmed = order.confirm_regression;
        st = srv_rollout_advance(app->rollout, &change, &err);
    }
    pol_json_free(order.json);
    if (st == ST_REFUSED && err.code != NULL && strcmp(err.code, "stage_unknown") == 0) {
        srv_answer_problem(rq, 409, err.code, "%s", err.text); /* 404 is for a name that is asked */
        return;
    }
    answer_change(app, rq, actor, st, &err);
}

void srv_handle_safe(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct err err = {0};
    struct order order;
    struct srv_change change = change_of(app, rq, actor);
    enum status st = read_order(bytes_span(&rq->body), SAFE_MEMBERS, 2, &order, &err);
    if (st == ST_OK) {
        change.reason = order.reason;
        st = srv_rollout_safe(app->rollout, &change, order.confirm, &err);
    }
    if (st == ST_OK || err.code != NULL) {
        answer_change(app, rq, actor, st, &err);
    } else {
        /* It is out all the same, which must be said. */
        log_failure(LOG_ERROR, "request_failed", &err);
        srv_keeper_wake(app->keeper);
        srv_answer_problem(rq, 503, "unavailable", "%s", err.text);
    }
    pol_json_free(order.json);
}

void srv_handle_hold(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct err err = {0};
    struct order order;
    struct srv_change change = change_of(app, rq, actor);
    enum status st = read_step(app, rq, HOLD_MEMBERS, 1, &order, &err);
    if (st == ST_OK) {
        change.reason = order.reason;
        st = srv_rollout_hold(app->rollout, &change, &err);
    }
    answer_change(app, rq, actor, st, &err);
    pol_json_free(order.json);
}

void srv_handle_resume(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct err err = {0};
    struct order order;
    struct srv_change change = change_of(app, rq, actor);
    /* It has no words of its own. */
    enum status st = read_step(app, rq, ADVANCE_MEMBERS, 0, &order, &err);
    if (st == ST_OK) {
        st = srv_rollout_resume(app->rollout, &change, &err);
    }
    answer_change(app, rq, actor, st, &err);
    pol_json_free(order.json);
}

void srv_handle_unsupported(struct srv_app *app, struct srv_request *rq,
                            const struct srv_actor *actor)
{
    (void)app;
    (void)actor;
    srv_answer_problem(rq, 501, "unsupported", "this version of the server does not do that yet");
}
