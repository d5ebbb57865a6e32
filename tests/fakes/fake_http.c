#include "tests/fakes/fake_http.h"

#include "policy/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fake_http_init(struct fake_http *http, struct fake_clock *clock, fake_serve *serve,
                    void *serve_ctx)
{
    memset(http, 0, sizeof *http);
    http->clock = clock;
    http->serve = serve;
    http->serve_ctx = serve_ctx;
}

static void end_lane(struct fake_lane *lane)
{
    bytes_free(&lane->request.body);
    bytes_free(&lane->body);
    memset(lane, 0, sizeof *lane);
}

void fake_http_done(struct fake_http *http)
{
    for (unsigned i = 0; i < AG_LANE_COUNT; i++) {
        end_lane(&http->lanes[i]);
    }
}

static void copy_text(char *out, size_t room, const char *text)
{
    (void)snprintf(out, room, "%s", text != NULL ? text : "");
}

static void copy_span(struct bytes *out, struct span from, size_t limit)
{
    *out = bytes_with_limit(limit);
    if (bytes_append(out, from.data, from.size) != ST_OK) {
        abort(); /* a mistake of the test */
    }
}

static void set_reply(struct fake_lane *lane, const struct fake_reply *reply)
{
    bytes_free(&lane->body);
    lane->reply = *reply;
    copy_span(&lane->body, reply->body, LIMIT_BUNDLE_BYTES);
    lane->reply.body = bytes_span(&lane->body);
}

static enum status start(void *ctx, enum ag_lane which, const struct ag_request *request,
                         struct err *err)
{
    struct fake_http *http = ctx;
    struct fake_lane *lane = &http->lanes[which];
    struct fake_reply reply = {.st = ST_OK, .http = 404, .after_ms = 1};
    if (lane->busy) {
        return err_set(err, ST_BUG, 0, "the lane is not free");
    }
    lane->busy = true;
    lane->started_ms = http->clock->ms;
    lane->request.lane = which;
    copy_text(lane->request.path, sizeof lane->request.path, request->path);
    copy_text(lane->request.bearer, sizeof lane->request.bearer, request->bearer);
    copy_text(lane->request.device_token, sizeof lane->request.device_token, request->device_token);
    copy_text(lane->request.if_none_match, sizeof lane->request.if_none_match,
              request->if_none_match);
    lane->request.wait_s = request->wait_s;
    copy_span(&lane->request.body, request->body, LIMIT_REPORT_BYTES);
    http->requests[which]++;
    http->serve(http->serve_ctx, &lane->request, &reply);
    set_reply(lane, &reply);
    return ST_OK;
}

static void cancel(void *ctx, enum ag_lane which)
{
    struct fake_http *http = ctx;
    end_lane(&http->lanes[which]);
}

static uint64_t end_of(const struct fake_lane *lane)
{
    return lane->started_ms + lane->reply.after_ms;
}

/* The lane whose answer comes first, or NULL. */
static struct fake_lane *first_lane(struct fake_http *http)
{
    struct fake_lane *first = NULL;
    for (unsigned i = 0; i < AG_LANE_COUNT; i++) {
        struct fake_lane *lane = &http->lanes[i];
        if (lane->busy && (first == NULL || end_of(lane) < end_of(first))) {
            first = lane;
        }
    }
    return first;
}

/* Run the first event that is due until end_ms. */
static bool run_event(struct fake_http *http, uint64_t end_ms)
{
    size_t first = http->event_count;
    for (size_t i = 0; i < http->event_count; i++) {
        bool sooner =
            first == http->event_count || http->events[i].at_ms < http->events[first].at_ms;
        first = http->events[i].at_ms <= end_ms && sooner ? i : first;
    }
    if (first == http->event_count) {
        return false;
    }
    fake_event *event = http->events[first].event;
    void *ctx = http->events[first].ctx;
    if (http->clock->ms < http->events[first].at_ms) {
        http->clock->ms = http->events[first].at_ms;
    }
    http->events[first] = http->events[--http->event_count];
    event(ctx);
    return true;
}

static void hand_over(struct fake_http *http, struct fake_lane *lane, enum ag_lane *which,
                      struct ag_answer *answer)
{
    const struct fake_reply *reply = &lane->reply;
    *which = lane->request.lane;
    *answer = (struct ag_answer){
        .st = reply->st,
        .http = reply->http,
        .retry_after_s = reply->retry_after_s,
        .wait_applied = reply->wait_applied,
        .enrollment_required = reply->enrollment_required,
        .elapsed_ms = (uint32_t)(http->clock->ms - lane->started_ms),
    };
    memcpy(answer->etag, reply->etag, sizeof answer->etag);
    if (reply->st != ST_OK) {
        (void)err_set(&answer->err, reply->st, 7, "the fake server does not answer");
    }
    answer->body = lane->body;
    lane->body = (struct bytes){0};
    end_lane(lane);
}

static bool wait(void *ctx, uint32_t timeout_ms, enum ag_lane *which, struct ag_answer *answer)
{
    struct fake_http *http = ctx;
    struct fake_lane *lane = first_lane(http);
    uint64_t end_ms = http->clock->ms + timeout_ms;
    bool answered = lane != NULL && end_of(lane) <= end_ms;
    http->waits++;
    if (answered) {
        end_ms = end_of(lane) > http->clock->ms ? end_of(lane) : http->clock->ms;
    }
    if (run_event(http, end_ms)) {
        return false; /* woken */
    }
    http->clock->ms = end_ms;
    if (answered) {
        hand_over(http, lane, which, answer);
    }
    return answered;
}

struct ag_http fake_http_port(struct fake_http *http)
{
    return (struct ag_http){.ctx = http, .start = start, .cancel = cancel, .wait = wait};
}

void fake_http_at(struct fake_http *http, uint64_t at_ms, fake_event *event, void *ctx)
{
    if (http->event_count == FAKE_EVENTS) {
        abort();
    }
    http->events[http->event_count].at_ms = at_ms;
    http->events[http->event_count].event = event;
    http->events[http->event_count].ctx = ctx;
    http->event_count++;
}

void fake_http_answer(struct fake_http *http, enum ag_lane which, const struct fake_reply *reply)
{
    struct fake_lane *lane = &http->lanes[which];
    if (lane->busy) {
        set_reply(lane, reply);
        lane->reply.after_ms = http->clock->ms - lane->started_ms;
    }
}

void fake_http_cut_silently(struct fake_http *http, enum ag_lane which)
{
    struct fake_lane *lane = &http->lanes[which];
    if (lane->busy) {
        lane->reply.st = ST_TIMED_OUT;
        lane->reply.wait_applied = false;
        lane->reply.after_ms += 255000 + (uint64_t)86400 * 1000;
    }
}
