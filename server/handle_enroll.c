#include "base/log.h"
#include "base/random.h"
#include "policy/json_read.h"
#include "policy/json_write.h"
#include "server/answer.h"
#include "server/handlers.h"
#include "server/refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OLD_TOKEN_S = 86400,
    ANSWER_BYTES = 512,
    DEVICE_ID_RANDOM_BYTES = 16,
    MACHINE_TEXT_BYTES = 512
};

struct enrolling {
    struct srv_write write;
    struct srv_app *app;
    struct pol_json *json; /* what the machine's texts point into */
    char token[SRV_SECRET_BYTES];
    struct srv_actor secret;      /* what opened the door: this */
    struct srv_device old_device; /* or the old token of that device */
    char machine[MACHINE_TEXT_BYTES];
};

static enum status read_machine(struct span body, struct enrolling *e, struct err *err)
{
    static const char *const MEMBERS[] = {"host"};
    static const char *const HOST[] = {"name", "fqdn", "domain", "machine_guid", "computer_sid"};
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_ENROLL_BYTES);
    struct pol_problems problems = {.count = 0};
    struct srv_machine *m = &e->write.u.enroll.machine;
    enum status st = pol_json_parse(body, &limits, &e->json, err);
    if (st != ST_OK) {
        return st;
    }
    struct pol_at root = pol_json_root(e->json, &problems);
    struct pol_at host;
    if (pol_read_object(&root, MEMBERS, 1) && pol_read_member(&root, "host", POL_REQUIRED, &host) &&
        pol_read_object(&host, HOST, sizeof HOST / sizeof HOST[0])) {
        (void)pol_read_text(&host, "name", POL_REQUIRED, LIMIT_STRING_BYTES, &m->name);
        (void)pol_read_text(&host, "fqdn", POL_OPTIONAL, LIMIT_STRING_BYTES, &m->fqdn);
        (void)pol_read_text(&host, "domain", POL_OPTIONAL, LIMIT_STRING_BYTES, &m->domain);
        (void)pol_read_text(&host, "machine_guid", POL_OPTIONAL, LIMIT_STRING_BYTES,
                            &m->machine_guid);
        (void)pol_read_text(&host, "computer_sid", POL_OPTIONAL, LIMIT_STRING_BYTES,
                            &m->computer_sid);
    }
    return pol_problems_status(&problems, err);
}

static enum status make_secrets(struct enrolling *e, struct err *err)
{
    uint8_t id[DEVICE_ID_RANDOM_BYTES];
    enum status st = srv_secret_make(e->token, e->write.u.enroll.new_digest, err);
    if (st == ST_OK) {
        st = random_bytes(id, sizeof id);
        if (st != ST_OK) {
            return err_set(err, st, 0, "cannot make a device id");
        }
        hex_encode(id, sizeof id, e->write.u.enroll.device_id);
    }
    return st;
}

/* The store has the device; from here on its token opens. */
static void enrolled(struct srv_write *w)
{
    struct srv_request *rq = w->ctx;
    struct enrolling *e = rq->state;
    if (w->st == ST_OK) {
        w->st = srv_auth_add_device(e->app->auth, &w->u.enroll, w->now_s, &w->err);
    }
    srv_request_wake(rq);
}

static enum srv_event event_of(const struct srv_enrollment *e)
{
    if (e->has_old_token) {
        return SRV_EVENT_ENROLLED_KEPT;
    }
    return e->duplicate ? SRV_EVENT_ENROLLED_DUPLICATE : SRV_EVENT_ENROLLED_NEW;
}

static void refuse(struct srv_app *app, struct srv_request *rq, enum srv_credential_state why,
                   const struct enrolling *e)
{
    srv_refuse_proof(app, rq, why, e->secret.name,
                     "neither a good enroll secret nor a good device token");
}

static void answer_outcome(struct srv_request *rq, const struct enrolling *e)
{
    const struct srv_enrollment *enrolled_as = &e->write.u.enroll;
    struct bytes text = bytes_with_limit(ANSWER_BYTES);
    if (e->write.st == ST_NOT_FOUND) {
        refuse(e->app, rq,
               enrolled_as->has_old_token ? SRV_CREDENTIAL_REVOKED : enrolled_as->secret_state, e);
        return;
    }
    if (e->write.st != ST_OK) {
        srv_answer_error(rq, &e->write.err);
        return;
    }
    srv_meter_event(e->app->meter, event_of(enrolled_as));
    log_write(LOG_INFO, "event=enrolled device=%s kept=%d duplicate=%d", enrolled_as->device_id,
              enrolled_as->has_old_token, enrolled_as->duplicate);
    struct pol_json_writer json = pol_json_write_start(&text);
    pol_json_object(&json, NULL);
    pol_json_text(&json, "device_id", enrolled_as->device_id);
    pol_json_text(&json, "device_token", e->token);
    pol_json_close_object(&json);
    if (pol_json_write_end(&json) == ST_OK) {
        srv_answer_json(rq, 201, &text);
    } else {
        srv_answer_problem(rq, 503, "unavailable", "the server is short of memory: come again");
    }
    bytes_wipe(&text);
}

/* The old token of the device, or else the secret. GOOD, or what is wrong with the secret. */
static enum srv_credential_state ask_proof(struct srv_app *app, const struct srv_request *rq,
                                           struct enrolling *e)
{
    struct srv_enrollment *enroll = &e->write.u.enroll;
    const char *old = srv_request_header(rq, "X-Device-Token");
    const char *secret = srv_request_bearer(rq);
    if (srv_auth_find_device(app->auth, old, app->now_s(), &e->old_device)) {
        enroll->has_old_token = srv_secret_digest(old, enroll->old_digest);
        return SRV_CREDENTIAL_GOOD;
    }
    enum srv_credential_state state =
        srv_auth_find_secret(app->auth, secret, app->now_s(), &e->secret);
    if (state == SRV_CREDENTIAL_GOOD) {
        enroll->has_secret = srv_secret_digest(secret, enroll->secret_digest);
    }
    return state;
}

static bool is_within_rates(struct srv_app *app, struct srv_request *rq, const struct enrolling *e)
{
    return e->write.u.enroll.has_old_token
               ? srv_within(app->rates.rotations, (uint64_t)e->old_device.number, rq,
                            "this device changes its token too often")
               : srv_within(app->rates.newcomers, rq->address, rq,
                            "too many new devices from this address");
}

static void note(struct srv_request *rq, struct enrolling *e)
{
    const struct srv_enrollment *enroll = &e->write.u.enroll;
    bool again = enroll->has_old_token;
    (void)snprintf(rq->asker, sizeof rq->asker, again ? "device %s" : "secret %s",
                   again ? e->old_device.device_id : e->secret.name);
    (void)snprintf(e->machine, sizeof e->machine, "device=%s host=\"%s\"",
                   again ? e->old_device.device_id : enroll->device_id, enroll->machine.name);
    e->write.audit = (struct srv_audit){
        .who = again ? SRV_WHO_DEVICE : SRV_WHO_SECRET,
        .name = again ? e->old_device.device_id : e->secret.name,
        .address = rq->address_text,
        .what = again ? "enroll_again" : "enroll",
        .after = e->machine,
    };
}

static void start(struct srv_app *app, struct srv_request *rq, struct enrolling *e)
{
    struct err err = {0};
    enum srv_credential_state state = ask_proof(app, rq, e);
    if (state != SRV_CREDENTIAL_GOOD) {
        refuse(app, rq, state, e);
        return;
    }
    if (!is_within_rates(app, rq, e)) {
        return;
    }
    if (read_machine(bytes_span(&rq->body), e, &err) != ST_OK || make_secrets(e, &err) != ST_OK) {
        srv_answer_error(rq, &err);
        return;
    }
    e->app = app;
    e->write.kind = SRV_WRITE_ENROLL;
    e->write.now_s = app->now_s();
    e->write.u.enroll.old_expires_s = e->write.now_s + OLD_TOKEN_S;
    note(rq, e);
    e->write.done = enrolled;
    e->write.ctx = rq;
    srv_request_park(rq);
    app->store.submit(app->store.ctx, &e->write);
}

void srv_handle_enroll(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    (void)actor;
    if (rq->resumed) {
        answer_outcome(rq, rq->state);
        return;
    }
    rq->state = calloc(1, sizeof(struct enrolling));
    if (rq->state == NULL) {
        srv_answer_problem(rq, 503, "unavailable", "the server is short of memory: come again");
        return;
    }
    start(app, rq, rq->state);
}

void srv_end_enroll(struct srv_request *rq)
{
    struct enrolling *e = rq->state;
    pol_json_free(e->json);
    wipe(e->token, sizeof e->token);
    free(e);
    rq->state = NULL;
}
