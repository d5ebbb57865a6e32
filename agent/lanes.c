#include "agent/lanes.h"

#include "base/log.h"

enum {
    RENEW_GAP_MS = 60 * 1000, /* a network that comes and goes is no reason to ask faster */
    HTTP_LEAST_OTHER = 300,   /* a redirect, a refusal, a failure */
    HELD_LEAST_MS = 1000,     /* an answer that came sooner was not waited for with all others */
};

static enum status start(struct ag_loop *l, enum ag_lane lane, const struct ag_request *request,
                         struct ag_trouble *trouble)
{
    struct err err = {.st = ST_OK};
    enum status st = l->ports->http.start(l->ports->http.ctx, lane, request, &err);
    l->on_its_way[lane] = st == ST_OK;
    if (st != ST_OK) {
        ag_tell_trouble(trouble, &err);
    }
    return st;
}

/* Everybody who was held gets a change at once. Who just came, and has no policy yet, is alone. */
static bool comes_with_others(const struct ag_loop *l, const struct ag_answer *answer)
{
    bool waited = l->standing.policy != NULL || answer->elapsed_ms >= HELD_LEAST_MS;
    return l->poll.asked_wait_s > 0 && waited;
}

static void start_poll(struct ag_loop *l)
{
    struct ag_request request;
    l->poll_generation = l->enroll.generation;
    ag_poll_request(&l->poll, ag_schedule_wait_s(&l->schedule, ag_loop_chance(l)),
                    ag_enroll_token(&l->enroll), &request);
    if (start(l, AG_LANE_POLICY, &request, &l->poll_trouble) != ST_OK) {
        struct ag_poll_end end = {.result = AG_POLL_LOST};
        ag_schedule_poll_ended(&l->schedule, &end, ag_loop_now_ms(l), ag_loop_chance(l));
    }
}

/* What the answer says about a token that was replaced meanwhile says nothing about the new one. */
static void heed_token(struct ag_loop *l, const struct ag_poll_news *news)
{
    bool same = l->poll_generation == l->enroll.generation;
    if (news->enroll_wanted && same) {
        ag_enroll_refuse_token(&l->enroll);
    }
    if (!same && l->schedule.policy_failures == 0 && !l->schedule.policy_put_off) {
        l->schedule.policy_due_ms = ag_loop_now_ms(l); /* with the new one it is held */
    }
}

/* What a report says of it; NULL: nothing. */
static const char *why_no_contact(const struct ag_schedule *schedule,
                                  const struct ag_answer *answer)
{
    if (schedule->policy_failures == 0) {
        return NULL; /* a cut poll is no failure */
    }
    switch ((int)answer->st) { /* the few that differ for whoever reads it */
    case ST_OK: return answer->http >= HTTP_LEAST_OTHER ? "server_refused" : NULL;
    case ST_DENIED: return "tls_refused";
    case ST_TIMED_OUT: return "timed_out";
    default: return "unreachable";
    }
}

static void take_poll(struct ag_loop *l, const struct ag_answer *answer)
{
    struct ag_poll_news news;
    bool spread = comes_with_others(l, answer);
    ag_poll_take(&l->poll, answer, &l->standing, ag_loop_now_s(l), &news);
    if (news.offered) {
        if (news.offer == AG_OFFER_ACCEPTED) {
            ag_schedule_set_timing(&l->schedule, &l->standing.policy->timing);
        }
        uint32_t delay_ms = spread ? ag_schedule_act_delay_ms(&l->schedule, ag_loop_chance(l)) : 0;
        ag_loop_take_offer(l, "server", news.offer, delay_ms, &news.why);
        ag_schedule_hold_reports(&l->schedule, ag_loop_now_ms(l) + delay_ms);
    }
    ag_schedule_poll_ended(&l->schedule, &news.end, ag_loop_now_ms(l), ag_loop_chance(l));
    ag_reports_note_contact(&l->reports, why_no_contact(&l->schedule, answer), &l->ports->clock);
    heed_token(l, &news);
    /* A refusal was told as such. */
    struct err well = {.st = ST_OK};
    bool told = news.offered && news.why.st == ST_REFUSED;
    ag_tell_trouble(&l->poll_trouble, told ? &well : &news.why);
    ag_tell_server(&l->away, answer->st == ST_OK, ag_loop_now_ms(l));
}

static void start_enroll(struct ag_loop *l)
{
    struct bytes body = bytes_with_limit(LIMIT_ENROLL_BYTES);
    struct ag_request request;
    struct err err = {.st = ST_OK};
    enum status st = ag_enroll_request(&l->enroll, &body, &request, &err);
    if (st == ST_OK) {
        st = start(l, AG_LANE_ENROLL, &request, &l->enroll_trouble);
    } else {
        ag_tell_trouble(&l->enroll_trouble, &err);
    }
    if (st != ST_OK) {
        ag_schedule_enroll_ended(&l->schedule, false, 0, ag_loop_now_ms(l), ag_loop_chance(l));
    }
    bytes_free(&body);
}

/* A new token: the poll on its way goes on without it and would not be held. */
static void take_token(struct ag_loop *l, enum ag_enroll_result result, struct err *err)
{
    log_write(LOG_INFO, "event=enrolled device_id=%s same_device=%d", l->enroll.device_id,
              result == AG_ENROLL_SAME_DEVICE);
    if (result == AG_ENROLL_NEW_DEVICE && err->st == ST_OK &&
        ag_reports_new_device(&l->reports, err) == ST_OK) {
        *err = (struct err){.st = ST_OK};
    }
}

static void take_enroll(struct ag_loop *l, const struct ag_answer *answer)
{
    struct err err = {.st = ST_OK};
    enum ag_enroll_result result = ag_enroll_take(&l->enroll, answer, ag_loop_now_s(l), &err);
    bool good = result == AG_ENROLL_NEW_DEVICE || result == AG_ENROLL_SAME_DEVICE;
    if (good) {
        l->token_since_ms = ag_loop_now_ms(l);
        take_token(l, result, &err);
    }
    ag_schedule_enroll_ended(&l->schedule, good, answer->retry_after_s, ag_loop_now_ms(l),
                             ag_loop_chance(l));
    ag_tell_trouble(&l->enroll_trouble, &err);
}

static void build_report(struct ag_loop *l)
{
    struct err err = {.st = ST_OK};
    uint64_t period_ms = ag_schedule_period_ms(l->schedule.timing.report_s, ag_loop_chance(l));
    enum status st = ag_reports_build(&l->reports, l->enroll.device_id, &l->standing,
                                      &l->ports->clock, period_ms, &err);
    if (st == ST_OK) {
        err = (struct err){.st = ST_OK};
    }
    ag_tell_trouble(&l->build_trouble, &err);
}

static void start_report(struct ag_loop *l)
{
    struct ag_request request;
    struct err err = {.st = ST_OK};
    enum status st = ag_reports_request(&l->reports, ag_enroll_token(&l->enroll), &request, &err);
    if (st == ST_OK) {
        l->report_generation = l->enroll.generation;
        st = start(l, AG_LANE_REPORT, &request, &l->report_trouble);
    } else {
        ag_tell_trouble(&l->report_trouble, &err);
    }
    if (st != ST_OK) {
        ag_schedule_report_ended(&l->schedule, false, 0, ag_loop_now_ms(l), ag_loop_chance(l));
    }
}

static void take_report(struct ag_loop *l, const struct ag_answer *answer)
{
    struct err err = {.st = ST_OK};
    enum ag_report_result result = ag_reports_take(&l->reports, answer, &err);
    if (result == AG_REPORT_ENROLL && l->report_generation == l->enroll.generation) {
        ag_enroll_refuse_token(&l->enroll);
    }
    if (result == AG_REPORT_DROPPED) {
        log_failure(LOG_WARNING, "report_dropped", &err);
    }
    bool good = result != AG_REPORT_LATER;
    ag_schedule_report_ended(&l->schedule, good, answer->retry_after_s, ag_loop_now_ms(l),
                             ag_loop_chance(l));
    ag_tell_trouble(&l->report_trouble, &err);
}

/* ---- all three ---------------------------------------------------------------------------- */

static bool can_enroll(const struct ag_loop *l)
{
    uint64_t held_ms = ag_loop_now_ms(l) - l->token_since_ms;
    return !l->on_its_way[AG_LANE_ENROLL] &&
           ag_enroll_is_wanted(&l->enroll, ag_loop_now_s(l), held_ms);
}

static bool can_send(const struct ag_loop *l)
{
    return !l->on_its_way[AG_LANE_REPORT] && ag_reports_has_spooled(&l->reports) &&
           ag_enroll_token(&l->enroll) != NULL;
}

/* Never about a policy that no pass has brought to the users yet: it would claim too much. */
static uint64_t build_due_ms(struct ag_loop *l)
{
    if (l->act_pending || l->enroll.device_id[0] == '\0') {
        return UINT64_MAX;
    }
    return ag_reports_due_ms(&l->reports, &l->standing, &l->ports->clock);
}

void ag_lanes_renew(struct ag_loop *l)
{
    uint64_t now_ms = ag_loop_now_ms(l);
    if (l->config->server_url == NULL) {
        return;
    }
    if (!l->renew_wanted || (l->renewed_ms > 0 && now_ms < l->renewed_ms + RENEW_GAP_MS)) {
        return;
    }
    log_write(LOG_INFO, "event=network_changed");
    for (unsigned lane = 0; lane < AG_LANE_COUNT; lane++) {
        l->ports->http.cancel(l->ports->http.ctx, (enum ag_lane)lane); /* idle connections, too */
        l->on_its_way[lane] = false;
    }
    ag_schedule_renew(&l->schedule, now_ms, ag_loop_chance(l));
    l->renew_wanted = false;
    l->renewed_ms = now_ms;
}

void ag_lanes_start(struct ag_loop *l)
{
    if (l->config->server_url == NULL) {
        return;
    }
    if (!l->on_its_way[AG_LANE_POLICY] && l->schedule.policy_due_ms <= ag_loop_now_ms(l)) {
        start_poll(l);
    }
    if (can_enroll(l) && l->schedule.enroll_due_ms <= ag_loop_now_ms(l)) {
        start_enroll(l);
    }
    if (build_due_ms(l) <= ag_loop_now_ms(l)) {
        build_report(l);
    }
    if (can_send(l) && l->schedule.report_due_ms <= ag_loop_now_ms(l)) {
        start_report(l);
    }
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t ag_lanes_due_ms(struct ag_loop *l)
{
    uint64_t due_ms = UINT64_MAX;
    if (l->config->server_url == NULL) {
        return due_ms;
    }
    if (l->renew_wanted) {
        due_ms = l->renewed_ms + RENEW_GAP_MS;
    }
    if (!l->on_its_way[AG_LANE_POLICY]) {
        due_ms = sooner(due_ms, l->schedule.policy_due_ms);
    }
    if (can_enroll(l)) {
        due_ms = sooner(due_ms, l->schedule.enroll_due_ms);
    }
    if (can_send(l)) {
        due_ms = sooner(due_ms, l->schedule.report_due_ms);
    }
    return sooner(due_ms, build_due_ms(l));
}

void ag_lanes_take(struct ag_loop *l, enum ag_lane lane, const struct ag_answer *answer)
{
    l->on_its_way[lane] = false;
    switch (lane) {
    case AG_LANE_POLICY: take_poll(l, answer); break;
    case AG_LANE_ENROLL: take_enroll(l, answer); break;
    case AG_LANE_REPORT: take_report(l, answer); break;
    case AG_LANE_COUNT: break;
    }
}

void ag_lanes_cancel(struct ag_loop *l)
{
    for (unsigned lane = 0; lane < AG_LANE_COUNT; lane++) {
        if (l->on_its_way[lane]) {
            l->ports->http.cancel(l->ports->http.ctx, (enum ag_lane)lane);
            l->on_its_way[lane] = false;
        }
    }
}
