#include "tests/cmocka_all.h"

#include "tests/unit/server/store_place.h"

#include <stdio.h>
#include <string.h>

enum { VERSION = 7003, FIRST_S = 5000 };

/* ---- small words ----------------------------------------------------------------------------- */

static int64_t enroll(struct store_place *p, uint8_t token)
{
    struct srv_write w;
    assert_int_equal(store_enroll(p, NULL, token, &w), ST_OK);
    return w.u.enroll.device;
}

/* One user of that machine, in this state from then on; seq rises with the time. */
static void tell(struct store_place *p, int64_t device, const char *sid, enum pol_state state,
                 int64_t now_s)
{
    char id[32];
    struct pol_report_user u = store_user(sid, state);
    (void)snprintf(id, sizeof id, "%s-%lld", sid, (long long)now_s);
    struct pol_report r = store_report(id, 'r', (uint32_t)now_s, &u, 1);
    assert_int_equal(store_send_at(p, device, &r, now_s), ST_OK);
}

static void fix(struct store_place *p, int64_t version, int64_t keep,
                const struct srv_subject *list, size_t count)
{
    struct srv_write w = {.kind = SRV_WRITE_SUBJECTS, .now_s = FIRST_S};
    w.u.subjects.gate = (struct srv_gate_row){
        .version = version, .released_s = FIRST_S, .unknown = 4, .failing_s = 99};
    w.u.subjects.list = list;
    w.u.subjects.count = count;
    w.u.subjects.keep_version = keep;
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
}

/* Subjects in the order in which they came, and the last of them. */
struct subjects {
    size_t count;
    struct srv_subject keys[8];
    struct srv_subject_row last;
    char state[32];
};

static bool see_subject(void *v, const struct srv_subject_row *row)
{
    struct subjects *s = v;
    assert_true(s->count < sizeof s->keys / sizeof s->keys[0]);
    s->keys[s->count++] = row->key;
    s->last = *row;
    (void)snprintf(s->state, sizeof s->state, "%s", row->state);
    s->last.state = NULL;
    return true;
}

static struct subjects subjects_behind(struct store_place *p, int64_t version,
                                       struct srv_subject after, size_t limit)
{
    struct subjects s = {.count = 0};
    struct srv_subject_question question = {.version = version, .after = after, .limit = limit};
    assert_int_equal(p->store.subjects(p->store.ctx, &question, see_subject, &s, NULL), ST_OK);
    return s;
}

static struct subjects subjects_of(struct store_place *p, int64_t version)
{
    return subjects_behind(p, version, (struct srv_subject){0, 0}, 100);
}

static struct srv_gate_row gate_of(struct store_place *p, int64_t version)
{
    struct srv_gate_row row = {.version = -1};
    assert_int_equal(p->store.gate(p->store.ctx, version, &row, NULL), ST_OK);
    return row;
}

/* ---- since when ------------------------------------------------------------------------------ */

static int64_t failing_since(struct store_place *p)
{
    return subjects_of(p, VERSION).last.failing_since_s;
}

static void store__user_goes_on_failing__since_when_stays(void **state)
{
    struct store_place *p = *state;
    int64_t device = enroll(p, 1);
    struct srv_subject one = {.device = device, .user = 1};
    tell(p, device, "S-1", POL_STATE_IDLE, 100);
    fix(p, VERSION, 0, &one, 1);
    assert_int_equal(failing_since(p), -1);
    tell(p, device, "S-1", POL_STATE_MISMATCH, 200);
    assert_int_equal(failing_since(p), 200);
    tell(p, device, "S-1", POL_STATE_MISMATCH, 300);
    tell(p, device, "S-1", POL_STATE_ERROR, 400);
    store_reopen(p);
    assert_int_equal(failing_since(p), 200);
    tell(p, device, "S-1", POL_STATE_IDLE, 500);
    assert_int_equal(failing_since(p), -1);
    tell(p, device, "S-1", POL_STATE_ERROR, 600);
    assert_int_equal(failing_since(p), 600);
}

static void store__first_report_fails__since_when_is_its_own_time(void **state)
{
    struct store_place *p = *state;
    int64_t device = enroll(p, 1);
    struct srv_subject one = {.device = device, .user = 1};
    tell(p, device, "S-1", POL_STATE_ERROR, 100);
    fix(p, VERSION, 0, &one, 1);
    assert_int_equal(failing_since(p), 100);
}

static void store__older_report_of_a_failure_arrives_later__changes_nothing(void **state)
{
    struct store_place *p = *state;
    int64_t device = enroll(p, 1);
    struct srv_subject one = {.device = device, .user = 1};
    struct pol_report_user u = store_user("S-1", POL_STATE_ERROR);
    struct pol_report older = store_report("old", 'r', 50, &u, 1);
    tell(p, device, "S-1", POL_STATE_COMPLIANT, 100);
    fix(p, VERSION, 0, &one, 1);
    assert_int_equal(store_send_at(p, device, &older, 200), ST_OK);
    assert_int_equal(failing_since(p), -1);
}

static void store__user_was_off_the_machine__fails_anew(void **state)
{
    struct store_place *p = *state;
    int64_t device = enroll(p, 1);
    struct srv_subject one = {.device = device, .user = 1};
    struct pol_report empty = store_report("empty", 'r', 200, NULL, 0);
    empty.full = true;
    tell(p, device, "S-1", POL_STATE_ERROR, 100);
    fix(p, VERSION, 0, &one, 1);
    assert_false(subjects_of(p, VERSION).last.gone);
    assert_int_equal(store_send_at(p, device, &empty, 200), ST_OK);
    assert_true(subjects_of(p, VERSION).last.gone);
    tell(p, device, "S-1", POL_STATE_ERROR, 300);
    assert_false(subjects_of(p, VERSION).last.gone);
    assert_int_equal(failing_since(p), 300);
}

/* ---- subjects -------------------------------------------------------------------------------- */

static void store__subjects_fixed__are_there_after_reopening(void **state)
{
    struct store_place *p = *state;
    int64_t device = enroll(p, 1);
    struct srv_subject one = {.device = device, .user = 1};
    tell(p, device, "S-1", POL_STATE_COMPLIANT, 100);
    assert_int_equal(gate_of(p, VERSION).version, 0);
    fix(p, VERSION, 0, &one, 1);
    store_reopen(p);
    struct srv_gate_row gate = gate_of(p, VERSION);
    struct subjects s = subjects_of(p, VERSION);
    assert_int_equal(gate.version, VERSION);
    assert_int_equal(gate.released_s, FIRST_S);
    assert_int_equal(gate.unknown, 4);
    assert_int_equal(gate.failing_s, -1); /* nothing fails yet, whatever the write said */
    assert_int_equal(s.count, 1);
    assert_string_equal(s.state, "compliant");
    assert_int_equal(s.last.version, 7002);
}

static void store__subjects_in_pages__come_device_by_device(void **state)
{
    struct store_place *p = *state;
    int64_t first = enroll(p, 1);
    int64_t second = enroll(p, 2);
    tell(p, second, "S-1", POL_STATE_IDLE, 100); /* key 1 */
    tell(p, first, "S-2", POL_STATE_IDLE, 100);  /* 2 */
    tell(p, second, "S-3", POL_STATE_IDLE, 101); /* 3 */
    const struct srv_subject list[] = {{second, 3}, {first, 2}, {second, 1}};
    fix(p, VERSION, 0, list, 3);
    struct subjects page = subjects_behind(p, VERSION, (struct srv_subject){0, 0}, 2);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.keys[0].user, 2);
    assert_int_equal(page.keys[1].user, 1);
    page = subjects_behind(p, VERSION, page.keys[1], 2);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.keys[0].device, second);
    assert_int_equal(page.keys[0].user, 3);
}

static void store__next_subjects__stand_beside_those_to_keep(void **state)
{
    struct store_place *p = *state;
    int64_t device = enroll(p, 1);
    struct srv_subject one = {.device = device, .user = 1};
    tell(p, device, "S-1", POL_STATE_IDLE, 100);
    fix(p, 7001, 0, &one, 1);
    fix(p, 7002, 7001, &one, 1);
    fix(p, 7002, 7001, NULL, 0); /* the release did not take place, and is tried again */
    assert_int_equal(subjects_of(p, 7001).count, 1);
    assert_int_equal(subjects_of(p, 7002).count, 0);
    assert_int_equal(gate_of(p, 7002).version, 7002);
    fix(p, VERSION, 7002, &one, 1);
    assert_int_equal(gate_of(p, 7001).version, 0);
    assert_int_equal(subjects_of(p, 7001).count, 0);
    assert_int_equal(gate_of(p, 7002).version, 7002);
    assert_int_equal(subjects_of(p, VERSION).count, 1);
}

static void store__first_failing_look__is_remembered_and_forgotten(void **state)
{
    struct store_place *p = *state;
    struct srv_write w = {.kind = SRV_WRITE_FAILING};
    fix(p, VERSION, 0, NULL, 0);
    w.u.failing = (struct srv_gate_row){.version = VERSION, .failing_s = 777};
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    store_reopen(p);
    assert_int_equal(gate_of(p, VERSION).failing_s, 777);
    assert_int_equal(gate_of(p, VERSION).released_s, FIRST_S);
    w.u.failing.failing_s = -1;
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    assert_int_equal(gate_of(p, VERSION).failing_s, -1);
    w.u.failing.version = VERSION + 1;
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_NOT_FOUND);
}

/* ---- hold ------------------------------------------------------------------------------------ */

static void store__gates_held__until_they_are_let_go(void **state)
{
    struct store_place *p = *state;
    struct srv_gate_hold hold = {.at_s = 0};
    assert_int_equal(p->store.hold(p->store.ctx, &hold, NULL), ST_OK);
    assert_int_equal(hold.at_s, -1);
    struct srv_write w = {.kind = SRV_WRITE_HOLD};
    w.u.hold = (struct srv_gate_hold){.at_s = 10, .by = "alice", .reason = "helpdesk is full"};
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    (void)snprintf(w.u.hold.by, SRV_NAME_BYTES, "bob");
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    store_reopen(p);
    assert_int_equal(p->store.hold(p->store.ctx, &hold, NULL), ST_OK);
    assert_int_equal(hold.at_s, 10);
    assert_string_equal(hold.by, "bob");
    assert_string_equal(hold.reason, "helpdesk is full");
    w.u.hold = (struct srv_gate_hold){.at_s = -1};
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    assert_int_equal(p->store.hold(p->store.ctx, &hold, NULL), ST_OK);
    assert_int_equal(hold.at_s, -1);
}

/* ---- who was seen ---------------------------------------------------------------------------- */

struct sids {
    char text[128]; /* each SID behind a blank; a plus where it was seen */
    char last[16];
};

static bool see_sid(void *v, const char *sid, bool seen)
{
    struct sids *s = v;
    size_t used = strlen(s->text);
    (void)snprintf(s->text + used, sizeof s->text - used, " %s%s", sid, seen ? "+" : "");
    (void)snprintf(s->last, sizeof s->last, "%s", sid);
    return true;
}

static struct sids sids_behind(struct store_place *p, const char *after, int64_t enrolled_until_s,
                               size_t limit)
{
    struct sids s = {.text = ""};
    struct srv_seen_question question = {
        .after_sid = after, .version = 7002, .enrolled_until_s = enrolled_until_s, .limit = limit};
    assert_int_equal(p->store.seen(p->store.ctx, &question, see_sid, &s, NULL), ST_OK);
    return s;
}

static void store__users_on_several_machines__are_seen_once(void **state)
{
    struct store_place *p = *state;
    int64_t first = enroll(p, 1);
    int64_t second = enroll(p, 2);
    struct pol_report_user u = store_user("S-2", POL_STATE_IDLE);
    struct pol_report before = store_report("before", 'r', 7, &u, 1);
    before.effective_version = 7001;
    tell(p, first, "S-1", POL_STATE_IDLE, 100);
    tell(p, first, "S-3", POL_STATE_IDLE, 101);
    tell(p, second, "S-1", POL_STATE_IDLE, 100);
    assert_int_equal(store_send_at(p, second, &before, 200), ST_OK);
    assert_string_equal(sids_behind(p, "", 1000, 10).text, " S-1+ S-2 S-3+");
    struct sids page = sids_behind(p, "", 1000, 2);
    assert_string_equal(page.text, " S-1+ S-2");
    assert_string_equal(sids_behind(p, page.last, 1000, 2).text, " S-3+");
    assert_string_equal(sids_behind(p, "", 999, 10).text, ""); /* PCs are enrolled at 1000 */
}

/* ---- what effects are reckoned from ---------------------------------------------------------- */

struct facts {
    size_t count;
    int64_t device;
    int64_t enrolled_s;
    int64_t seen_s;
    int64_t older_seen_s;
    char computer_ou[64];
    char ad_site[64];
    enum pol_answer multi_session;
};

static bool see_facts(void *v, const struct srv_user_row *row)
{
    struct facts *f = v;
    f->count++;
    f->device = row->device;
    f->enrolled_s = row->device_enrolled_s;
    f->seen_s = row->device_seen_s;
    f->older_seen_s = row->older_seen_s;
    (void)snprintf(f->computer_ou, sizeof f->computer_ou, "%s", row->computer_ou);
    (void)snprintf(f->ad_site, sizeof f->ad_site, "%s", row->ad_site);
    f->multi_session = row->multi_session;
    return true;
}

static void
store__user_of_a_second_machine_of_that_name__shows_when_the_older_was_seen(void **state)
{
    struct store_place *p = *state;
    struct srv_write w;
    struct facts f = {.count = 0};
    struct srv_filter filter = {.sid = "S-2", .limit = 10};
    struct pol_report_user u = store_user("S-2", POL_STATE_IDLE);
    struct pol_report r = store_report("b", 'r', 1, &u, 1);
    r.host_computer_ou = "OU=Hall";
    r.host_ad_site = "Berlin";
    r.host_multi_session = POL_YES;
    assert_int_equal(store_enroll(p, "guid", 1, &w), ST_OK);
    tell(p, w.u.enroll.device, "S-1", POL_STATE_IDLE, 4000);
    assert_int_equal(store_enroll(p, "guid", 2, &w), ST_OK);
    assert_int_equal(store_send_at(p, w.u.enroll.device, &r, 4500), ST_OK);
    assert_int_equal(p->store.users(p->store.ctx, &filter, see_facts, &f, NULL), ST_OK);
    assert_int_equal(f.count, 1);
    assert_int_equal(f.device, w.u.enroll.device);
    assert_int_equal(f.enrolled_s, 1000);
    assert_int_equal(f.seen_s, 4500);
    assert_int_equal(f.older_seen_s, 4000);
    assert_string_equal(f.computer_ou, "OU=Hall");
    assert_string_equal(f.ad_site, "Berlin");
    assert_int_equal(f.multi_session, POL_YES);
    struct srv_write retire = {.kind = SRV_WRITE_RETIRE, .now_s = 5000};
    retire.u.device_id = "00000000000000000000000000000001";
    assert_int_equal(srv_store_write(&p->store, &retire, NULL), ST_OK);
    assert_int_equal(p->store.users(p->store.ctx, &filter, see_facts, &f, NULL), ST_OK);
    assert_int_equal(f.older_seen_s, -1);
}

int store_contract_gates(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__user_goes_on_failing__since_when_stays),
        TEST(store__first_report_fails__since_when_is_its_own_time),
        TEST(store__older_report_of_a_failure_arrives_later__changes_nothing),
        TEST(store__user_was_off_the_machine__fails_anew),
        TEST(store__subjects_fixed__are_there_after_reopening),
        TEST(store__subjects_in_pages__come_device_by_device),
        TEST(store__next_subjects__stand_beside_those_to_keep),
        TEST(store__first_failing_look__is_remembered_and_forgotten),
        TEST(store__gates_held__until_they_are_let_go),
        TEST(store__users_on_several_machines__are_seen_once),
        TEST(store__user_of_a_second_machine_of_that_name__shows_when_the_older_was_seen),
    };
    return cmocka_run_group_tests_name("store: gates", tests, NULL, NULL);
}
