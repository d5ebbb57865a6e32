#include "server/refusal.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/answer.h"

bool srv_within_many(struct srv_rate *rate, uint64_t key, uint32_t count, struct srv_request *rq,
                     const char *sentence)
{
    uint32_t wait_s = srv_rate_take_many(rate, key, count, clock_monotonic_ms());
    if (wait_s > 0) {
        srv_answer_limited(rq, wait_s, sentence);
    }
    return wait_s == 0;
}

bool srv_within(struct srv_rate *rate, uint64_t key, struct srv_request *rq, const char *sentence)
{
    return srv_within_many(rate, key, 1, rq, sentence);
}

bool srv_know_device(struct srv_app *app, const struct srv_request *rq, struct srv_device *out)
{
    uint8_t digest[DIGEST_BYTES];
    return srv_request_digest(rq, digest) &&
           srv_auth_find_digest(app->auth, digest, app->now_s(), out);
}

void srv_refuse_proof(struct srv_app *app, struct srv_request *rq, enum srv_credential_state why,
                      const char *name, const char *sentence)
{
    char shown[SRV_NAME_BYTES];
    if (!srv_within(app->rates.failures, rq->address, rq,
                    "too many requests from this address prove nothing")) {
        return;
    }
    log_word(name, shown, sizeof shown);
    log_write(LOG_WARNING, "event=proof_refused route=%s reason=%s name=%s address=%s",
              rq->route_path != NULL ? rq->route_path : "-", SRV_CREDENTIAL_WORDS[why],
              shown[0] != '\0' ? shown : "-", rq->address_text);
    srv_answer_problem(rq, 401, "unauthorized", "%s", sentence);
    srv_answer_header(rq, "WWW-Authenticate", "Bearer");
}
