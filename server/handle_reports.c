#include "server/answer.h"
#include "server/handlers.h"
#include "server/ingest.h"
#include "server/refusal.h"

enum { COST_BYTES = 16 * 1024 };

static const char RETIRED[] = "the device was retired: enroll again";

/* The writer's thread is done with the report. */
static void wake(struct srv_write *w)
{
    struct srv_request *rq = w->ctx;
    srv_ingest_heard(rq->state);
    srv_request_wake(rq);
}

/* A large report takes as much of the disk as many small ones. */
static uint32_t cost_of(const struct srv_request *rq)
{
    return 1 + (uint32_t)(rq->body.size / COST_BYTES);
}

static void answer_outcome(struct srv_app *app, struct srv_request *rq,
                           const struct srv_ingest *ingest)
{
    if (ingest->write.st == ST_OK) {
        srv_answer_empty(rq, 204);
        srv_meter_event(app->meter, ingest->write.u.report.repeated ? SRV_EVENT_REPORT_REPEATED
                                                                    : SRV_EVENT_REPORT_STORED);
    } else if (ingest->write.st == ST_NOT_FOUND) {
        srv_refuse_proof(app, rq, SRV_CREDENTIAL_REVOKED, "", RETIRED);
    } else {
        srv_answer_error(rq, &ingest->write.err);
    }
}

void srv_handle_reports(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct srv_ingest *ingest = rq->state;
    struct srv_device device;
    struct err err = {0};
    (void)actor;
    if (rq->resumed) {
        answer_outcome(app, rq, ingest);
        return;
    }
    if (!srv_know_device(app, rq, &device)) {
        srv_refuse_proof(app, rq, SRV_CREDENTIAL_UNKNOWN, "", RETIRED);
        return;
    }
    if (!srv_within_many(app->rates.reports, (uint64_t)device.number, cost_of(rq), rq,
                         "this device reports too often")) {
        return;
    }
    if (srv_ingest_open(bytes_span(&rq->body), &device, app->now_s(), &ingest, &err) != ST_OK) {
        srv_answer_error(rq, &err);
        return;
    }
    srv_ingest_hear(ingest, app->rollout, &device);
    ingest->write.done = wake;
    ingest->write.ctx = rq;
    rq->state = ingest;
    srv_request_park(rq);
    app->store.submit(app->store.ctx, &ingest->write);
}

void srv_end_reports(struct srv_request *rq)
{
    srv_ingest_free(rq->state);
    rq->state = NULL;
}
