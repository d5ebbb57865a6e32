#include "tests/cmocka_all.h"

#include "tests/unit/server/store_place.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* ---- device tokens --------------------------------------------------------------------------- */

enum { TOKEN_BYTES_MOST = 8 };

struct expiries {
    int64_t of[TOKEN_BYTES_MOST]; /* by the byte that the token's digest is made of */
};

static bool take_expiry(void *v, const struct srv_token_row *row)
{
    struct expiries *e = v;
    assert_true(row->digest[0] < TOKEN_BYTES_MOST);
    e->of[row->digest[0]] = row->expires_s;
    return true;
}

static void store__tokens_of_lost_answers__end_with_the_old_one(void **state)
{
    struct store_place *p = *state;
    struct srv_write w;
    assert_int_equal(store_enroll(p, "guid", 1, &w), ST_OK);
    assert_int_equal(store_enroll_again(p, 1, 2, &w), ST_OK); /* 2 never arrived */
    assert_int_equal(store_enroll_again(p, 1, 3, &w), ST_OK);
    struct expiries expiries = {0};
    assert_int_equal(p->store.tokens(p->store.ctx, take_expiry, &expiries, NULL), ST_OK);
    assert_int_equal(expiries.of[1], 3000);
    assert_int_equal(expiries.of[2], 3000);
    assert_int_equal(expiries.of[3], -1);
}

static void store__report_after_its_device_was_retired__changes_nothing(void **state)
{
    struct store_place *p = *state;
    struct srv_write w;
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    struct pol_report first = store_report("a", 'r', 1, &u, 1);
    struct pol_report late = store_report("b", 'r', 2, &u, 1);
    assert_int_equal(store_enroll(p, NULL, 1, &w), ST_OK);
    int64_t device = w.u.enroll.device;
    assert_int_equal(store_send(p, device, &first, "1", NULL), ST_OK);
    struct srv_write retire = {.kind = SRV_WRITE_RETIRE, .now_s = 6000};
    retire.u.device_id = w.u.enroll.device_id;
    assert_int_equal(srv_store_write(&p->store, &retire, NULL), ST_OK);
    assert_int_equal(store_send(p, device, &late, "2", NULL), ST_NOT_FOUND);
    assert_int_equal(store_look_at_all(p).count, 0);
    assert_int_equal(store_count(p, "total", "users"), 0);
    assert_int_equal(store_send(p, device, &first, "1", NULL), ST_OK); /* is stored, as it was */
}

/* ---- copies of a machine --------------------------------------------------------------------- */

static bool take_older_seen(void *v, const struct srv_user_row *row)
{
    *(int64_t *)v = row->older_seen_s;
    return true;
}

/* When the older devices of the same machine were last seen, as that device's row has it. */
static int64_t older_seen(struct store_place *p, const char *device_id)
{
    struct srv_filter filter = {.device_id = device_id, .limit = 1};
    int64_t seen_s = -2;
    assert_int_equal(p->store.users(p->store.ctx, &filter, take_older_seen, &seen_s, NULL), ST_OK);
    return seen_s;
}

/* A copy of the one machine of this test, which reported at that time. */
static void add_copy(struct store_place *p, uint8_t token, int64_t now_s,
                     char device_id[POL_ID_BYTES])
{
    struct srv_write w;
    struct pol_report_user u = store_user("S-1", POL_STATE_IDLE);
    struct pol_report r = store_report("a", 'r', 1, &u, 1);
    assert_int_equal(store_enroll(p, "guid", token, &w), ST_OK);
    assert_int_equal(store_send_at(p, w.u.enroll.device, &r, now_s), ST_OK);
    memcpy(device_id, w.u.enroll.device_id, POL_ID_BYTES);
}

static void retire(struct store_place *p, const char *device_id)
{
    struct srv_write w = {.kind = SRV_WRITE_RETIRE, .now_s = 9000};
    w.u.device_id = device_id;
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
}

static void store__copies_of_a_machine__each_knows_those_before_it(void **state)
{
    struct store_place *p = *state;
    char ids[4][POL_ID_BYTES];
    for (uint8_t i = 0; i < 4; i++) {
        add_copy(p, (uint8_t)(i + 1), 5000 + (int64_t)i * 10, ids[i]);
    }
    assert_int_equal(older_seen(p, ids[0]), -1);
    assert_int_equal(older_seen(p, ids[1]), 5000);
    assert_int_equal(older_seen(p, ids[2]), 5010); /* not only the first, which may be gone */
    assert_int_equal(older_seen(p, ids[3]), 5020);
    retire(p, ids[0]);
    assert_int_equal(older_seen(p, ids[1]), -1);
    assert_int_equal(older_seen(p, ids[2]), 5010);
    retire(p, ids[1]);
    assert_int_equal(older_seen(p, ids[2]), -1);
    assert_int_equal(older_seen(p, ids[3]), 5020);
}

static void store__copy_of_a_copy__is_one_of_whoever_is_in_service(void **state)
{
    struct store_place *p = *state;
    char ids[3][POL_ID_BYTES];
    add_copy(p, 1, 5000, ids[0]);
    add_copy(p, 2, 5010, ids[1]);
    retire(p, ids[0]);
    add_copy(p, 3, 5020, ids[2]);
    assert_int_equal(older_seen(p, ids[1]), -1);
    assert_int_equal(older_seen(p, ids[2]), 5010);
    retire(p, ids[1]);
    assert_int_equal(older_seen(p, ids[2]), -1);
}

/* ---- enroll secrets -------------------------------------------------------------------------- */

/* An enroll secret of that byte, at 1. */
static void add_secret(struct store_place *p, uint8_t digest, int64_t uses, int64_t expires_s)
{
    struct srv_write w = {.kind = SRV_WRITE_CREDENTIAL, .now_s = 1};
    w.u.credential.role = SRV_ROLE_ENROLL;
    w.u.credential.uses = uses;
    w.u.credential.expires_s = expires_s;
    (void)snprintf(w.u.credential.name, SRV_NAME_BYTES, "secret-%d", digest);
    memset(w.u.credential.digest, digest, DIGEST_BYTES);
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
}

static void fill_by_secret(struct srv_write *w, uint8_t secret, uint8_t token, int64_t now_s)
{
    *w = (struct srv_write){.kind = SRV_WRITE_ENROLL, .now_s = now_s};
    w->u.enroll.machine = (struct srv_machine){.name = "PC-1"};
    w->u.enroll.has_secret = true;
    memset(w->u.enroll.secret_digest, secret, DIGEST_BYTES);
    memset(w->u.enroll.new_digest, token, DIGEST_BYTES);
    (void)snprintf(w->u.enroll.device_id, POL_ID_BYTES, "%032d", token);
}

/* GOOD if it let a device in; else why not. */
static enum srv_credential_state enroll_by(struct store_place *p, uint8_t secret, uint8_t token,
                                           int64_t now_s)
{
    struct srv_write w;
    fill_by_secret(&w, secret, token, now_s);
    enum status st = srv_store_write(&p->store, &w, NULL);
    assert_int_equal(st, w.u.enroll.secret_state == SRV_CREDENTIAL_GOOD ? ST_OK : ST_NOT_FOUND);
    return w.u.enroll.secret_state;
}

static void store__secret__opens_as_often_and_as_long_as_it_may(void **state)
{
    struct store_place *p = *state;
    struct srv_write revoke = {.kind = SRV_WRITE_REVOKE, .now_s = 50};
    add_secret(p, 100, 2, 0);
    add_secret(p, 101, 0, 40);
    add_secret(p, 102, 0, 0);
    assert_int_equal(enroll_by(p, 99, 1, 10), SRV_CREDENTIAL_UNKNOWN);
    assert_int_equal(enroll_by(p, 100, 2, 10), SRV_CREDENTIAL_GOOD);
    assert_int_equal(enroll_by(p, 100, 3, 11), SRV_CREDENTIAL_GOOD);
    assert_int_equal(enroll_by(p, 100, 4, 12), SRV_CREDENTIAL_USED_UP);
    assert_int_equal(enroll_by(p, 101, 5, 39), SRV_CREDENTIAL_GOOD);
    assert_int_equal(enroll_by(p, 101, 6, 40), SRV_CREDENTIAL_EXPIRED);
    assert_int_equal(enroll_by(p, 102, 7, INT64_MAX / 2), SRV_CREDENTIAL_GOOD);
    revoke.u.credential.role = SRV_ROLE_ENROLL;
    (void)snprintf(revoke.u.credential.name, SRV_NAME_BYTES, "secret-102");
    assert_int_equal(srv_store_write(&p->store, &revoke, NULL), ST_OK);
    assert_int_equal(enroll_by(p, 102, 8, 60), SRV_CREDENTIAL_REVOKED);
    assert_int_equal(store_count(p, "total", "devices"), 4);
}

static bool take_secret(void *v, const struct srv_credential *c)
{
    *(struct srv_credential *)v = *c;
    return true;
}

static void store__secret__says_how_often_it_was_used(void **state)
{
    struct store_place *p = *state;
    struct srv_credential c;
    add_secret(p, 100, 2, 900);
    assert_int_equal(p->store.credentials(p->store.ctx, take_secret, &c, NULL), ST_OK);
    assert_int_equal(c.used_s, -1);
    assert_int_equal(enroll_by(p, 100, 1, 10), SRV_CREDENTIAL_GOOD);
    assert_int_equal(enroll_by(p, 100, 2, 11), SRV_CREDENTIAL_GOOD);
    assert_int_equal(enroll_by(p, 100, 3, 12), SRV_CREDENTIAL_USED_UP);
    store_reopen(p);
    assert_int_equal(p->store.credentials(p->store.ctx, take_secret, &c, NULL), ST_OK);
    assert_int_equal(c.uses, 2);
    assert_int_equal(c.used, 2);
    assert_int_equal(c.used_s, 11);
    assert_int_equal(c.expires_s, 900);
}

static void store__administrators_token__opens_no_enrollment(void **state)
{
    struct store_place *p = *state;
    struct srv_write w = {.kind = SRV_WRITE_CREDENTIAL, .now_s = 1};
    w.u.credential.role = SRV_ROLE_PUBLISHER;
    (void)snprintf(w.u.credential.name, SRV_NAME_BYTES, "alice");
    memset(w.u.credential.digest, 5, DIGEST_BYTES);
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    assert_int_equal(enroll_by(p, 5, 1, 10), SRV_CREDENTIAL_UNKNOWN);
    assert_int_equal(store_count(p, "total", "devices"), 0);
}

enum { CROWD = 40, CROWD_USES = 7 };

struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int answered;
};

static void count_answer(struct srv_write *w)
{
    struct crowd *crowd = w->ctx;
    pthread_mutex_lock(&crowd->lock);
    crowd->answered++;
    pthread_cond_signal(&crowd->changed);
    pthread_mutex_unlock(&crowd->lock);
}

/* Many in one transaction, and over several. */
static void store__many_use_a_secret_at_once__no_more_than_its_uses_come_in(void **state)
{
    struct store_place *p = *state;
    static struct srv_write writes[CROWD];
    struct crowd crowd = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    int in = 0;
    add_secret(p, 100, CROWD_USES, 0);
    for (int i = 0; i < CROWD; i++) {
        fill_by_secret(&writes[i], 100, (uint8_t)(i + 1), 10);
        writes[i].done = count_answer;
        writes[i].ctx = &crowd;
        p->store.submit(p->store.ctx, &writes[i]);
    }
    pthread_mutex_lock(&crowd.lock);
    while (crowd.answered < CROWD) {
        pthread_cond_wait(&crowd.changed, &crowd.lock);
    }
    pthread_mutex_unlock(&crowd.lock);
    for (int i = 0; i < CROWD; i++) {
        in += writes[i].st == ST_OK ? 1 : 0;
        assert_true(writes[i].st == ST_OK || writes[i].st == ST_NOT_FOUND);
    }
    assert_int_equal(in, CROWD_USES);
    assert_int_equal(store_count(p, "total", "devices"), CROWD_USES);
}

int store_contract_doors(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(store__tokens_of_lost_answers__end_with_the_old_one),
        TEST(store__report_after_its_device_was_retired__changes_nothing),
        TEST(store__copies_of_a_machine__each_knows_those_before_it),
        TEST(store__copy_of_a_copy__is_one_of_whoever_is_in_service),
        TEST(store__secret__opens_as_often_and_as_long_as_it_may),
        TEST(store__secret__says_how_often_it_was_used),
        TEST(store__administrators_token__opens_no_enrollment),
        TEST(store__many_use_a_secret_at_once__no_more_than_its_uses_come_in),
    };
    return cmocka_run_group_tests_name("store: who comes in", tests, NULL, NULL);
}
