#include "server/answer.h"
#include "server/handlers.h"

#include <stdlib.h>
#include <string.h>

/* From the simulator's thread. */
static void wake(struct srv_question *question)
{
    srv_request_wake(question->ctx);
}

static void answer_outcome(struct srv_request *rq, struct srv_question *q)
{
    if (q->st == ST_OK) {
        srv_answer_json(rq, 200, &q->text);
    } else if (q->problems.found > 0) {
        srv_answer_problems(rq, &q->problems);
    } else if (q->was_next && q->err.code != NULL && strcmp(q->err.code, "stage_unknown") == 0) {
        /* As advancing says it: 404 is for a name. */
        srv_answer_problem(rq, 409, q->err.code, "%s", q->err.text);
    } else {
        srv_answer_error(rq, &q->err);
    }
}

/* Parked before anybody can answer: so a question that is not taken is woken by us. */
static void submit(struct srv_app *app, struct srv_request *rq, struct srv_question *q)
{
    srv_request_park(rq);
    enum status st = srv_simulator_take(app->simulator, q);
    if (st == ST_BUSY) {
        q->st = err_refuse(&q->err, "simulation_running", "",
                           "another simulation is running: come again");
    } else if (st != ST_OK) {
        q->st = err_refuse(&q->err, "unavailable", "", "the server ends: come again");
    }
    if (st != ST_OK) {
        srv_request_wake(rq);
    }
}

void srv_handle_simulate(struct srv_app *app, struct srv_request *rq, const struct srv_actor *actor)
{
    struct srv_question *q = rq->state;
    (void)actor;
    if (rq->resumed) {
        answer_outcome(rq, q);
        return;
    }
    q = calloc(1, sizeof *q);
    if (q == NULL) {
        srv_answer_problem(rq, 503, "unavailable", "the server is short of memory: come again");
        return;
    }
    q->body = bytes_span(&rq->body);
    q->done = wake;
    q->ctx = rq;
    rq->state = q;
    submit(app, rq, q);
}

void srv_end_simulate(struct srv_request *rq)
{
    struct srv_question *q = rq->state;
    bytes_free(&q->text);
    free(q);
    rq->state = NULL;
}
