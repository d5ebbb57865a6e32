#include "base/time_text.h"
#include "server/answer.h"
#include "server/compliance.h"
#include "server/handlers.h"
#include "server/series.h"

#include <string.h>

/* 200 names of 64 bytes and more for each of four kinds, a hundred stages by state; and 800 samples of
 * 44 names each. */
enum { ANSWER_BYTES = 2 * 1024 * 1024 };

struct reading {
    struct srv_request *rq;
    struct srv_series_question question;
    bool wanted;
    bool from; /* it was given */
    bool to;
};

static bool not_possible(struct reading *r, const char *name, const char *possible)
{
    srv_answer_problem(r->rq, 400, "filter_value", "%s may be %s", name, possible);
    return false;
}

static bool read_grain(struct reading *r, const char *value)
{
    for (size_t i = 0; i < SRV_GRAIN_COUNT; i++) {
        if (strcmp(value, SRV_GRAIN_WORDS[i]) == 0) {
            r->question.grain = (enum srv_grain)i;
            r->wanted = true;
            return true;
        }
    }
    return not_possible(r, "series", "hour, day");
}

static bool read_time(struct reading *r, const char *name, const char *value, bool *given,
                      int64_t *out)
{
    *given = true;
    return time_text_read(value, out) ||
           not_possible(r, name, "a time such as 2026-11-29T20:00:00Z");
}

static bool take_query(void *ctx, const char *name, const char *value)
{
    struct reading *r = ctx;
    const char *text = value != NULL ? value : "";
    if (strcmp(name, "series") == 0 && !r->wanted) {
        return read_grain(r, text);
    }
    if (strcmp(name, "from") == 0 && !r->from) {
        return read_time(r, name, text, &r->from, &r->question.from_s);
    }
    if (strcmp(name, "to") == 0 && !r->to) {
        return read_time(r, name, text, &r->to, &r->question.to_s);
    }
    srv_answer_problem(r->rq, 400, "filter_unknown",
                       "there is no %.64s here, or it is given twice; there are series, from, to",
                       name);
    return false;
}

static bool read_query(struct reading *r, int64_t now_s)
{
    r->question.to_s = now_s;
    if (!srv_request_each_query(r->rq, take_query, r)) {
        return false;
    }
    if (!r->wanted && (r->from || r->to)) {
        srv_answer_problem(r->rq, 400, "filter_value", "from and to belong to series");
        return false;
    }
    return true;
}

static enum status write_all(struct srv_app *app, const struct reading *r, int64_t now_s,
                             struct pol_json_writer *json, struct err *err)
{
    struct srv_rollout_view view;
    srv_rollout_look(app->rollout, &view);
    pol_json_object(json, NULL);
    enum status st = srv_compliance_write(&app->store, &view, now_s, json, err);
    if (st == ST_OK && r->wanted) {
        st = srv_series_write(&app->store, &r->question, json, err);
    }
    pol_json_close_object(json);
    srv_rollout_view_done(&view);
    if (st == ST_OK) {
        st = pol_json_write_end(json);
        if (st != ST_OK) {
            (void)err_set(err, st, 0, "cannot write the counts");
        }
    }
    return st;
}

void srv_handle_compliance(struct srv_app *app, struct srv_request *rq,
                           const struct srv_actor *actor)
{
    struct err err = {0};
    struct reading r = {.rq = rq};
    int64_t now_s = app->now_s();
    struct bytes text = bytes_with_limit(ANSWER_BYTES);
    struct pol_json_writer json = pol_json_write_start(&text);
    (void)actor;
    if (!read_query(&r, now_s)) {
        return;
    }
    if (write_all(app, &r, now_s, &json, &err) == ST_OK) {
        srv_answer_json(rq, 200, &text);
    } else {
        srv_answer_error(rq, &err);
    }
    bytes_free(&text);
}
