#include "tests/cmocka_all.h"

#include "policy/bucket.h"
#include "tests/unit/server/gate_place.h"

#include <stdio.h>
#include <string.h>

int64_t gate_enroll(struct rollout_place *p, const char *guid, int64_t now_s)
{
    static unsigned number;
    struct srv_write w = {.kind = SRV_WRITE_ENROLL, .now_s = now_s};
    number++;
    w.u.enroll.machine = (struct srv_machine){.name = "PC-1", .machine_guid = guid};
    memcpy(w.u.enroll.new_digest, &number, sizeof number);
    (void)snprintf(w.u.enroll.device_id, POL_ID_BYTES, "%032u", number);
    assert_int_equal(srv_store_write(&p->store, &w, &p->err), ST_OK);
    return w.u.enroll.device;
}

static struct pol_report_user user_of(const struct gate_report *report, const char *sid)
{
    return (struct pol_report_user){.sid = sid,
                                    .hive_loaded = true,
                                    .changed_at_s = -1,
                                    .state = report->state,
                                    .observed = POL_OBSERVED_UNKNOWN,
                                    .confidence = POL_CONFIDENCE_NONE,
                                    .mailbox = POL_MAILBOX_UNKNOWN,
                                    .groups = report->groups,
                                    .group_count = report->group_count};
}

static void send(struct rollout_place *p, const struct gate_report *report,
                 const struct pol_report_user *users, size_t count)
{
    static uint32_t seq;
    seq++;
    struct pol_report r = {.run_id = "r",
                           .seq = seq,
                           .part = 1,
                           .parts = 1,
                           .host_name = "PC-1",
                           .host_computer_ou = report->computer_ou,
                           .outlook_known = report->outlook != NULL,
                           .outlook_version = report->outlook,
                           .agent_version = "1",
                           .effective_version = report->version,
                           .users = users,
                           .user_count = count};
    (void)snprintf(r.report_id, sizeof r.report_id, "%u", seq);
    struct srv_write w = {.kind = SRV_WRITE_REPORT, .now_s = report->now_s};
    w.u.report.device = report->device;
    w.u.report.report = &r;
    w.u.report.body = span_text("{}");
    assert_int_equal(srv_store_write(&p->store, &w, &p->err), ST_OK);
}

void gate_tell(struct rollout_place *p, const struct gate_report *report)
{
    struct pol_report_user user = user_of(report, report->sid);
    send(p, report, &user, 1);
}

void gate_tell_crowd(struct rollout_place *p, unsigned first, uint32_t most_bucket,
                     const struct gate_report *like)
{
    static char sids[GATE_CROWD][64];
    struct pol_report_user users[GATE_CROWD];
    size_t count = 0;
    for (unsigned i = 0; i < GATE_CROWD; i++) {
        uint32_t bucket = 0;
        (void)snprintf(sids[i], sizeof sids[i], "S-1-5-21-1-2-3-%u", first + i);
        assert_int_equal(pol_bucket("s", sids[i], &bucket), ST_OK);
        if (bucket <= most_bucket) {
            users[count++] = user_of(like, sids[i]);
        }
    }
    send(p, like, users, count);
}

void gate_enroll_each(struct rollout_place *p, int64_t *devices, size_t count, int64_t now_s)
{
    for (size_t i = 0; i < count; i++) {
        devices[i] = gate_enroll(p, NULL, now_s);
    }
}

void gate_tell_each(struct rollout_place *p, const int64_t *devices, size_t count, unsigned first,
                    const struct gate_report *like)
{
    for (size_t i = 0; i < count; i++) {
        char sid[64];
        struct gate_report report = *like;
        (void)snprintf(sid, sizeof sid, "S-1-5-21-1-2-3-%u", first + (unsigned)i);
        report.sid = sid;
        report.device = devices[i];
        gate_tell(p, &report);
    }
}

void gate_publish(struct rollout_place *p, struct bytes take_bundle)
{
    if (rollout_put(p, take_bundle, false) != ST_OK) {
        fail_msg("publish: %s", p->err.text);
    }
}

void gate_release(struct rollout_place *p, const char *stage, int64_t now_s)
{
    char etag[SRV_ETAG_BYTES];
    rollout_etag(p, etag);
    struct srv_change change = {.actor = "alice", .if_match = etag, .now_s = now_s};
    if (srv_rollout_release(p->rollout, &change, stage, &p->err) != ST_OK) {
        fail_msg("release %s: %s", stage, p->err.text);
    }
}

/* ---- a fleet and its keeper ------------------------------------------------------------------ */

/* All of GATE_FLEET are allowed by pilot and by everyone, and blocked by hold-back. */
#define PLAN(gate)                                                                                 \
    "{\"name\":\"hold-back\",\"rules\":[],\"otherwise\":\"block\"},"                               \
    "{\"name\":\"pilot\",\"rules\":[],\"otherwise\":\"allow\",\"gate\":" gate "},"                 \
    "{\"name\":\"everyone\",\"rules\":[],\"otherwise\":\"allow_explicit\"}"

const char GATE_AUTO[] = PLAN("{\"advance\":\"auto\",\"soak_s\":7200}");
const char GATE_SAFE[] = PLAN("{\"advance\":\"auto\",\"on_fail\":\"safe\",\"soak_s\":7200}");

int64_t gate_clock_s;

int64_t gate_tell_time(void)
{
    return gate_clock_s;
}

const struct srv_gate_view *gate_look(struct rollout_place *p, int64_t now_s)
{
    static struct srv_gate_view view;
    struct srv_keeper_parts parts = {
        .store = &p->store, .rollout = p->rollout, .now_s = gate_tell_time, .pause_ms = 1};
    bool again = false;
    gate_clock_s = now_s;
    srv_gate_view_done(&view);
    if (srv_keeper_look(&parts, &view, &again, &p->err) != ST_OK) {
        fail_msg("a look fails: %s", p->err.text);
    }
    enum srv_gate_verdict verdict = view.answer.verdict;
    bool acts = view.version != 0 && (verdict == SRV_GATE_ADVANCE || verdict == SRV_GATE_SAFE);
    assert_int_equal(again, acts);
    return &view;
}

void gate_expect(struct rollout_place *p, int64_t now_s, enum srv_gate_verdict verdict,
                 enum srv_gate_reason reason)
{
    const struct srv_gate_view *v = gate_look(p, now_s);
    assert_string_equal(SRV_GATE_VERDICT_WORDS[v->answer.verdict], SRV_GATE_VERDICT_WORDS[verdict]);
    assert_string_equal(SRV_GATE_REASON_WORDS[v->answer.reason], SRV_GATE_REASON_WORDS[reason]);
}

void gate_release_pilot(struct rollout_place *p, int64_t devices[GATE_FLEET], const char *stages)
{
    struct gate_report before = {
        .version = 7001, .state = POL_STATE_COMPLIANT, .now_s = RELEASED_S - HOUR_S};
    gate_publish(p, signer_bundle_of(&p->signer, 7, "", stages));
    gate_release(p, "hold-back", RELEASED_S - DAY_S);
    gate_enroll_each(p, devices, GATE_FLEET, RELEASED_S - DAY_S);
    gate_tell_each(p, devices, GATE_FLEET, 1001, &before);
    gate_release(p, "pilot", RELEASED_S);
}

void gate_tell_pilot(struct rollout_place *p, const int64_t *devices, size_t first, size_t count,
                     enum pol_state state, int64_t now_s)
{
    struct gate_report report = {.version = 7002, .state = state, .now_s = now_s};
    gate_tell_each(p, devices + first, count, 1001 + (unsigned)first, &report);
}
