#include "server/series.h"

#include "server/compliance.h"

enum { HOUR_S = 3600, DAY_S = 86400, RETRY_S = 60, BODY_BYTES = 16 * 1024 };

const char *const SRV_GRAIN_WORDS[SRV_GRAIN_COUNT] = {"hour", "day"};

static const struct {
    int64_t step_s;
    size_t kept;
} GRAINS[SRV_GRAIN_COUNT] = {{HOUR_S, SRV_SAMPLES_HOURLY}, {DAY_S, SRV_SAMPLES_DAILY}};

static enum status write_sample(const struct srv_store *store, enum srv_grain grain, int64_t now_s,
                                struct span body, struct err *err)
{
    struct srv_write w = {.kind = SRV_WRITE_SAMPLE, .now_s = now_s};
    w.u.sample.step_s = GRAINS[grain].step_s;
    w.u.sample.body = body;
    w.u.sample.keep = GRAINS[grain].kept;
    enum status st = srv_store_write(store, &w, err);
    return st == ST_EXISTS ? ST_OK : st; /* taken before the last restart */
}

/* A clock that is set back must not stop it for long. */
static bool is_too_soon(const struct srv_series *series, int64_t now_s)
{
    return now_s < series->retry_s && series->retry_s - now_s <= RETRY_S;
}

static enum status take_missing(struct srv_series *series, const struct srv_store *store,
                                int64_t now_s, struct err *err)
{
    struct bytes body = bytes_with_limit(BODY_BYTES);
    enum status st = ST_OK;
    for (size_t i = 0; i < SRV_GRAIN_COUNT && st == ST_OK; i++) {
        int64_t slot = now_s / GRAINS[i].step_s + 1;
        if (series->done[i] == slot) {
            continue;
        }
        if (body.size == 0) {
            st = srv_compliance_sample(store, now_s, &body, err);
        }
        if (st == ST_OK) {
            st = write_sample(store, (enum srv_grain)i, now_s, bytes_span(&body), err);
        }
        series->done[i] = st == ST_OK ? slot : series->done[i];
    }
    bytes_free(&body);
    return st;
}

enum status srv_series_keep(struct srv_series *series, const struct srv_store *store, int64_t now_s,
                            struct err *err)
{
    if (now_s < 0 || is_too_soon(series, now_s)) {
        return ST_OK;
    }
    enum status st = take_missing(series, store, now_s, err);
    series->retry_s = st == ST_OK ? 0 : now_s + RETRY_S;
    return st;
}

static bool write_one(void *v, const struct srv_sample_row *row)
{
    pol_json_raw(v, NULL, span_text(row->body));
    return true;
}

enum status srv_series_write(const struct srv_store *store,
                             const struct srv_series_question *question,
                             struct pol_json_writer *json, struct err *err)
{
    const struct srv_sample_question asked = {.step_s = GRAINS[question->grain].step_s,
                                              .from_s = question->from_s,
                                              .to_s = question->to_s,
                                              .limit = GRAINS[question->grain].kept};
    pol_json_integer(json, "series_step_s", asked.step_s);
    pol_json_array(json, "series");
    enum status st = store->samples(store->ctx, &asked, write_one, json, err);
    pol_json_close_array(json);
    return st;
}
