#include "agent/poll.h"

#include <stdio.h>
#include <string.h>

enum {
    HTTP_OK = 200,
    HTTP_NO_CONTENT = 204,
    HTTP_NOT_MODIFIED = 304,
    HTTP_UNAUTHORIZED = 401,
    HTTP_FORBIDDEN = 403,
    HTTP_BAD_GATEWAY = 502,
    HTTP_UNAVAILABLE = 503,
    HTTP_GATEWAY_TIMEOUT = 504,
};

void ag_poll_request(struct ag_poll *poll, uint32_t wait_s, const char *token,
                     struct ag_request *out)
{
    poll->asked_wait_s = wait_s;
    *out = (struct ag_request){
        .path = "/v1/policy",
        .bearer = token,
        .if_none_match = poll->etag[0] != '\0' ? poll->etag : "\"0\"",
        .wait_s = wait_s,
        .answer_limit_bytes = LIMIT_ENVELOPE_BYTES,
    };
}

/* From now on the server is told that we have this body. */
static void keep_etag(struct ag_poll *poll, const struct ag_answer *answer)
{
    (void)snprintf(poll->etag, sizeof poll->etag, "%s", answer->etag);
}

static void take_body(struct ag_poll *poll, const struct ag_answer *answer,
                      struct ag_standing *standing, int64_t now_s, struct ag_poll_news *news)
{
    bool renamed = strcmp(poll->etag, answer->etag) != 0;
    enum status st = ag_standing_offer(standing, bytes_span(&answer->body), answer->etag, now_s,
                                       &news->offer, &news->why);
    if (st != ST_OK) {
        news->end.result = AG_POLL_FAILED; /* it could not be stored: ask for it again, later */
        return;
    }
    news->offered = true;
    keep_etag(poll, answer);
    bool known = news->offer == AG_OFFER_NO_CHANGE && renamed;
    if (known || news->offer == AG_OFFER_ACCEPTED) {
        /* Without the name on disk the next start fetches the body once more: worth a word only. */
        st = ag_policy_store_save_etag(&standing->store, answer->etag, &news->why);
    }
    news->end.result = news->offer == AG_OFFER_ACCEPTED ? AG_POLL_CHANGED : AG_POLL_UNCHANGED;
    if (st == ST_OK && (news->offer == AG_OFFER_ACCEPTED || news->offer == AG_OFFER_NO_CHANGE)) {
        news->why = (struct err){.st = ST_OK};
    }
}

static void take_too_large(struct ag_poll *poll, const struct ag_answer *answer,
                           struct ag_standing *standing, int64_t now_s, struct ag_poll_news *news)
{
    (void)err_refuse(&news->why, "too_large", "", "the server's policy is larger than %d bytes",
                     LIMIT_ENVELOPE_BYTES);
    ag_standing_refuse(standing, answer->etag, now_s, &news->why);
    keep_etag(poll, answer);
    news->offered = true;
    news->offer = AG_OFFER_REFUSED;
    news->end.result = AG_POLL_UNCHANGED;
}

/* A proxy or a balancer speaks, the server itself was not reached or was cut off: our own says when
 * to come back with its 503. */
static bool is_lost(const struct ag_answer *answer)
{
    return answer->http == HTTP_BAD_GATEWAY || answer->http == HTTP_GATEWAY_TIMEOUT ||
           (answer->http == HTTP_UNAVAILABLE && answer->retry_after_s == 0);
}

static void take_http(struct ag_poll *poll, const struct ag_answer *answer,
                      struct ag_standing *standing, int64_t now_s, struct ag_poll_news *news)
{
    switch (answer->http) {
    case HTTP_OK: take_body(poll, answer, standing, now_s, news); break;
    case HTTP_NOT_MODIFIED:
        news->end.result = answer->wait_applied ? AG_POLL_HELD : AG_POLL_NOT_HELD;
        break;
    case HTTP_NO_CONTENT:
        news->end.result = answer->wait_applied ? AG_POLL_HELD : AG_POLL_EMPTY;
        break;
    default:
        news->end.result = is_lost(answer) ? AG_POLL_LOST : AG_POLL_FAILED;
        news->enroll_wanted = answer->http == HTTP_UNAUTHORIZED || answer->http == HTTP_FORBIDDEN;
        (void)err_set(&news->why, ST_BUSY, 0, "the server answered %d to asking for the policy",
                      answer->http);
        break;
    }
    news->enroll_wanted = news->enroll_wanted || answer->enrollment_required;
}

void ag_poll_take(struct ag_poll *poll, const struct ag_answer *answer,
                  struct ag_standing *standing, int64_t now_s, struct ag_poll_news *news)
{
    *news = (struct ag_poll_news){
        .end = {.asked_wait_s = poll->asked_wait_s,
                .elapsed_ms = answer->elapsed_ms,
                .retry_after_s = answer->retry_after_s},
        .why = {.st = ST_OK},
    };
    if (answer->st == ST_OK) {
        take_http(poll, answer, standing, now_s, news);
    } else if (answer->st == ST_TOO_LARGE) {
        take_too_large(poll, answer, standing, now_s, news);
    } else {
        news->end.result = AG_POLL_LOST;
        news->why = answer->err;
    }
}
