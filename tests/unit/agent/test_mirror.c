/* test_mirror.c - mirror.h: what is shown, and that only what differs is written. */
#include "tests/cmocka_all.h"

#include "agent/mirror.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- a store in memory ---------------------------------------------------------------------- */

enum { MOST = 256 };

static struct {
    char name[MOST][96]; /* "SID/Value", or "/Value" of the machine */
    char value[MOST][600];
    size_t count;
    unsigned writes; /* since the test looked last */
    unsigned fail_at;
} store;

static size_t find(const char *name)
{
    size_t i = 0;
    while (i < store.count && strcmp(store.name[i], name) != 0) {
        i++;
    }
    return i;
}

static void drop(size_t i)
{
    store.count--;
    memmove(store.name[i], store.name[i + 1], (store.count - i) * sizeof store.name[0]);
    memmove(store.value[i], store.value[i + 1], (store.count - i) * sizeof store.value[0]);
}

static enum status count_write(struct err *err)
{
    store.writes++;
    return store.writes == store.fail_at ? err_set(err, ST_NO_SPACE, 112, "no room") : ST_OK;
}

static void name_of(const char *sid, const struct ag_mirror_column *column, char out[96])
{
    (void)snprintf(out, 96, "%s/%s", sid != NULL ? sid : "", column->name);
}

static enum status set(void *ctx, const char *sid, const struct ag_mirror_column *column,
                       const struct ag_mirror_cell *cell, struct err *err)
{
    char name[96];
    (void)ctx;
    assert_true(cell->present);
    name_of(sid, column, name);
    size_t i = find(name);
    assert_true(i < MOST);
    store.count += i == store.count;
    memcpy(store.name[i], name, sizeof name);
    if (cell->text != NULL) {
        (void)snprintf(store.value[i], sizeof store.value[i], "%s", cell->text);
    } else {
        (void)snprintf(store.value[i], sizeof store.value[i], "%" PRId64, cell->number);
    }
    return count_write(err);
}

static enum status remove_value(void *ctx, const char *sid, const struct ag_mirror_column *column,
                                struct err *err)
{
    char name[96];
    (void)ctx;
    name_of(sid, column, name);
    size_t i = find(name);
    if (i < store.count) {
        drop(i);
    }
    return count_write(err);
}

static enum status remove_user(void *ctx, const char *sid, struct err *err)
{
    (void)ctx;
    for (size_t i = store.count; i-- > 0;) {
        if (strncmp(store.name[i], sid, strlen(sid)) == 0 && store.name[i][strlen(sid)] == '/') {
            drop(i);
        }
    }
    return count_write(err);
}

static enum status list_users(void *ctx, bool (*visit)(void *ctx, const char *sid), void *visit_ctx,
                              struct err *err)
{
    char sids[MOST][96];
    size_t count = 0;
    (void)ctx;
    (void)err;
    for (size_t i = 0; i < store.count; i++) {
        size_t length = strcspn(store.name[i], "/");
        if (length > 0 && strcmp(store.name[i] + length, "/State") == 0) {
            memcpy(sids[count], store.name[i], length);
            sids[count++][length] = '\0';
        }
    }
    for (size_t i = 0; i < count && visit(visit_ctx, sids[i]); i++) {
    }
    return ST_OK;
}

static const struct ag_mirror_store STORE = {
    .set = set, .remove = remove_value, .remove_user = remove_user, .list_users = list_users};

static const char *shows(const char *name)
{
    size_t i = find(name);
    return i < store.count ? store.value[i] : "(not there)";
}

/* ---- a machine with two users --------------------------------------------------------------- */

static struct ag_mirror_shown shown;
static struct pol_report_user alice;
static struct pol_report_user bob;
static const struct pol_report_user *rows[2];
static struct ag_picture picture;
static struct ag_mirror_about about;
static struct err err;

static int start(void **state)
{
    (void)state;
    memset(&store, 0, sizeof store);
    shown = (struct ag_mirror_shown){.known = false};
    alice = (struct pol_report_user){
        .sid = "S-1-5-21-1-2-3-1001",
        .account = "CONTOSO\\alice",
        .hive_loaded = true,
        .rule = 1,
        .ring = "pilot",
        .decided = true,
        .set = POL_SET_BLOCK,
        .ours = true,
        .value = {.known = true, .present = true, .type = 4, .dword = 1},
        .action = POL_ACTION_WROTE,
        .changed_at_s = 1795341600,
        .state = POL_STATE_IDLE,
        .observed = POL_OBSERVED_UNKNOWN,
        .confidence = POL_CONFIDENCE_NONE,
        .outlook_known = true,
        .outlook_running = true,
        .outlook_started_s = 1795341000,
        .starts_since_change = 2,
    };
    bob = (struct pol_report_user){
        .sid = "S-1-5-21-1-2-3-1000",
        .rule = -1,
        .changed_at_s = -1,
        .state = POL_STATE_PENDING_LOGON,
        .observed = POL_OBSERVED_UNKNOWN,
        .confidence = POL_CONFIDENCE_NONE,
    };
    rows[0] = &alice;
    rows[1] = &bob;
    picture = (struct ag_picture){
        .rollout = "e2e",
        .stage = "pilot",
        .digest = "abcd",
        .received_version = 7002,
        .effective_version = 4294967298001,
        .device_id = "d1",
        .trust_version = 3,
        .rows = rows,
        .row_count = 2,
    };
    about = (struct ag_mirror_about){"1.0.0", 1795340000, 1795342000};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    ag_mirror_shown_done(&shown);
    return 0;
}

static void show(void)
{
    store.writes = 0;
    assert_int_equal(ag_mirror_show(&shown, &picture, &about, &STORE, &err), ST_OK);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void show__of_a_machine__has_its_facts(void **state)
{
    (void)state;
    show();
    assert_string_equal(shows("/Rollout"), "e2e");
    assert_string_equal(shows("/PolicyVersion"), "4294967298001");
    assert_string_equal(shows("/Received"), "7002");
    assert_string_equal(shows("/Stage"), "pilot");
    assert_string_equal(shows("/Stale"), "0");
    assert_string_equal(shows("/TrustVersion"), "3");
    assert_string_equal(shows("/AgentVersion"), "1.0.0");
    assert_string_equal(shows("/StartedAt"), "2026-11-22T09:33:20Z");
    assert_string_equal(shows("/UpdatedAt"), "2026-11-22T10:06:40Z");
    assert_string_equal(shows("/Failed"), "(not there)");
    assert_string_equal(shows("/Pending"), "(not there)");
    assert_string_equal(shows("/PausedUntil"), "(not there)");
}

static void show__of_users__has_a_key_for_each(void **state)
{
    (void)state;
    show();
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/Account"), "CONTOSO\\alice");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/State"), "idle");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/Set"), "block");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/Rule"), "1");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/Ring"), "pilot");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/Value"), "1");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/ValueDword"), "1");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/Ours"), "1");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/Action"), "wrote");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/ChangedAt"), "2026-11-22T10:00:00Z");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/OutlookRunning"), "1");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/StartsSinceChange"), "2");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/Error"), "(not there)");
    assert_string_equal(shows("S-1-5-21-1-2-3-1000/State"), "pending_logon");
    assert_string_equal(shows("S-1-5-21-1-2-3-1000/Hive"), "not_loaded");
    assert_string_equal(shows("S-1-5-21-1-2-3-1000/Set"), "(not there)");
    assert_string_equal(shows("S-1-5-21-1-2-3-1000/Value"), "(not there)");
    assert_string_equal(shows("S-1-5-21-1-2-3-1000/OutlookRunning"), "(not there)");
}

static void show__of_values__names_what_is_no_number(void **state)
{
    (void)state;
    alice.value = (struct pol_report_value){.known = true, .present = false};
    show();
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/Value"), "absent");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/ValueDword"), "(not there)");
    alice.value = (struct pol_report_value){.known = true, .present = true, .type = 1};
    show();
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/Value"), "sz");
    alice.value.type = 4000000000;
    alice.rule = -1;
    show();
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/Value"), "other");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/Rule"), "otherwise");
}

static void show__of_the_same__writes_nothing_but_the_time_once_an_hour(void **state)
{
    (void)state;
    show();
    about.now_s += 3599;
    show();
    assert_int_equal(store.writes, 0);
    about.now_s += 1;
    show();
    assert_int_equal(store.writes, 1);
    assert_string_equal(shows("/UpdatedAt"), "2026-11-22T11:06:40Z");
    about.now_s -= 7200; /* the clock was set back */
    show();
    assert_int_equal(store.writes, 1);
}

static void show__of_a_difference__writes_that_and_the_time(void **state)
{
    (void)state;
    show();
    about.now_s += 60;
    alice.value.dword = 0;
    show();
    assert_int_equal(store.writes, 3); /* Value, ValueDword, UpdatedAt */
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/Value"), "0");
    assert_string_equal(shows("/UpdatedAt"), "2026-11-22T10:07:40Z");
    picture.failed_code = "expired";
    picture.failed_text = "it\nhas expired";
    picture.failed_at_s = 1795341600;
    show();
    assert_string_equal(shows("/Failed"), "expired");
    assert_string_equal(shows("/FailedText"), "it\\x0ahas expired");
    picture.failed_code = NULL;
    show();
    assert_string_equal(shows("/Failed"), "(not there)");
    assert_string_equal(shows("/FailedText"), "(not there)");
}

static void show__without_a_user__takes_his_key_away(void **state)
{
    (void)state;
    show();
    picture.row_count = 1;
    show();
    assert_string_equal(shows("S-1-5-21-1-2-3-1000/State"), "(not there)");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/State"), "idle");
    picture.row_count = 2;
    show();
    assert_string_equal(shows("S-1-5-21-1-2-3-1000/State"), "pending_logon");
}

static void show__after_another_run__leaves_nothing_of_it(void **state)
{
    (void)state;
    picture.failed_code = "expired";
    picture.failed_at_s = 5;
    show();
    ag_mirror_shown_done(&shown);
    picture.failed_code = NULL;
    picture.row_count = 1;
    show();
    assert_string_equal(shows("/Failed"), "(not there)");
    assert_string_equal(shows("S-1-5-21-1-2-3-1000/State"), "(not there)");
    assert_string_equal(shows("S-1-5-21-1-2-3-1001/State"), "idle");
}

static void show__that_fails_anywhere__is_whole_the_next_time(void **state)
{
    (void)state;
    unsigned failures = 0;
    show();
    size_t whole = store.count;
    for (unsigned n = 1;; n++) {
        memset(&store, 0, sizeof store);
        ag_mirror_shown_done(&shown);
        store.fail_at = n;
        if (ag_mirror_show(&shown, &picture, &about, &STORE, &err) == ST_OK) {
            break;
        }
        failures++;
        assert_int_equal(err.os_code, 112);
        store.fail_at = 0;
        show();
        assert_int_equal(store.count, whole);
        assert_string_equal(shows("S-1-5-21-1-2-3-1001/Confidence"), "none");
        assert_string_equal(shows("/UpdatedAt"), "2026-11-22T10:06:40Z");
    }
    assert_true(failures > 30);
}

static void show__of_endless_text__is_cut(void **state)
{
    char text[2000];
    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    alice.account = text;
    show();
    assert_int_equal(strlen(shows("S-1-5-21-1-2-3-1001/Account")), AG_MIRROR_TEXT_BYTES - 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(show__of_a_machine__has_its_facts),
        TEST(show__of_users__has_a_key_for_each),
        TEST(show__of_values__names_what_is_no_number),
        TEST(show__of_the_same__writes_nothing_but_the_time_once_an_hour),
        TEST(show__of_a_difference__writes_that_and_the_time),
        TEST(show__without_a_user__takes_his_key_away),
        TEST(show__after_another_run__leaves_nothing_of_it),
        TEST(show__that_fails_anywhere__is_whole_the_next_time),
        TEST(show__of_endless_text__is_cut),
    };
    return cmocka_run_group_tests_name("mirror", tests, NULL, NULL);
}
