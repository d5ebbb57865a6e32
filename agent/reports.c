#include "agent/reports.h"

#include <string.h>

enum {
    COALESCE_MS = 5000,
    BUILD_AGAIN_MS = 60 * 1000,
    FULL_AGAIN_MS = 60 * 60 * 1000, /* after one that the server will never take */
    NO_CONTACT_MS = 10 * 60 * 1000, /* shorter is everyday life and not reported */
};
enum { HTTP_UNAUTHORIZED = 401 };

enum status ag_reports_open(struct ag_reports *reports, const struct ag_vault *vault,
                            struct err *err)
{
    reports->full_wanted = true; /* the first report of a run is a full one */
    return ag_spool_open(&reports->spool, vault, err);
}

static void drop_current(struct ag_reports *reports)
{
    if (reports->current != reports->reported) {
        ag_pass_free(reports->current);
    }
    reports->current = NULL;
}

void ag_reports_done(struct ag_reports *reports)
{
    drop_current(reports);
    ag_pass_free(reports->reported);
    bytes_free(&reports->body);
    *reports = (struct ag_reports){0};
}

/* A user who is gone is told by a full report only: it retires whom it does not name. */
static bool somebody_is_gone(const struct ag_pass *now, const struct ag_pass *then)
{
    for (size_t i = 0; then != NULL && i < then->count; i++) {
        if (ag_pass_find(now, then->outcomes[i].row.sid) == NULL) {
            return true;
        }
    }
    return false;
}

static bool somebody_changed(const struct ag_pass *now, const struct ag_pass *then)
{
    for (size_t i = 0; i < now->count; i++) {
        const struct ag_outcome *before = ag_pass_find(then, now->outcomes[i].row.sid);
        if (before == NULL || !ag_outcome_same(&now->outcomes[i], before)) {
            return true;
        }
    }
    return false;
}

void ag_reports_take_pass(struct ag_reports *reports, struct ag_pass *pass)
{
    drop_current(reports);
    reports->current = pass;
    if (somebody_is_gone(pass, reports->reported)) {
        reports->full_wanted = true;
    }
    reports->news = somebody_changed(pass, reports->reported);
}

void ag_reports_want_full(struct ag_reports *reports)
{
    reports->full_wanted = true;
}

void ag_reports_note_contact(struct ag_reports *reports, const char *code,
                             const struct ag_clock *clock)
{
    if (reports->no_contact.code == NULL && code != NULL) {
        reports->no_contact.at_s = clock->wall_s(clock->ctx);
        reports->no_contact_ms = clock->monotonic_ms(clock->ctx);
    }
    reports->no_contact.code = code;
}

enum status ag_reports_new_device(struct ag_reports *reports, struct err *err)
{
    reports->full_wanted = true;
    return ag_spool_clear(&reports->spool, err);
}

/* What a report is to say of failing contact; NULL: nothing. */
static const struct ag_failed *no_contact(const struct ag_reports *reports, uint64_t now_ms)
{
    bool lasts =
        reports->no_contact.code != NULL && now_ms - reports->no_contact_ms >= NO_CONTACT_MS;
    return lasts ? &reports->no_contact : NULL;
}

static struct ag_standing_view view_of(const struct ag_reports *reports,
                                       const struct ag_standing *standing,
                                       const struct ag_clock *clock)
{
    const struct ag_failed *lost = no_contact(reports, clock->monotonic_ms(clock->ctx));
    const struct ag_failed *failed = ag_standing_failure(standing);
    failed = failed != NULL ? failed : lost;
    return (struct ag_standing_view){
        .received = standing->received_version,
        .effective = standing->policy != NULL ? standing->policy->version : 0,
        .failed_code = failed != NULL ? failed->code : NULL,
        .failed_at_s = failed != NULL ? failed->at_s : -1,
        .pending = standing->pending.version,
        .stale = ag_standing_is_stale(standing, clock->wall_s(clock->ctx)),
        .machine_changes = reports->machine.changes,
    };
}

/* Codes are literals: the same code may stand at two addresses. */
static bool same_code(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_view(const struct ag_standing_view *a, const struct ag_standing_view *b)
{
    return a->received == b->received && a->effective == b->effective &&
           same_code(a->failed_code, b->failed_code) && a->failed_at_s == b->failed_at_s &&
           a->pending == b->pending && a->stale == b->stale &&
           a->machine_changes == b->machine_changes;
}

/* A laptop on a train is no news, though a report that is built meanwhile says so. */
static bool is_quiet(const char *code)
{
    return same_code(code, "unreachable") || same_code(code, "timed_out");
}

static bool is_news(const struct ag_reports *reports, const struct ag_standing_view *view)
{
    struct ag_standing_view loud = *view;
    if (is_quiet(view->failed_code) && reports->told.failed_code == NULL) {
        loud.failed_code = NULL;
        loud.failed_at_s = reports->told.failed_at_s;
    }
    return !same_view(&loud, &reports->told);
}

uint64_t ag_reports_due_ms(struct ag_reports *reports, const struct ag_standing *standing,
                           const struct ag_clock *clock)
{
    struct ag_standing_view view = view_of(reports, standing, clock);
    if (reports->current == NULL) {
        return UINT64_MAX;
    }
    if (reports->build_failed) {
        return reports->built_ms + BUILD_AGAIN_MS;
    }
    if (!reports->built || view.effective != reports->told.effective) {
        return 0; /* a new policy in force is never news that can wait */
    }
    if (reports->news || reports->full_wanted || is_news(reports, &view)) {
        return reports->built_ms + COALESCE_MS;
    }
    return reports->full_due_ms;
}

static enum status put(void *ctx, struct span document, struct err *err)
{
    return ag_spool_put(ctx, document, err);
}

static enum status build(struct ag_reports *reports, const char *device_id,
                         const struct ag_standing *standing, const struct ag_clock *clock,
                         struct err *err)
{
    struct ag_report_sink sink = {.ctx = &reports->spool, .put = put};
    struct ag_report_order order = {
        .device_id = device_id,
        .standing = standing,
        .machine = &reports->machine,
        .pass = reports->current,
        .before = reports->full_wanted ? NULL : reports->reported,
        .no_contact = no_contact(reports, clock->monotonic_ms(clock->ctx)),
        .now_s = clock->wall_s(clock->ctx),
    };
    return ag_report_build(&reports->reporter, &order, &sink, err);
}

/* When the spool is full, one full report says all that the many said, and newer. */
static enum status build_with_room(struct ag_reports *reports, const char *device_id,
                                   const struct ag_standing *standing, const struct ag_clock *clock,
                                   struct err *err)
{
    enum status st = build(reports, device_id, standing, clock, err);
    if (st == ST_NO_SPACE && reports->spool.count > 0) {
        st = ag_spool_clear(&reports->spool, err);
        reports->full_wanted = true;
        if (st == ST_OK) {
            st = build(reports, device_id, standing, clock, err);
        }
    }
    return st;
}

enum status ag_reports_build(struct ag_reports *reports, const char *device_id,
                             const struct ag_standing *standing, const struct ag_clock *clock,
                             uint64_t period_ms, struct err *err)
{
    uint64_t now_ms = clock->monotonic_ms(clock->ctx);
    if (now_ms >= reports->full_due_ms) {
        reports->full_wanted = true;
    }
    reports->built = true;
    reports->built_ms = now_ms;
    enum status st = build_with_room(reports, device_id, standing, clock, err);
    reports->build_failed = st != ST_OK;
    if (st != ST_OK) {
        reports->full_wanted = true; /* parts of a set may be there already */
        return st;
    }
    if (reports->full_wanted) {
        reports->full_due_ms = now_ms + period_ms;
    }
    if (reports->reported != reports->current) {
        ag_pass_free(reports->reported);
        reports->reported = reports->current;
    }
    reports->told = view_of(reports, standing, clock);
    reports->full_wanted = false;
    reports->news = false;
    return ST_OK;
}

bool ag_reports_has_spooled(const struct ag_reports *reports)
{
    return reports->spool.count > 0;
}

enum status ag_reports_request(struct ag_reports *reports, const char *token,
                               struct ag_request *out, struct err *err)
{
    bytes_free(&reports->body);
    enum status st = ag_spool_first(&reports->spool, &reports->body, err);
    if (st == ST_OK) {
        reports->sending = reports->spool.numbers[0];
        *out = (struct ag_request){
            .path = "/v1/reports",
            .bearer = token,
            .body = bytes_span(&reports->body),
            .answer_limit_bytes = LIMIT_ENROLL_BYTES,
        };
    } else if (st != ST_NO_MEMORY && ag_spool_drop_first(&reports->spool, NULL) == ST_OK) {
        reports->full_wanted = true; /* unreadable: it must not stand in the way of the others */
    }
    return st;
}

/* Forget the report that was sent, unless the spool was cleared meanwhile. */
static enum status drop_sent(struct ag_reports *reports, struct err *err)
{
    if (reports->spool.count == 0 || reports->spool.numbers[0] != reports->sending) {
        return ST_OK;
    }
    return ag_spool_drop_first(&reports->spool, err);
}

enum ag_report_result ag_reports_take(struct ag_reports *reports, const struct ag_answer *answer,
                                      struct err *err)
{
    enum ag_report_result result = AG_REPORT_LATER;
    *err = answer->err;
    if (answer->st != ST_OK) {
        return AG_REPORT_LATER;
    }
    (void)err_set(err, ST_BUSY, 0, "the server answered %d to a report", answer->http);
    if (answer->http >= 200 && answer->http < 300) {
        result = AG_REPORT_STORED;
    } else if (answer->http == 400 || answer->http == 409 || answer->http == 413 ||
               answer->http == 422) {
        result = AG_REPORT_DROPPED;
    } else if (answer->http == HTTP_UNAUTHORIZED) {
        result = AG_REPORT_ENROLL;
    }
    bool settled = result == AG_REPORT_STORED || result == AG_REPORT_DROPPED;
    struct err failure = {.st = ST_OK};
    if (settled && drop_sent(reports, &failure) != ST_OK) {
        *err = failure; /* it stays and is sent again: the server knows it by its id */
        result = AG_REPORT_LATER;
    } else if (result == AG_REPORT_DROPPED) {
        /* What it said still has to be said: not again at once, it may fare the same. */
        uint64_t again_ms = reports->built_ms + FULL_AGAIN_MS;
        reports->full_due_ms = reports->full_due_ms < again_ms ? reports->full_due_ms : again_ms;
    } else if (result == AG_REPORT_STORED) {
        *err = (struct err){.st = ST_OK};
    }
    return result;
}
