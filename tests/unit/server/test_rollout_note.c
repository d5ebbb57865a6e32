/* test_rollout_note.c - the audit of releases: with the store's row or later, by whom, and never twice. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/gate_place.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_BYTES = 4096 };

/* Entries from the first on, as "what who:name before>after" each. */
struct heard {
    struct pol_audit_head head;
    char words[WORDS_BYTES];
};

static bool hear(void *v, const struct pol_audit_entry *e, const uint8_t hash[DIGEST_BYTES])
{
    struct heard *h = v;
    size_t used = strlen(h->words);
    assert_int_equal(pol_audit_follow(&h->head, e, hash, NULL), ST_OK);
    (void)snprintf(h->words + used, sizeof h->words - used, "[%s %s:%s %.12s>%.12s]", e->what,
                   e->who, e->name, e->before, e->after);
    return true;
}

static const char *heard(struct rollout_place *p)
{
    static struct heard h;
    h = (struct heard){.words = ""};
    assert_int_equal(p->store.audit(p->store.ctx, 0, 500, hear, &h, NULL), ST_OK);
    return h.words;
}

static void refuse(void *ctx, struct srv_write *w)
{
    (void)ctx;
    w->st = err_set(&w->err, ST_NO_SPACE, 0, "the disk is full");
    w->done(w);
}

/* The brake while the store takes nothing. */
static void pull_with_a_full_disk(struct rollout_place *p)
{
    void (*submit)(void *ctx, struct srv_write *w) = p->store.submit;
    assert_int_equal(rollout_put_serial(p, 7), ST_OK);
    assert_int_equal(rollout_release(p, "observe"), ST_OK);
    assert_true(srv_rollout_is_noted(p->rollout));
    p->store.submit = refuse;
    assert_int_equal(rollout_safe(p, NULL), ST_OK);
    assert_int_equal(rollout_served(p), 7999);
    assert_false(srv_rollout_is_noted(p->rollout));
    srv_rollout_note_again(p->rollout); /* still full */
    assert_false(srv_rollout_is_noted(p->rollout));
    p->store.submit = submit;
}

static const char UNTIL_THEN[] = "[put_bundle token:alice >rollout=test]"
                                 "[gate_subjects token:alice >version=7001]"
                                 "[release token:alice >version=7001]";
static const char BRAKE[] = "[safe token:alice version=7001>version=7999]";

/* Both in front of what is heard, and nothing behind. */
static void expect_words(struct rollout_place *p, const char *last)
{
    char want[WORDS_BYTES];
    (void)snprintf(want, sizeof want, "%s%s", UNTIL_THEN, last);
    assert_string_equal(heard(p), want);
}

static void note__store_is_full__follows_when_it_is_not(void **state)
{
    struct rollout_place *p = *state;
    struct srv_write w = {.kind = SRV_WRITE_AUDIT};
    pull_with_a_full_disk(p);
    expect_words(p, "");
    srv_rollout_note_again(p->rollout);
    srv_rollout_note_again(p->rollout);
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK); /* those before are done */
    assert_true(srv_rollout_is_noted(p->rollout));
    expect_words(p, BRAKE);
    rollout_close_all(p);
    rollout_open_all(p);
    expect_words(p, BRAKE);
}

static void note__server_ends_before_it_follows__the_next_start_says_what_it_found(void **state)
{
    struct rollout_place *p = *state;
    static const char FOUND[] =
        "[release_recovered server:release record version=7001>version=7999]";
    pull_with_a_full_disk(p);
    for (int start = 0; start < 2; start++) {
        rollout_close_all(p);
        rollout_open_all(p);
        assert_int_equal(rollout_released(p), 7999);
        expect_words(p, FOUND);
    }
}

static void note__keeper_looks__submits_again_what_is_owed(void **state)
{
    struct rollout_place *p = *state;
    struct srv_write w = {.kind = SRV_WRITE_AUDIT};
    pull_with_a_full_disk(p);
    (void)gate_look(p, NOW_S);
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    expect_words(p, BRAKE);
}

static void note__gate__has_its_own_name_for_what_it_does(void **state)
{
    struct rollout_place *p = *state;
    int64_t devices[GATE_FLEET];
    gate_release_pilot(p, devices, GATE_SAFE);
    gate_tell_pilot(p, devices, 0, GATE_FLEET, POL_STATE_ERROR, RELEASED_S + MINUTE_S);
    (void)gate_look(p, RELEASED_S + 5 * HOUR_S);
    assert_non_null(strstr(heard(p), "[gate_failing gate:gate version=7002>version=7002]"));
    assert_null(strstr(heard(p), "[safe "));
    (void)gate_look(p, RELEASED_S + 6 * HOUR_S);
    assert_non_null(strstr(heard(p), "[safe gate:gate version=7002>version=7999]"));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, rollout_setup, rollout_teardown)
    const struct CMUnitTest tests[] = {
        TEST(note__store_is_full__follows_when_it_is_not),
        TEST(note__server_ends_before_it_follows__the_next_start_says_what_it_found),
        TEST(note__keeper_looks__submits_again_what_is_owed),
        TEST(note__gate__has_its_own_name_for_what_it_does),
    };
    return cmocka_run_group_tests_name("rollout: notes", tests, NULL, NULL);
}
