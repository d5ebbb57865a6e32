#include "tests/cmocka_all.h"

#include "tests/unit/server/store_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FACTS_BYTES = 4096 };

/* ---- filters --------------------------------------------------------------------------------- */

/* Two machines: PC-1 with S-1 and S-2, heard from at 5000, whose last policy was refused; a copy of it,
 * enrolled at 1000 and silent since, with S-3. */
struct fleet {
    int64_t first;
    int64_t copy;
    char first_id[POL_ID_BYTES];
};

static void make_fleet(struct store_place *p, struct fleet *f)
{
    struct srv_write w;
    struct pol_report_user u[2] = {store_user("S-1", POL_STATE_IDLE),
                                   store_user("S-2", POL_STATE_BLOCKED)};
    u[0].account = "CONTOSO\\alice";
    u[0].ring = "berlin";
    u[0].observed = POL_OBSERVED_RPC_HTTP;
    u[0].confidence = POL_CONFIDENCE_CONFIGURED;
    u[0].mailbox = POL_MAILBOX_ON_PREMISES;
    u[1].blocked_by = POL_BLOCKED_PREFLIGHT;
    u[1].set = POL_SET_ALLOW;
    u[1].value = (struct pol_report_value){.known = true};
    struct pol_report r = store_report("a", 'r', 1, u, 2);
    r.failed_code = "signature_bad";
    r.failed_pointer = "/x";
    r.outlook_known = true;
    r.outlook_version = "16.0.17328.20162";
    assert_int_equal(store_enroll(p, "guid", 1, &w), ST_OK);
    f->first = w.u.enroll.device;
    memcpy(f->first_id, w.u.enroll.device_id, POL_ID_BYTES);
    assert_int_equal(store_send(p, f->first, &r, "1", NULL), ST_OK);
    u[0] = store_user("S-3", POL_STATE_IDLE);
    u[0].value.known = false;
    r = store_report("b", 'r', 1, u, 1);
    r.host_name = "COPY-2";
    r.effective_version = 0;
    assert_int_equal(store_enroll(p, "guid", 2, &w), ST_OK);
    f->copy = w.u.enroll.device;
    assert_int_equal(store_send_at(p, f->copy, &r, 1000), ST_OK);
}

static bool add_sid(void *v, const struct srv_user_row *row)
{
    char *sids = v;
    size_t used = strlen(sids);
    (void)snprintf(sids + used, 64 - used, "%s ", row->sid);
    return true;
}

static void expect_users(struct store_place *p, struct srv_filter filter, const char *sids)
{
    char seen[64] = "";
    int64_t next = -1;
    filter.limit = 10;
    assert_int_equal(p->store.users(p->store.ctx, &filter, add_sid, seen, NULL), ST_OK);
    assert_string_equal(seen, sids);
    seen[0] = '\0';
    filter.next = &next; /* the same again, looking at so many rows only */
    assert_int_equal(p->store.users(p->store.ctx, &filter, add_sid, seen, NULL), ST_OK);
    assert_string_equal(seen, sids);
    assert_int_equal(next, 0);
}

#define USERS(sids, ...) expect_users(p, (struct srv_filter){__VA_ARGS__}, sids)

static void store__each_filter_of_users__leaves_those_who_fit(void **state)
{
    static const int64_t VERSIONS[] = {7002, 7003};
    struct store_place *p = *state;
    struct fleet f;
    make_fleet(p, &f);
    USERS("S-1 S-2 S-3 ", .state = NULL);
    USERS("S-1 S-3 ", .state = "idle");
    USERS("S-1 ", .ring = "berlin");
    USERS("S-2 ", .set = "allow");
    USERS("S-1 ", .protocol = "rpc_http");
    USERS("S-1 ", .confidence = "configured");
    USERS("S-1 ", .mailbox = "on_premises");
    USERS("S-2 ", .blocked_by = "preflight");
    USERS("S-1 S-2 ", .outlook = "16.0.17328.20162");
    USERS("S-3 ", .outlook = "unknown");
    USERS("S-1 ", .value = SRV_VALUE_DWORD, .dword = 1);
    USERS("", .value = SRV_VALUE_DWORD, .dword = 0);
    USERS("S-2 ", .value = SRV_VALUE_ABSENT);
    USERS("S-3 ", .value = SRV_VALUE_UNKNOWN);
    USERS("", .value = SRV_VALUE_OTHER);
    USERS("S-1 S-2 ", .device_id = f.first_id);
    USERS("S-3 ", .host = "copy-2");
    USERS("S-2 ", .sid = "S-2");
    USERS("S-1 ", .text = "contoso\\ALICE");
    USERS("S-3 ", .text = "py-2");
    USERS("S-1 S-2 ", .versions = VERSIONS, .version_count = 2);
    USERS("S-3 ", .versions = VERSIONS, .version_count = 2, .other_versions = true);
    USERS("S-3 ", .duplicate = POL_YES);
    USERS("S-1 S-2 ", .duplicate = POL_NO);
    USERS("S-1 S-2 ", .failed = POL_YES);
    USERS("S-3 ", .failed = POL_NO);
    USERS("S-3 ", .stale = POL_YES, .silent_since_s = 2000);
    USERS("S-1 S-2 ", .stale = POL_NO, .silent_since_s = 2000);
    USERS("S-3 ", .seen_before_s = 5000);
    USERS("S-1 S-2 ", .seen_after_s = 1000);
    USERS("S-1 ", .failed = POL_YES, .state = "idle", .host = "pc-1", .sid = "S-1");
    USERS("", .state = "idle' OR '1'='1");
}

/* ---- facts ----------------------------------------------------------------------------------- */

static void put_text(char *line, const char *text)
{
    size_t used = strlen(line);
    (void)snprintf(line + used, FACTS_BYTES - used, "|%s", text != NULL ? text : "(none)");
}

static bool add_facts(void *v, const struct srv_user_row *row)
{
    char *line = v;
    const char *const texts[] = {row->sid,     row->account,     row->groups,  row->tags,
                                 row->host,    row->computer_ou, row->ad_site, row->outlook,
                                 row->mailbox, row->preflight};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put_text(line, texts[i]);
    }
    size_t used = strlen(line);
    (void)snprintf(line + used, FACTS_BYTES - used, "|%d %lld %lld %lld %lld %lld %lld %lld\n",
                   (int)row->multi_session, (long long)row->key, (long long)row->version,
                   (long long)row->reported_s, (long long)row->device,
                   (long long)row->device_enrolled_s, (long long)row->device_seen_s,
                   (long long)row->older_seen_s);
    return true;
}

static void store__users_with_facts_only__have_the_same_facts(void **state)
{
    static const char *const GROUPS[] = {"CONTOSO\\Pilot", "CONTOSO\\Sales"};
    static const char *const TAGS[] = {"hq"};
    static const struct pol_report_probe PROBE = {.url = "https://mapi.example.com/"};
    struct store_place *p = *state;
    struct fleet f;
    make_fleet(p, &f);
    struct pol_report_user u = store_user("S-4", POL_STATE_IDLE);
    u.account = "CONTOSO\\bob";
    u.groups = GROUPS;
    u.group_count = 2;
    u.mailbox = POL_MAILBOX_ON_PREMISES;
    struct pol_report r = store_report("c", 'r', 2, &u, 1);
    r.tags = TAGS;
    r.tag_count = 1;
    r.host_computer_ou = "OU=Berlin";
    r.host_ad_site = "Berlin";
    r.host_multi_session = POL_YES;
    r.outlook_known = true;
    r.outlook_version = "16.0.17328.20162";
    r.probes = &PROBE;
    r.probe_count = 1;
    assert_int_equal(store_send(p, f.copy, &r, "3", NULL), ST_OK);
    char whole[FACTS_BYTES] = "";
    char facts[FACTS_BYTES] = "";
    struct srv_filter filter = {.limit = 10};
    assert_int_equal(p->store.users(p->store.ctx, &filter, add_facts, whole, NULL), ST_OK);
    filter.facts_only = true;
    assert_int_equal(p->store.users(p->store.ctx, &filter, add_facts, facts, NULL), ST_OK);
    assert_string_equal(facts, whole);
    assert_non_null(
        strstr(whole, "|S-4|CONTOSO\\bob|[\"CONTOSO\\\\Pilot\",\"CONTOSO\\\\Sales\"]|[\"hq\"]|"));
    filter.sid = "S-4";
    facts[0] = '\0';
    assert_int_equal(p->store.users(p->store.ctx, &filter, add_facts, facts, NULL), ST_OK);
    assert_non_null(strstr(whole, facts));
}

static bool add_name(void *v, const struct srv_device_row *row)
{
    char *names = v;
    size_t used = strlen(names);
    (void)snprintf(names + used, 64 - used, "%s ", row->name);
    return true;
}

static void expect_devices(struct store_place *p, struct srv_filter filter, const char *names)
{
    char seen[64] = "";
    int64_t next = -1;
    filter.limit = 10;
    filter.next = &next;
    assert_int_equal(p->store.devices(p->store.ctx, &filter, add_name, seen, NULL), ST_OK);
    assert_string_equal(seen, names);
    assert_int_equal(next, 0);
}

#define DEVICES(names, ...) expect_devices(p, (struct srv_filter){__VA_ARGS__}, names)

static void store__each_filter_of_devices__leaves_those_that_fit(void **state)
{
    static const int64_t VERSIONS[] = {7002};
    struct store_place *p = *state;
    struct fleet f;
    make_fleet(p, &f);
    DEVICES("PC-1 COPY-2 ", .state = "no users are asked");
    DEVICES("PC-1 ", .device_id = f.first_id);
    DEVICES("COPY-2 ", .host = "copy-2");
    DEVICES("COPY-2 ", .text = "OPY");
    DEVICES("PC-1 ", .versions = VERSIONS, .version_count = 1);
    DEVICES("COPY-2 ", .versions = VERSIONS, .version_count = 1, .other_versions = true);
    DEVICES("COPY-2 ", .duplicate = POL_YES);
    DEVICES("COPY-2 ", .original = f.first_id);
    DEVICES("PC-1 ", .failed = POL_YES);
    DEVICES("COPY-2 ", .stale = POL_YES, .silent_since_s = 2000);
    DEVICES("PC-1 ", .stale = POL_NO, .silent_since_s = 2000);
    DEVICES("COPY-2 ", .seen_before_s = 5000);
    DEVICES("PC-1 ", .seen_after_s = 1000);
    DEVICES("", .retired = POL_YES);
    struct srv_write retire = {.kind = SRV_WRITE_RETIRE, .now_s = 6000};
    retire.u.device_id = f.first_id;
    assert_int_equal(srv_store_write(&p->store, &retire, NULL), ST_OK);
    DEVICES("PC-1 ", .retired = POL_YES);
    DEVICES("COPY-2 ", .retired = POL_NO);
    DEVICES("COPY-2 ", .stale = POL_YES, .silent_since_s = 9000); /* out of service is not stale */
}

/* ---- pages ----------------------------------------------------------------------------------- */

/* More than one call looks at, if it is told to look at so many only. */
enum { MANY_DEVICES = 11, PER_DEVICE = 2000, PAGE = 500 };

static void send_many(struct store_place *p, int64_t device, uint32_t seq, enum pol_state first)
{
    static struct pol_report_user users[PER_DEVICE];
    static char sids[PER_DEVICE][32];
    char id[32];
    for (uint32_t i = 0; i < PER_DEVICE; i++) {
        (void)snprintf(sids[i], sizeof sids[i], "S-%lld-%u", (long long)device, i);
        users[i] = store_user(sids[i], i == 0 ? first : POL_STATE_IDLE);
    }
    (void)snprintf(id, sizeof id, "%lld-%u", (long long)device, seq);
    struct pol_report r = store_report(id, 'r', seq, users, PER_DEVICE);
    assert_int_equal(store_send_at(p, device, &r, 5000), ST_OK);
}

static void make_many(struct store_place *p, int64_t devices[MANY_DEVICES])
{
    for (size_t i = 0; i < MANY_DEVICES; i++) {
        struct srv_write w;
        assert_int_equal(store_enroll(p, NULL, (uint8_t)(i + 1), &w), ST_OK);
        devices[i] = w.u.enroll.device;
        send_many(p, devices[i], 1, i == MANY_DEVICES - 1 ? POL_STATE_ERROR : POL_STATE_WAITING);
    }
}

struct census {
    unsigned char seen[MANY_DEVICES + 1][PER_DEVICE];
    size_t rows;
};

static bool mark(void *v, const struct srv_user_row *row)
{
    struct census *c = v;
    unsigned device = 0;
    unsigned user = 0;
    assert_int_equal(sscanf(row->sid, "S-%u-%u", &device, &user), 2);
    assert_in_range(device, 1, MANY_DEVICES);
    c->seen[device][user]++;
    c->rows++;
    return true;
}

static void store__rows_change_while_somebody_pages__each_is_seen_once(void **state)
{
    struct store_place *p = *state;
    int64_t devices[MANY_DEVICES];
    int64_t next = 0;
    uint32_t seq = 2;
    struct census *c = calloc(1, sizeof *c);
    struct srv_filter filter = {.limit = PAGE, .next = &next};
    assert_non_null(c);
    make_many(p, devices);
    do {
        assert_int_equal(p->store.users(p->store.ctx, &filter, mark, c, NULL), ST_OK);
        /* Others report meanwhile, those that were seen and those that were not. */
        if (seq++ % 4 == 0) {
            send_many(p, devices[seq * 7 % MANY_DEVICES], seq, POL_STATE_COMPLIANT);
        }
        filter.after = next;
    } while (next != 0);
    for (size_t d = 1; d <= MANY_DEVICES; d++) {
        for (size_t i = 0; i < PER_DEVICE; i++) {
            assert_int_equal(c->seen[d][i], 1);
        }
    }
    free(c);
}

static void store__few_rows_fit__a_call_ends_early_and_says_where_to_go_on(void **state)
{
    struct store_place *p = *state;
    int64_t devices[MANY_DEVICES];
    int64_t next = 0;
    size_t calls = 0;
    char sids[64] = "";
    struct srv_filter filter = {.limit = PAGE, .state = "error", .next = &next};
    make_many(p, devices);
    do {
        assert_int_equal(p->store.users(p->store.ctx, &filter, add_sid, sids, NULL), ST_OK);
        assert_true(next == 0 || next > filter.after);
        filter.after = next;
        calls++;
    } while (next != 0);
    assert_string_equal(sids, "S-11-0 ");
    assert_in_range(calls, 2, 4);
    filter.after = 0;
    filter.next = NULL; /* as long as it takes */
    sids[0] = '\0';
    assert_int_equal(p->store.users(p->store.ctx, &filter, add_sid, sids, NULL), ST_OK);
    assert_string_equal(sids, "S-11-0 ");
}

static bool stop_at_once(void *v, const struct srv_user_row *row)
{
    *(int64_t *)v = row->key;
    return false;
}

static void store__visitor_stops__the_next_page_begins_behind_that_row(void **state)
{
    struct store_place *p = *state;
    struct fleet f;
    int64_t next = 0;
    int64_t key = 0;
    char sids[64] = "";
    struct srv_filter filter = {.limit = PAGE, .next = &next};
    make_fleet(p, &f);
    assert_int_equal(p->store.users(p->store.ctx, &filter, stop_at_once, &key, NULL), ST_OK);
    assert_int_equal(next, key);
    filter.after = next;
    assert_int_equal(p->store.users(p->store.ctx, &filter, add_sid, sids, NULL), ST_OK);
    assert_string_equal(sids, "S-2 S-3 ");
}

static bool add_report(void *v, const struct srv_report_row *row)
{
    char *reports = v;
    size_t used = strlen(reports);
    (void)snprintf(reports + used, 64 - used, "%s %lld %lld, ", row->report_id,
                   (long long)row->received_s, (long long)row->bytes);
    return true;
}

static void store__reports_of_a_device__are_told_the_newest_first(void **state)
{
    struct store_place *p = *state;
    struct fleet f;
    char reports[64] = "";
    struct pol_report r = store_report("c", 'r', 2, NULL, 0);
    make_fleet(p, &f);
    assert_int_equal(store_send_at(p, f.first, &r, 6000), ST_OK);
    assert_int_equal(p->store.reports(p->store.ctx, f.first, 10, add_report, reports, NULL), ST_OK);
    assert_string_equal(reports, "c 6000 2, a 5000 1, ");
    reports[0] = '\0';
    assert_int_equal(p->store.reports(p->store.ctx, f.first, 1, add_report, reports, NULL), ST_OK);
    assert_string_equal(reports, "c 6000 2, ");
}

int store_contract_lists(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__each_filter_of_users__leaves_those_who_fit),
        TEST(store__users_with_facts_only__have_the_same_facts),
        TEST(store__each_filter_of_devices__leaves_those_that_fit),
        TEST(store__rows_change_while_somebody_pages__each_is_seen_once),
        TEST(store__few_rows_fit__a_call_ends_early_and_says_where_to_go_on),
        TEST(store__visitor_stops__the_next_page_begins_behind_that_row),
        TEST(store__reports_of_a_device__are_told_the_newest_first),
    };
    return cmocka_run_group_tests_name("store: lists", tests, NULL, NULL);
}
