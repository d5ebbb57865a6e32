#include "agent/loop.h"

#include "agent/mark.h"
#include "agent/picture.h"
#include "base/log.h"

#include <inttypes.h>

enum {
    PASS_GAP_MS = 250,         /* between passes that watchers asked for: no fight at full speed */
    FILE_EVERY_MS = 10 * 1000, /* a file that nobody told us about */
    FILE_AGAIN_MS = 1000,      /* one that may still be being copied */
    SLEPT_MS = 60 * 1000, /* a step so much later than it was due, or so long: nobody ran here */
};

uint64_t ag_loop_now_ms(const struct ag_loop *l)
{
    return l->ports->clock.monotonic_ms(l->ports->clock.ctx);
}

int64_t ag_loop_now_s(const struct ag_loop *l)
{
    return l->ports->clock.wall_s(l->ports->clock.ctx);
}

uint32_t ag_loop_chance(const struct ag_loop *l)
{
    return l->ports->clock.random(l->ports->clock.ctx);
}

bool ag_loop_is_fatal(enum status st)
{
    return st == ST_NO_MEMORY || st == ST_BUG;
}

/* ---- open and close ----------------------------------------------------------------------- */

static void tell_at_start(const char *what, const struct err *why)
{
    if (why->st != ST_OK) {
        log_failure(LOG_WARNING, what, why);
    }
}

static enum status open_standing(struct ag_loop *l, struct err *err)
{
    struct err why = {.st = ST_OK};
    enum status st =
        ag_standing_open(&l->standing, &l->ports->vault, ag_loop_now_s(l), l->poll.etag, &why);
    tell_at_start("stored_policy_unusable", &why);
    if (st != ST_OK) {
        return err_set(err, st, 0, "cannot load the stored policy");
    }
    if (l->standing.policy != NULL) {
        ag_schedule_set_timing(&l->schedule, &l->standing.policy->timing);
        log_write(LOG_INFO, "event=policy_loaded rollout=%s version=%" PRId64 " stage=%s",
                  l->standing.policy->rollout, l->standing.policy->version,
                  l->standing.policy->stage);
    }
    return ST_OK;
}

/* A trust file that is not taken is a refusal like that of a policy, and reported as one. */
static void take_trust(struct ag_loop *l, const struct ag_trust *trust)
{
    if (trust->refused.st != ST_OK) {
        log_failure(LOG_WARNING, "trust_refused", &trust->refused);
        ag_standing_refuse_trust(&l->standing, ag_loop_now_s(l), &trust->refused);
    } else if (trust->replaced) {
        log_write(LOG_INFO, "event=trust_replaced version=%" PRIu32,
                  pol_trust_version(trust->trust));
    }
}

static enum status open_enroll(struct ag_loop *l, struct err *err)
{
    struct err why = {.st = ST_OK};
    enum status st =
        ag_enroll_open(&l->enroll, &l->ports->vault, l->host, l->config->enroll_secret_file, &why);
    tell_at_start(l->enroll.is_copy ? "device_is_copy" : "device_unusable", &why);
    return st == ST_OK ? ST_OK : err_set(err, st, 0, "cannot load the device");
}

/* Ledger and spool can be lost without harm: what cannot be read starts afresh. */
static enum status open_records(struct ag_loop *l, struct err *err)
{
    struct err why = {.st = ST_OK};
    enum status st = ag_ledger_load(&l->ledger, &l->ports->vault, &why);
    if (st != ST_OK) {
        tell_at_start("ledger_lost", &why);
    }
    if (!ag_loop_is_fatal(st)) {
        st = ag_machine_open(&l->reports.machine, &l->ports->vault, &why);
        if (st != ST_OK) {
            tell_at_start("preflight_lost", &why);
        }
    }
    if (!ag_loop_is_fatal(st)) {
        st = ag_reports_open(&l->reports, &l->ports->vault, &why);
        if (st != ST_OK) {
            tell_at_start("spool_lost", &why);
        }
    }
    return ag_loop_is_fatal(st) ? err_set(err, st, 0, "cannot load records") : ST_OK;
}

static void name_troubles(struct ag_loop *l)
{
    l->pass_trouble.what = "pass";
    l->mark_trouble.what = "mark";
    l->mirror_trouble.what = "mirror";
    l->file_trouble.what = "policy_file";
    l->pending_trouble.what = "pending_policy";
    l->ledger_trouble.what = "ledger";
    l->poll_trouble.what = "poll";
    l->enroll_trouble.what = "enroll";
    l->build_trouble.what = "spool";
    l->report_trouble.what = "report";
}

enum status ag_loop_open(struct ag_loop *l, const struct ag_config *config,
                         const struct ag_host *host, const struct ag_ports *ports,
                         const struct ag_trust *trust, struct err *err)
{
    *l = (struct ag_loop){.config = config, .host = host, .ports = ports};
    l->standing.trust = trust->trust;
    l->standing.rollout = config->rollout;
    l->standing.min_version = config->min_version;
    l->file.patient = true;
    l->file_due_ms = ag_loop_now_ms(l);
    name_troubles(l);
    ag_schedule_init(&l->schedule, ag_loop_now_ms(l));
    l->pass_due_ms = ag_loop_now_ms(l);
    l->token_since_ms = ag_loop_now_ms(l);
    enum status st = open_standing(l, err);
    if (st == ST_OK) {
        take_trust(l, trust);
        st = open_enroll(l, err);
    }
    if (st == ST_OK) {
        st = open_records(l, err);
    }
    if (st == ST_OK) {
        st = ag_reporter_init(&l->reports.reporter, config, host, trust->trust, ag_loop_now_s(l),
                              err);
    }
    if (st != ST_OK) {
        ag_loop_close(l);
    }
    return st;
}

void ag_loop_close(struct ag_loop *l)
{
    ag_machine_done(&l->reports.machine);
    ag_reports_done(&l->reports);
    ag_ledger_done(&l->ledger);
    ag_enroll_done(&l->enroll);
    ag_standing_done(&l->standing);
}

/* Called by who looks after the users for good: a single pass beside the service must not take the
 * service's mark for a crash. */
void ag_loop_take_mark(struct ag_loop *l)
{
    char sid[AG_SID_BYTES] = "";
    bool found = false;
    struct err err = {.st = ST_OK};
    enum status st = ag_mark_take(&l->ports->vault, &l->ledger, &found, sid, &err);
    if (st == ST_OK && found) {
        log_write(LOG_WARNING, "event=ended_badly sid=%s", sid);
        st = ag_ledger_save(&l->ledger, &l->ports->vault, &err);
    }
    ag_tell_trouble(&l->mark_trouble, st == ST_OK ? &(struct err){.st = ST_OK} : &err);
}

/* What others may read of us. A mirror that cannot be written keeps nobody from his work. */
void ag_loop_show(struct ag_loop *l)
{
    struct err err = {.st = ST_OK};
    enum status st = ag_picture_show(&l->ports->mirror, &l->standing, l->reports.current,
                                     &(struct ag_picture_rest){
                                         .paused_until_s = l->config->pause_until_s,
                                         .machine = &l->reports.machine,
                                         .device_id = l->enroll.device_id,
                                         .now_s = ag_loop_now_s(l),
                                     },
                                     &err);
    ag_tell_trouble(&l->mirror_trouble, st == ST_OK ? &(struct err){.st = ST_OK} : &err);
}

/* Other connections, another way to the servers: whoever goes by what he knew of them asks anew. */
static void look_for_another_network(struct ag_loop *l)
{
    const struct ag_ports *ports = l->ports;
    bool late = l->awaited_ms > 0 && ag_loop_now_ms(l) > l->awaited_ms + SLEPT_MS;
    bool slept = late || l->step_ms > SLEPT_MS;
    bool told = ports->network_changed != NULL && ports->network_changed(ports->events_ctx);
    if (slept || told) {
        l->renew_wanted = true;
        ag_preflight_network_changed(&l->reports.machine.preflight);
    }
}

/* Whoever waited for a server to answer may be written to now. */
void ag_loop_probe(struct ag_loop *l)
{
    if (ag_machine_probe(&l->reports.machine, l->ports, l->standing.policy)) {
        l->pass_due_ms = ag_loop_now_ms(l);
    }
}

void ag_loop_look_for_changes(struct ag_loop *l)
{
    uint64_t soon_ms = l->passed_ms + PASS_GAP_MS;
    if (l->ports->hives_changed(l->ports->events_ctx) && l->pass_due_ms > soon_ms) {
        l->pass_due_ms = soon_ms;
    }
    if (l->ports->files_changed(l->ports->events_ctx)) {
        l->file_due_ms = ag_loop_now_ms(l);
    }
    look_for_another_network(l);
}

/* ---- policies, whichever way they come ---------------------------------------------------- */

void ag_loop_take_offer(struct ag_loop *l, const char *source, enum ag_offer offer,
                        uint32_t delay_ms, const struct err *why)
{
    ag_tell_offer(&l->standing, source, offer, why);
    if (offer != AG_OFFER_NO_CHANGE) {
        ag_loop_show(l);
    }
    if (offer == AG_OFFER_ACCEPTED) {
        ag_schedule_set_timing(&l->schedule, &l->standing.policy->timing);
        ag_reports_want_full(&l->reports);
        l->act_pending = true;
        l->pass_due_ms = ag_loop_now_ms(l) + delay_ms;
    }
}

void ag_loop_look_for_file(struct ag_loop *l)
{
    enum ag_found found = AG_FOUND_NOTHING;
    enum ag_offer offer = AG_OFFER_REFUSED;
    struct err why = {.st = ST_OK};
    enum status st =
        ag_source_file_look(&l->file, &l->standing, ag_loop_now_s(l), &found, &offer, &why);
    bool again = l->file.seen[0] != '\0';
    l->file_due_ms = ag_loop_now_ms(l) + (again ? FILE_AGAIN_MS : FILE_EVERY_MS);
    if (st == ST_OK && found == AG_FOUND_OFFER) {
        ag_loop_take_offer(l, "file", offer, 0, &why);
    }
    bool told = st == ST_OK && why.st == ST_REFUSED;
    ag_tell_trouble(&l->file_trouble, told ? &(struct err){.st = ST_OK} : &why);
}

void ag_loop_look_for_pending(struct ag_loop *l)
{
    enum ag_offer offer = AG_OFFER_REFUSED;
    struct err why = {.st = ST_OK};
    if (!ag_standing_is_due(&l->standing, ag_loop_now_s(l))) {
        return;
    }
    enum status st = ag_standing_retry(&l->standing, ag_loop_now_s(l), &offer, &why);
    if (st == ST_OK) {
        ag_loop_take_offer(l, "pending", offer, 0, &why);
        why = (struct err){.st = ST_OK};
    }
    ag_tell_trouble(&l->pending_trouble, &why);
}
