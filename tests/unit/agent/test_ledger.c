/* test_ledger.c - ag_ledger_*(): what is kept comes back, and damage costs only the damaged lines. */
#include "tests/cmocka_all.h"

#include "agent/ledger.h"
#include "tests/fakes/fake_vault.h"

#include <stdio.h>
#include <string.h>

static const char SID[] = "S-1-5-21-1-2-3-1001";
static struct fake_vault store;
static struct ag_vault vault;
static struct ag_ledger ledger;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    fake_vault_init(&store);
    vault = fake_vault_port(&store);
    return ag_ledger_load(&ledger, &vault, &err) == ST_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ag_ledger_done(&ledger);
    fake_vault_done(&store);
    return 0;
}

static void restart(void)
{
    ag_ledger_done(&ledger);
    assert_int_equal(ag_ledger_load(&ledger, &vault, &err), ST_OK);
}

static void save__record__comes_back_whole(void **state)
{
    (void)state;
    struct ag_record *place = ag_ledger_find(&ledger, SID);
    struct ag_record record = *place;
    assert_int_equal(record.written_at_s, -1);
    record.written_at_s = 1795000000;
    record.action = POL_ACTION_REMOVED;
    record.brought_version = 9000000003;
    record.set = POL_SET_ALLOW;
    record.corrections = 2;
    record.last_start_s = 1795000100;
    record.starts = 1;
    record.rewritten_at_s[0] = 1795000200;
    record.rewritten_at_s[1] = 1795000201;
    record.contested_at_s = 1795000202;
    record.crashes = 1;
    record.crash_version = 9000000004;
    record.away = true;
    record.mailbox = POL_MAILBOX_MIXED;
    record.state = POL_STATE_CONVERGING;
    record.observed = POL_OBSERVED_RPC_TCP;
    record.confidence = POL_CONFIDENCE_OFFERED;
    record.settled = true;
    ag_ledger_update(&ledger, place, &record);
    assert_int_equal(ag_ledger_save(&ledger, &vault, &err), ST_OK);
    restart();
    assert_int_equal(ledger.count, 1);
    assert_memory_equal(ag_ledger_find(&ledger, SID), &record, sizeof record);
}

static void update__any_one_field__is_a_change(void **state)
{
    (void)state;
    struct ag_record *place = ag_ledger_find(&ledger, SID);
    for (int field = 0; field < 11; field++) {
        struct ag_record record = *place;
        int64_t *times[] = {&record.rewritten_at_s[0], &record.rewritten_at_s[1],
                            &record.contested_at_s, &record.crash_version};
        if (field < 4) {
            *times[field] = 77;
        } else if (field == 4) {
            record.crashes = 77;
        } else if (field == 5) {
            record.away = true;
        } else if (field == 6) {
            record.mailbox = POL_MAILBOX_MIXED;
        } else if (field == 7) {
            record.state = POL_STATE_IDLE;
        } else if (field == 8) {
            record.observed = POL_OBSERVED_MIXED;
        } else if (field == 9) {
            record.confidence = POL_CONFIDENCE_OFFERED;
        } else {
            record.settled = true;
        }
        ledger.changed = false;
        ag_ledger_update(&ledger, place, &record);
        assert_true(ledger.changed);
    }
}

static void save__nothing_changed__writes_nothing(void **state)
{
    (void)state;
    struct ag_record *place = ag_ledger_find(&ledger, SID);
    struct ag_record same = *place;
    ag_ledger_update(&ledger, place, &same);
    assert_int_equal(ag_ledger_save(&ledger, &vault, &err), ST_OK);
    assert_int_equal(store.writes, 0);
}

static void load__damaged_lines__are_dropped_and_the_others_kept(void **state)
{
    (void)state;
    fake_vault_put(&store, "users.ledger",
                   span_text("S-1-5-21-9 5 1 7001 0 0 -1 0 -1 -1 -1 0 0 0 3 13 4 3 1\n"
                             "garbage\n"
                             "S-1-5-21-8 5 99 7001 0 0 -1 0 -1 -1 -1 0 0 0 3 13 4 3 1\n"
                             "S-1-5-21-7 5 1 7001 0 0 -1 0 -1 -1 -1 0 0 0 3 13 4 3 1 more\n"
                             "S-1-5-21-5 5 1 7001 0 0 -1 0\n"
                             "S-1-5-21-5 5 1 7001 0 0 -1 0 -1 -1 -1 0 0 0\n"
                             "S-1-5-21-5 5 1 7001 0 0 -1 0 -1 -1 -1 0 0 0 4 13 4 3 1\n"
                             "S-1-5-21-5 5 1 7001 0 0 -1 0 -1 -1 -1 0 0 0 3 14 4 3 1\n"
                             "S-1-5-21-5 5 1 7001 0 0 -1 0 -1 -1 -1 0 0 0 3 13 5 3 1\n"
                             "S-1-5-21-5 5 1 7001 0 0 -1 0 -1 -1 -1 0 0 0 3 13 4 4 1\n"
                             "S-1-5-21-5 5 1 7001 0 0 -1 0 -1 -1 -1 0 0 0 3 13 4 3\n"
                             "S-1-5-21-5 5 1 7001 0 0 -1 0 -1 -1 -1 0 0 0 3 13 4 3 2\n"
                             "S-1-5-21-4 5 1 7001 0 0 -1 0 -1 -2 -1 0 0 0 3 13 4 3 1\n"
                             "not-a-sid 5 1 7001 0 0 -1 0 -1 -1 -1 0 0 0 3 13 4 3 1\n"
                             "S-1-5-21-6 6 1 7001 0 0 -1 0 -1 -1 -1 0 0 0 1 12 0 1 1\n"));
    restart();
    assert_int_equal(ledger.count, 2);
    const struct ag_record *kept = ag_ledger_find(&ledger, "S-1-5-21-6");
    assert_int_equal(kept->written_at_s, 6);
    assert_int_equal(kept->mailbox, POL_MAILBOX_EXCHANGE_ONLINE);
    assert_int_equal(kept->state, POL_STATE_COMPLIANT);
    assert_int_equal(kept->observed, POL_OBSERVED_MAPI_HTTP);
    assert_int_equal(kept->confidence, POL_CONFIDENCE_CONFIGURED);
    assert_true(kept->settled);
}

static void find__bounds__are_kept(void **state)
{
    (void)state;
    char sid[AG_SID_BYTES + 8];
    memset(sid, '1', sizeof sid);
    sid[sizeof sid - 1] = '\0';
    assert_null(ag_ledger_find(&ledger, sid));
    for (int i = 0; i < AG_LEDGER_USERS; i++) {
        (void)snprintf(sid, sizeof sid, "S-1-5-21-%d", i);
        assert_non_null(ag_ledger_find(&ledger, sid));
    }
    assert_null(ag_ledger_find(&ledger, "S-1-5-21-one-more"));
    assert_non_null(ag_ledger_find(&ledger, "S-1-5-21-7"));
    ledger.changed = true;
    assert_int_equal(ag_ledger_save(&ledger, &vault, &err), ST_OK);
    restart();
    assert_int_equal(ledger.count, AG_LEDGER_USERS);
}

static void save__disk_full__is_told_and_tried_again(void **state)
{
    (void)state;
    (void)ag_ledger_find(&ledger, SID);
    ledger.changed = true;
    store.broken_name = "users.ledger";
    assert_int_equal(ag_ledger_save(&ledger, &vault, &err), ST_NO_SPACE);
    store.broken_name = NULL;
    assert_int_equal(ag_ledger_save(&ledger, &vault, &err), ST_OK);
    assert_non_null(fake_vault_find(&store, "users.ledger"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(save__record__comes_back_whole),
        TEST(update__any_one_field__is_a_change),
        TEST(save__nothing_changed__writes_nothing),
        TEST(load__damaged_lines__are_dropped_and_the_others_kept),
        TEST(find__bounds__are_kept),
        TEST(save__disk_full__is_told_and_tried_again),
    };
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
