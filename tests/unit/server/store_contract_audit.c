#include "tests/cmocka_all.h"

#include "tests/unit/server/store_place.h"

#include <stdio.h>
#include <string.h>

enum { KEPT = 8 };

/* Entries as they came, each checked against those before. */
struct seen {
    struct pol_audit_head head;
    size_t count;
    size_t most; /* 0: all */
    char lines[KEPT][512];
};

static bool see_entry(void *v, const struct pol_audit_entry *e, const uint8_t hash[DIGEST_BYTES])
{
    struct seen *s = v;
    struct err err = {0};
    assert_int_equal(pol_audit_follow(&s->head, e, hash, &err), ST_OK);
    (void)snprintf(s->lines[s->count % KEPT], sizeof s->lines[0], "%lld %s|%s|%s|%s|%.99s|%.99s",
                   (long long)e->at_s, e->who, e->name, e->address, e->what, e->before, e->after);
    s->count++;
    return s->most == 0 || s->count < s->most;
}

static struct seen see_all(struct store_place *p)
{
    struct seen s = {.count = 0};
    struct pol_audit_head head;
    assert_int_equal(p->store.audit(p->store.ctx, 0, 100, see_entry, &s, NULL), ST_OK);
    p->store.audit_head(p->store.ctx, &head);
    assert_int_equal(head.number, s.head.number);
    assert_memory_equal(head.hash, s.head.hash, DIGEST_BYTES);
    return s;
}

static enum status hold(struct store_place *p, const char *reason, struct srv_audit audit)
{
    struct srv_write w = {.kind = SRV_WRITE_HOLD, .now_s = 77, .audit = audit};
    w.u.hold.at_s = 77;
    (void)snprintf(w.u.hold.by, sizeof w.u.hold.by, "alice");
    (void)snprintf(w.u.hold.reason, sizeof w.u.hold.reason, "%s", reason);
    return srv_store_write(&p->store, &w, NULL);
}

static const struct srv_audit HOLD = {.who = SRV_WHO_TOKEN,
                                      .name = "alice",
                                      .address = "192.0.2.1",
                                      .what = "hold",
                                      .before = NULL,
                                      .after = "reason=lunch"};

static void store__new__has_an_empty_audit(void **state)
{
    struct store_place *p = *state;
    static const uint8_t ZEROS[DIGEST_BYTES];
    struct seen s = see_all(p);
    assert_int_equal(s.count, 0);
    assert_memory_equal(s.head.hash, ZEROS, DIGEST_BYTES);
}

static void store__changes__are_chained_and_stay_so_after_reopening(void **state)
{
    struct store_place *p = *state;
    struct srv_audit local = {.who = SRV_WHO_LOCAL, .name = "local uid 7", .what = "resume"};
    assert_int_equal(hold(p, "lunch", HOLD), ST_OK);
    assert_int_equal(hold(p, "", local), ST_OK);
    struct seen before = see_all(p);
    assert_int_equal(before.count, 2);
    assert_string_equal(before.lines[0], "77 token|alice|192.0.2.1|hold||reason=lunch");
    assert_string_equal(before.lines[1], "77 local|local uid 7||resume||");
    store_reopen(p);
    assert_int_equal(hold(p, "again", HOLD), ST_OK);
    struct seen after = see_all(p);
    assert_int_equal(after.count, 3);
    assert_memory_not_equal(before.head.hash, after.head.hash, DIGEST_BYTES);
}

static void store__change_that_did_not_happen__has_no_entry(void **state)
{
    struct store_place *p = *state;
    struct srv_write w = {.kind = SRV_WRITE_RETIRE,
                          .audit = {.who = SRV_WHO_LOCAL, .name = "x", .what = "device_retire"}};
    w.u.device_id = "nobody";
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_NOT_FOUND);
    assert_int_equal(hold(p, "", (struct srv_audit){.what = NULL}), ST_OK); /* nor one unasked */
    assert_int_equal(see_all(p).count, 0);
}

/* What cannot be shown in one spelling does not get into the chain. */
static void store__text_with_controls_or_too_long__is_spelled_out_and_cut(void **state)
{
    struct store_place *p = *state;
    char longer[2 * POL_AUDIT_TEXT_BYTES];
    struct srv_audit audit = HOLD;
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    audit.before = "a\nb\x1b[31m \xff";
    audit.after = longer;
    assert_int_equal(hold(p, "", audit), ST_OK);
    struct seen s = see_all(p);
    assert_int_equal(s.count, 1);
    assert_non_null(strstr(s.lines[0], "|hold|a\\x0ab\\x1b[31m \\xff|xxx"));
}

static void store__another_program_writes__the_chain_goes_on_behind_it(void **state)
{
    struct store_place *p = *state;
    struct store_place other = *p;
    assert_int_equal(hold(p, "", HOLD), ST_OK);
    assert_int_equal(store_open_it(p->folder, &other.store, NULL), ST_OK);
    assert_int_equal(hold(&other, "", HOLD), ST_OK);
    assert_int_equal(see_all(&other).count, 2);
    assert_int_equal(hold(p, "", HOLD), ST_OK);
    other.store.close(other.store.ctx);
    assert_int_equal(see_all(p).count, 3);
}

static void store__audit_in_pages__begins_behind_the_cursor(void **state)
{
    struct store_place *p = *state;
    struct seen s = {.count = 0};
    for (int i = 0; i < 7; i++) {
        assert_int_equal(hold(p, "", HOLD), ST_OK);
    }
    assert_int_equal(p->store.audit(p->store.ctx, 0, 3, see_entry, &s, NULL), ST_OK);
    assert_int_equal(s.head.number, 3);
    s.most = 5;
    assert_int_equal(p->store.audit(p->store.ctx, 3, 100, see_entry, &s, NULL), ST_OK);
    assert_int_equal(s.head.number, 5); /* the visitor had enough */
    s.most = 0;
    assert_int_equal(p->store.audit(p->store.ctx, 5, 100, see_entry, &s, NULL), ST_OK);
    assert_int_equal(s.head.number, 7);
    assert_int_equal(p->store.audit(p->store.ctx, 7, 100, see_entry, &s, NULL), ST_OK);
    assert_int_equal(s.count, 7);
}

int store_contract_audit(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__new__has_an_empty_audit),
        TEST(store__changes__are_chained_and_stay_so_after_reopening),
        TEST(store__change_that_did_not_happen__has_no_entry),
        TEST(store__text_with_controls_or_too_long__is_spelled_out_and_cut),
        TEST(store__another_program_writes__the_chain_goes_on_behind_it),
        TEST(store__audit_in_pages__begins_behind_the_cursor),
    };
    return cmocka_run_group_tests_name("store: audit", tests, NULL, NULL);
}
