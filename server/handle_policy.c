#include "server/answer.h"
#include "server/handlers.h"
#include "server/refusal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WAIT_DIGITS = 5 };

/* A held poll. */
struct poll {
    struct srv_waiter waiter;
    struct srv_request *rq;
    uint8_t token[DIGEST_BYTES]; /* what it is held for */
    bool held;                   /* it was held, however short */
};
_Static_assert(sizeof(struct poll) <= SRV_ROOM_BYTES, "it stands in its request");

/* The seconds of `Prefer: wait=N` among other preferences; 0 without it. */
static uint32_t preferred_wait_s(const char *prefer)
{
    const char *at = prefer;
    while (at != NULL) {
        at += strspn(at, " \t,;");
        if (strncasecmp(at, "wait=", 5) == 0) {
            size_t digits = strspn(at + 5, "0123456789");
            return digits > 0 && digits <= WAIT_DIGITS ? (uint32_t)strtoul(at + 5, NULL, 10) : 0;
        }
        at = strpbrk(at, ",;");
    }
    return 0;
}

/* The one ETag of If-None-Match; a proxy that compresses makes it weak. */
static const char *seen_etag(const struct srv_request *rq)
{
    const char *seen = srv_request_header(rq, "If-None-Match");
    if (seen == NULL) {
        return "";
    }
    return strncmp(seen, "W/", 2) == 0 ? seen + 2 : seen;
}

static void wake(struct srv_waiter *waiter)
{
    struct poll *poll = waiter->ctx;
    srv_request_wake(poll->rq);
}

/* What agents get now; NULL before the first release, or if it is not at hand. */
static struct srv_body *take_policy(struct srv_app *app, bool *released)
{
    struct srv_rollout_view view;
    /* First what is released, then what is served: the other way round, the first release could come in
     * between and would look like one whose policy is lost. */
    srv_rollout_look(app->rollout, &view);
    *released = view.release.version != 0;
    srv_rollout_view_done(&view);
    return srv_feed_take(app->feed);
}

/* Takes the body, which may be NULL. */
static void answer(struct srv_app *app, struct srv_request *rq, struct srv_body *take, bool held)
{
    bool released = false;
    struct srv_body *body = take != NULL ? take : take_policy(app, &released);
    if (body == NULL && !released) {
        srv_answer_empty(rq, 204);
    } else if (body == NULL) {
        srv_answer_problem(rq, 503, "unavailable", "the released policy is not at hand");
    } else if (strcmp(body->etag, seen_etag(rq)) == 0) {
        srv_answer_header(rq, "ETag", body->etag);
        srv_answer_empty(rq, 304);
        srv_body_drop(body);
    } else {
        srv_answer_header(rq, "ETag", body->etag);
        srv_answer_policy(rq, body);
    }
    if (held) {
        srv_answer_header(rq, "Preference-Applied", "wait");
    }
}

static void answer_stranger(struct srv_app *app, struct srv_request *rq, bool held)
{
    answer(app, rq, srv_feed_take(app->feed), held);
    srv_answer_header(rq, "Enrollment-Required", "true");
}

/* The token is not good any more. */
static bool is_over(struct srv_app *app, const struct poll *poll)
{
    struct srv_device device;
    return !srv_auth_find_digest(app->auth, poll->token, app->now_s(), &device);
}

static bool ends(const struct srv_waiter *waiter, void *ctx)
{
    return is_over(ctx, waiter->ctx);
}

void srv_end_polls_without_token(struct srv_app *app)
{
    srv_feed_end(app->feed, ends, app);
}

/* Parks the request, at least for a moment. */
static void hold(struct srv_app *app, struct srv_request *rq, int64_t device, uint32_t wait_s)
{
    struct poll *poll = (struct poll *)(void *)rq->room;
    *poll = (struct poll){.rq = rq};
    poll->waiter = (struct srv_waiter){.wake = wake, .ctx = poll, .device = device};
    poll->held = srv_request_digest(rq, poll->token);
    rq->state = poll;
    srv_request_park(rq);
    enum srv_hold result = srv_feed_hold(app->feed, &poll->waiter, seen_etag(rq), wait_s);
    /* Whoever retired the device just before the hold has not seen this poll. */
    if (result != SRV_HOLD_HELD ||
        (is_over(app, poll) && srv_feed_leave(app->feed, &poll->waiter))) {
        poll->held = false;
        srv_request_wake(rq);
    }
}

static void answer_device(struct srv_app *app, struct srv_request *rq,
                          const struct srv_device *device)
{
    uint32_t wait_s = preferred_wait_s(srv_request_header(rq, "Prefer"));
    bool room = rq->crowd < SRV_CROWD_FULL;
    struct srv_body *body = srv_feed_take(app->feed);
    bool current = strcmp(body != NULL ? body->etag : "\"0\"", seen_etag(rq)) == 0;
    if (wait_s > 0 && room && current) {
        srv_body_drop(body);
        hold(app, rq, device->number, wait_s);
    } else if (current || srv_within(app->rates.bodies, (uint64_t)device->number, rq,
                                     "this device fetches the policy too often")) {
        answer(app, rq, body, false);
    } else {
        srv_body_drop(body);
    }
}

void srv_handle_policy(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct srv_device device;
    const struct poll *poll = rq->state;
    (void)actor;
    if (rq->resumed && is_over(app, poll)) {
        answer_stranger(app, rq, poll->held);
    } else if (rq->resumed) {
        answer(app, rq, srv_feed_take(app->feed), poll->held);
    } else if (srv_know_device(app, rq, &device)) {
        memcpy(rq->asker, "device ", 7); /* the most frequent of all requests */
        memcpy(rq->asker + 7, device.device_id, sizeof device.device_id);
        answer_device(app, rq, &device);
    } else if (srv_within(app->rates.strangers, rq->address, rq,
                          "too many polls without a device token")) {
        answer_stranger(app, rq, false);
    } else {
        srv_answer_header(rq, "Enrollment-Required", "true");
    }
}
