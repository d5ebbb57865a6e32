/* fake_http.h - a server behind the http port, in virtual time.
 *
 * The test's `serve` says what a request is answered and after how long; sleeping moves the clock to
 * the next thing that happens: an answer, an event of the test, or the end of the sleep.
 */
#ifndef TESTS_FAKES_FAKE_HTTP_H
#define TESTS_FAKES_FAKE_HTTP_H

#include "agent/ports.h"
#include "tests/fakes/fake_clock.h"

enum { FAKE_EVENTS = 64 };

/* What a request looked like when it was started; "" for what was not there. */
struct fake_request {
    enum ag_lane lane;
    char path[64];
    char bearer[300];
    char device_token[300];
    char if_none_match[130];
    uint32_t wait_s;
    struct bytes body;
};

struct fake_reply {
    enum status st; /* else there is no answer */
    int http;
    struct span body; /* copied */
    char etag[128];
    uint32_t retry_after_s;
    bool wait_applied;
    bool enrollment_required;
    uint64_t after_ms;
};

struct fake_http;
typedef void fake_serve(void *ctx, const struct fake_request *request, struct fake_reply *reply);
typedef void fake_event(void *ctx);

struct fake_lane {
    bool busy;
    uint64_t started_ms;
    struct fake_request request;
    struct fake_reply reply;
    struct bytes body;
};

struct fake_http {
    struct fake_clock *clock;
    fake_serve *serve;
    void *serve_ctx;
    struct fake_lane lanes[AG_LANE_COUNT];
    unsigned requests[AG_LANE_COUNT];
    unsigned waits; /* how often the loop went to sleep */
    struct {
        uint64_t at_ms;
        fake_event *event;
        void *ctx;
    } events[FAKE_EVENTS];
    size_t event_count;
};

void fake_http_init(struct fake_http *http, struct fake_clock *clock, fake_serve *serve,
                    void *serve_ctx);
void fake_http_done(struct fake_http *http);
struct ag_http fake_http_port(struct fake_http *http);

/* Call event at that time, and wake the loop. */
void fake_http_at(struct fake_http *http, uint64_t at_ms, fake_event *event, void *ctx);

/* End what runs in a lane with this answer, now. Nothing if the lane is free. */
void fake_http_answer(struct fake_http *http, enum ag_lane lane, const struct fake_reply *reply);

/* The connection of what runs in a lane is dead: nobody says so until our own patience ends, and for a day more. */
void fake_http_cut_silently(struct fake_http *http, enum ag_lane which);

#endif
