/* test_auth_reload.c - srv_auth_reload: while the store is read, nobody waits and nobody is forgotten. */
#include "tests/cmocka_all.h"

#include "server/auth.h"
#include "server/store_sqlite.h"
#include "tests/unit/server/scratch.h"

#include <psa/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The store calls `meanwhile` when its tokens were read, and before it gives them out. */
struct place {
    char folder[SCRATCH_PATH_BYTES];
    struct srv_store store;
    struct srv_store real;
    struct srv_auth *auth;
    void (*meanwhile)(struct place *p);
    char token[SRV_SECRET_BYTES]; /* of the device that was there before */
    char late[SRV_SECRET_BYTES];  /* of the one that comes meanwhile */
    uint8_t old_digest[DIGEST_BYTES];
};

static struct place *place;

static enum status read_tokens(void *ctx, bool (*visit)(void *v, const struct srv_token_row *row),
                               void *v, struct err *err)
{
    enum status st = place->real.tokens(ctx, visit, v, err);
    place->meanwhile(place);
    return st;
}

static void nothing(struct place *p)
{
    (void)p;
}

static void enroll(struct place *p, char token[SRV_SECRET_BYTES], bool again)
{
    static char letter = 'a';
    struct srv_write w = {.kind = SRV_WRITE_ENROLL, .now_s = 1};
    w.u.enroll.machine.name = "PC-1";
    memset(w.u.enroll.device_id, letter++, POL_ID_BYTES - 1);
    assert_int_equal(srv_secret_make(token, w.u.enroll.new_digest, NULL), ST_OK);
    w.u.enroll.has_old_token = again;
    w.u.enroll.old_expires_s = 50;
    memcpy(w.u.enroll.old_digest, p->old_digest, DIGEST_BYTES);
    assert_int_equal(srv_store_write(&p->real, &w, NULL), ST_OK);
    assert_int_equal(srv_auth_add_device(p->auth, &w.u.enroll, w.now_s, NULL), ST_OK);
    memcpy(p->old_digest, w.u.enroll.new_digest, DIGEST_BYTES);
}

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    place = p;
    p->meanwhile = nothing;
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    scratch_make(p->folder);
    assert_int_equal(srv_store_sqlite_open(p->folder, &p->store, NULL), ST_OK);
    p->real = p->store;
    p->store.tokens = read_tokens;
    assert_int_equal(srv_auth_open(&p->store, &p->auth, NULL), ST_OK);
    enroll(p, p->token, false);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    srv_auth_free(p->auth);
    p->store.close(p->store.ctx);
    scratch_remove(p->folder);
    free(p);
    return 0;
}

/* ---- nobody waits ---------------------------------------------------------------------------- */

static void *come_with_a_token(void *ctx)
{
    struct place *p = ctx;
    struct srv_device device;
    return srv_auth_find_device(p->auth, p->token, 10, &device) ? p : NULL;
}

/* From another thread, to its end: were it to wait for this read, it would wait for ever. */
static void somebody_comes(struct place *p)
{
    pthread_t thread;
    void *known = NULL;
    assert_int_equal(pthread_create(&thread, NULL, come_with_a_token, p), 0);
    assert_int_equal(pthread_join(thread, &known), 0);
    assert_ptr_equal(known, p);
}

static void reload__store_is_being_read__tokens_are_known(void **state)
{
    struct place *p = *state;
    p->meanwhile = somebody_comes;
    assert_int_equal(srv_auth_reload(p->auth, NULL), ST_OK);
}

/* ---- nobody is forgotten --------------------------------------------------------------------- */

static void another_enrolls(struct place *p)
{
    enroll(p, p->late, false);
}

static void reload__device_enrolls_meanwhile__is_known_afterwards(void **state)
{
    struct place *p = *state;
    struct srv_device device;
    p->meanwhile = another_enrolls;
    assert_int_equal(srv_auth_reload(p->auth, NULL), ST_OK);
    assert_true(srv_auth_find_device(p->auth, p->late, 10, &device));
    assert_true(srv_auth_find_device(p->auth, p->token, 10, &device));
}

static void the_same_enrolls_again(struct place *p)
{
    enroll(p, p->late, true);
}

static void reload__token_is_rotated_meanwhile__the_old_one_ends(void **state)
{
    struct place *p = *state;
    struct srv_device device;
    p->meanwhile = the_same_enrolls_again;
    assert_int_equal(srv_auth_reload(p->auth, NULL), ST_OK);
    assert_true(srv_auth_find_device(p->auth, p->late, 60, &device));
    assert_true(srv_auth_find_device(p->auth, p->token, 49, &device));
    assert_false(srv_auth_find_device(p->auth, p->token, 51, &device));
}

static void reload__next_one__starts_from_the_store_alone(void **state)
{
    struct place *p = *state;
    struct srv_device device;
    struct srv_write w = {.kind = SRV_WRITE_RETIRE, .now_s = 2};
    char id[POL_ID_BYTES] = "";
    p->meanwhile = another_enrolls;
    assert_int_equal(srv_auth_reload(p->auth, NULL), ST_OK);
    assert_true(srv_auth_find_device(p->auth, p->late, 10, &device));
    memcpy(id, device.device_id, sizeof id);
    w.u.device_id = id;
    assert_int_equal(srv_store_write(&p->real, &w, NULL), ST_OK);
    p->meanwhile = nothing;
    assert_int_equal(srv_auth_reload(p->auth, NULL), ST_OK);
    assert_false(srv_auth_find_device(p->auth, p->late, 10, &device));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(reload__store_is_being_read__tokens_are_known),
        TEST(reload__device_enrolls_meanwhile__is_known_afterwards),
        TEST(reload__token_is_rotated_meanwhile__the_old_one_ends),
        TEST(reload__next_one__starts_from_the_store_alone),
    };
    return cmocka_run_group_tests_name("auth: reload", tests, NULL, NULL);
}
