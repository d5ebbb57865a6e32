/* test_auth.c - srv_auth: who holds which token may do what, and nobody else. */
#include "tests/cmocka_all.h"

#include "server/auth.h"
#include "server/store_sqlite.h"
#include "tests/unit/server/scratch.h"

#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    char folder[SCRATCH_PATH_BYTES];
    struct srv_store store;
    struct srv_auth *auth;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    scratch_make(p->folder);
    assert_int_equal(srv_store_sqlite_open(p->folder, &p->store, NULL), ST_OK);
    assert_int_equal(srv_auth_open(&p->store, &p->auth, NULL), ST_OK);
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

static void add_credential(struct place *p, enum srv_role role, const char *name,
                           char secret[SRV_SECRET_BYTES])
{
    struct srv_write w = {.kind = SRV_WRITE_CREDENTIAL, .now_s = 1};
    w.u.credential.role = role;
    (void)snprintf(w.u.credential.name, SRV_NAME_BYTES, "%s", name);
    assert_int_equal(srv_secret_make(secret, w.u.credential.digest, NULL), ST_OK);
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    assert_int_equal(srv_auth_reload(p->auth, NULL), ST_OK);
}

static void add_device(struct place *p, struct srv_write *w, char token[SRV_SECRET_BYTES])
{
    w->kind = SRV_WRITE_ENROLL;
    w->u.enroll.machine.name = "PC-1";
    assert_int_equal(srv_secret_make(token, w->u.enroll.new_digest, NULL), ST_OK);
    assert_int_equal(srv_store_write(&p->store, w, NULL), ST_OK);
    assert_int_equal(srv_auth_add_device(p->auth, &w->u.enroll, w->now_s, NULL), ST_OK);
}

static void auth__token_of_an_operator__is_that_operator(void **state)
{
    struct place *p = *state;
    char secret[SRV_SECRET_BYTES];
    struct srv_actor actor;
    add_credential(p, SRV_ROLE_OPERATOR, "alice", secret);
    assert_int_equal(srv_auth_find_actor(p->auth, secret, 10, &actor), SRV_CREDENTIAL_GOOD);
    assert_string_equal(actor.name, "alice");
    assert_int_equal(actor.role, SRV_ROLE_OPERATOR);
}

static void auth__enroll_secret__opens_nothing_but_enrolling(void **state)
{
    struct place *p = *state;
    char secret[SRV_SECRET_BYTES];
    char token[SRV_SECRET_BYTES];
    struct srv_actor actor;
    struct srv_device device;
    add_credential(p, SRV_ROLE_ENROLL, "site", secret);
    add_credential(p, SRV_ROLE_PUBLISHER, "bob", token);
    assert_int_equal(srv_auth_find_secret(p->auth, secret, 10, &actor), SRV_CREDENTIAL_GOOD);
    assert_string_equal(actor.name, "site");
    assert_int_equal(srv_auth_find_actor(p->auth, secret, 10, &actor), SRV_CREDENTIAL_UNKNOWN);
    assert_false(srv_auth_find_device(p->auth, secret, 10, &device));
    assert_int_equal(srv_auth_find_secret(p->auth, token, 10, &actor), SRV_CREDENTIAL_UNKNOWN);
}

static void auth__revoked__is_not_good_after_reload(void **state)
{
    struct place *p = *state;
    char secret[SRV_SECRET_BYTES];
    struct srv_actor actor;
    struct srv_write w = {.kind = SRV_WRITE_REVOKE, .now_s = 2};
    add_credential(p, SRV_ROLE_VIEWER, "alice", secret);
    w.u.credential.role = SRV_ROLE_VIEWER;
    (void)snprintf(w.u.credential.name, SRV_NAME_BYTES, "alice");
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    assert_int_equal(srv_auth_reload(p->auth, NULL), ST_OK);
    assert_int_equal(srv_auth_find_actor(p->auth, secret, 10, &actor), SRV_CREDENTIAL_REVOKED);
    assert_string_equal(actor.name, "alice");
}

static void auth__hostile_tokens__are_unknown(void **state)
{
    struct place *p = *state;
    char secret[SRV_SECRET_BYTES];
    struct srv_actor actor;
    add_credential(p, SRV_ROLE_VIEWER, "alice", secret);
    const char *const hostile[] = {NULL, "", "x", secret + 1};
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        assert_int_equal(srv_auth_find_actor(p->auth, hostile[i], 10, &actor),
                         SRV_CREDENTIAL_UNKNOWN);
    }
    secret[0] = secret[0] == 'a' ? 'b' : 'a';
    assert_int_equal(srv_auth_find_actor(p->auth, secret, 10, &actor), SRV_CREDENTIAL_UNKNOWN);
    secret[0] = 'A'; /* upper case is not how we write them */
    assert_int_equal(srv_auth_find_actor(p->auth, secret, 10, &actor), SRV_CREDENTIAL_UNKNOWN);
}

static void auth__token_rotated__old_one_is_good_until_it_expires(void **state)
{
    struct place *p = *state;
    char old[SRV_SECRET_BYTES];
    char fresh[SRV_SECRET_BYTES];
    struct srv_device device;
    struct srv_write first = {.now_s = 1000};
    struct srv_write again = {.now_s = 2000};
    add_device(p, &first, old);
    again.u.enroll.has_old_token = true;
    again.u.enroll.old_expires_s = 3000;
    memcpy(again.u.enroll.old_digest, first.u.enroll.new_digest, DIGEST_BYTES);
    add_device(p, &again, fresh);
    assert_true(srv_auth_find_device(p->auth, old, 2999, &device));
    assert_false(srv_auth_find_device(p->auth, old, 3000, &device));
    assert_true(srv_auth_find_device(p->auth, fresh, 3000, &device));
    assert_int_equal(srv_auth_reload(p->auth, NULL), ST_OK); /* the store says the same */
    assert_true(srv_auth_find_device(p->auth, old, 2999, &device));
    assert_false(srv_auth_find_device(p->auth, old, 3000, &device));
    assert_int_equal(device.number, first.u.enroll.device);
}

enum { MANY = 3000, MANY_SECRETS = 200 };

/* What is good stays, whenever the table makes room. */
static void auth__rotated_for_years__keeps_the_last_one(void **state)
{
    struct place *p = *state;
    struct srv_device device;
    struct srv_enrollment e = {.device = 7};
    char token[SRV_SECRET_BYTES];
    for (int64_t i = 0; i < MANY; i++) {
        memcpy(e.old_digest, e.new_digest, DIGEST_BYTES);
        e.has_old_token = i > 0;
        e.old_expires_s = i * 10 + 5;
        assert_int_equal(srv_secret_make(token, e.new_digest, NULL), ST_OK);
        assert_int_equal(srv_auth_add_device(p->auth, &e, i * 10, NULL), ST_OK);
        assert_true(i == 0 || srv_auth_find_digest(p->auth, e.old_digest, e.old_expires_s - 1,
                                                   &device)); /* whenever the table grew */
    }
    assert_true(srv_auth_find_device(p->auth, token, INT64_MAX, &device));
    assert_int_equal(device.number, 7);
    assert_false(srv_auth_find_digest(p->auth, e.old_digest, e.old_expires_s, &device));
    assert_true(srv_auth_find_digest(p->auth, e.old_digest, e.old_expires_s - 1, &device));
}

static void auth__answer_of_a_rotation_was_lost__its_token_ends_with_the_old_one(void **state)
{
    struct place *p = *state;
    struct srv_device device;
    struct srv_enrollment e = {.device = 7, .old_expires_s = 500};
    char tokens[3][SRV_SECRET_BYTES];
    for (int i = 0; i < 3; i++) {
        e.has_old_token = i > 0;
        assert_int_equal(srv_secret_make(tokens[i], e.new_digest, NULL), ST_OK);
        assert_int_equal(srv_auth_add_device(p->auth, &e, 1, NULL), ST_OK);
    }
    assert_true(srv_auth_find_device(p->auth, tokens[1], 499, &device));
    assert_false(srv_auth_find_device(p->auth, tokens[0], 500, &device));
    assert_false(srv_auth_find_device(p->auth, tokens[1], 500, &device));
    assert_true(srv_auth_find_device(p->auth, tokens[2], 500, &device));
}

static void auth__bounded_credentials__end_when_they_say(void **state)
{
    struct place *p = *state;
    struct srv_actor actor;
    char token[SRV_SECRET_BYTES];
    struct srv_write w = {.kind = SRV_WRITE_CREDENTIAL, .now_s = 1};
    w.u.credential =
        (struct srv_credential){.name = "alice", .role = SRV_ROLE_VIEWER, .expires_s = 100};
    assert_int_equal(srv_secret_make(token, w.u.credential.digest, NULL), ST_OK);
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    assert_int_equal(srv_auth_reload(p->auth, NULL), ST_OK);
    assert_int_equal(srv_auth_find_actor(p->auth, token, 99, &actor), SRV_CREDENTIAL_GOOD);
    assert_int_equal(srv_auth_find_actor(p->auth, token, 100, &actor), SRV_CREDENTIAL_EXPIRED);
}

static void auth__secret_is_used_up__is_known_before_the_store_is_asked(void **state)
{
    struct place *p = *state;
    struct srv_actor actor;
    char secret[SRV_SECRET_BYTES];
    struct srv_enrollment e = {.device = 7, .has_secret = true};
    struct srv_write w = {.kind = SRV_WRITE_CREDENTIAL, .now_s = 1};
    w.u.credential = (struct srv_credential){.name = "site", .role = SRV_ROLE_ENROLL, .uses = 1};
    assert_int_equal(srv_secret_make(secret, w.u.credential.digest, NULL), ST_OK);
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    assert_int_equal(srv_auth_reload(p->auth, NULL), ST_OK);
    memcpy(e.secret_digest, w.u.credential.digest, DIGEST_BYTES);
    assert_int_equal(srv_auth_find_secret(p->auth, secret, 1, &actor), SRV_CREDENTIAL_GOOD);
    assert_int_equal(srv_auth_add_device(p->auth, &e, 1, NULL), ST_OK);
    assert_int_equal(srv_auth_find_secret(p->auth, secret, 1, &actor), SRV_CREDENTIAL_USED_UP);
    assert_string_equal(actor.name, "site");
}

static void add_bounded(struct place *p, const struct srv_credential *c)
{
    char secret[SRV_SECRET_BYTES];
    struct srv_write w = {.kind = SRV_WRITE_CREDENTIAL, .now_s = 1, .u.credential = *c};
    assert_int_equal(srv_secret_make(secret, w.u.credential.digest, NULL), ST_OK);
    assert_int_equal(srv_store_write(&p->store, &w, NULL), ST_OK);
    assert_int_equal(srv_auth_reload(p->auth, NULL), ST_OK);
}

static void auth__good_secrets__are_counted_and_when_the_last_one_ends(void **state)
{
    struct place *p = *state;
    struct srv_good_secrets good;
    srv_auth_count_secrets(p->auth, 10, &good);
    assert_int_equal(good.count, 0);
    assert_int_equal(good.last_end_s, -1);
    add_bounded(p, &(struct srv_credential){.name = "a", .expires_s = 100});
    add_bounded(p, &(struct srv_credential){.name = "b", .expires_s = 50});
    add_bounded(p, &(struct srv_credential){.name = "c", .role = SRV_ROLE_VIEWER});
    srv_auth_count_secrets(p->auth, 10, &good);
    assert_int_equal(good.count, 2);
    assert_int_equal(good.last_end_s, 100);
    srv_auth_count_secrets(p->auth, 50, &good);
    assert_int_equal(good.count, 1);
    srv_auth_count_secrets(p->auth, 100, &good);
    assert_int_equal(good.count, 0);
    assert_int_equal(good.last_end_s, -1);
    add_bounded(p, &(struct srv_credential){.name = "d"});
    srv_auth_count_secrets(p->auth, 10, &good);
    assert_int_equal(good.count, 3);
    assert_int_equal(good.last_end_s, -1); /* one of them never ends */
}

static void auth__many_credentials__each_finds_its_own(void **state)
{
    struct place *p = *state;
    struct srv_actor actor;
    char secrets[MANY_SECRETS][SRV_SECRET_BYTES];
    char name[SRV_NAME_BYTES];
    for (int i = 0; i < MANY_SECRETS; i++) {
        (void)snprintf(name, sizeof name, "site-%d", i);
        add_credential(p, SRV_ROLE_ENROLL, name, secrets[i]);
    }
    for (int i = 0; i < MANY_SECRETS; i++) {
        (void)snprintf(name, sizeof name, "site-%d", i);
        assert_int_equal(srv_auth_find_secret(p->auth, secrets[i], 1, &actor), SRV_CREDENTIAL_GOOD);
        assert_string_equal(actor.name, name);
    }
}

static void auth__many_devices__each_finds_its_own(void **state)
{
    struct place *p = *state;
    struct srv_device device;
    char(*tokens)[SRV_SECRET_BYTES] = calloc(MANY, sizeof *tokens);
    assert_non_null(tokens);
    for (int i = 0; i < MANY; i++) {
        struct srv_enrollment e = {.device = i + 1};
        assert_int_equal(srv_secret_make(tokens[i], e.new_digest, NULL), ST_OK);
        assert_int_equal(srv_auth_add_device(p->auth, &e, 1, NULL), ST_OK);
    }
    for (int i = 0; i < MANY; i++) {
        assert_true(srv_auth_find_device(p->auth, tokens[i], 1, &device));
        assert_int_equal(device.number, i + 1);
    }
    free(tokens);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(auth__token_of_an_operator__is_that_operator),
        TEST(auth__enroll_secret__opens_nothing_but_enrolling),
        TEST(auth__revoked__is_not_good_after_reload),
        TEST(auth__hostile_tokens__are_unknown),
        TEST(auth__token_rotated__old_one_is_good_until_it_expires),
        TEST(auth__rotated_for_years__keeps_the_last_one),
        TEST(auth__answer_of_a_rotation_was_lost__its_token_ends_with_the_old_one),
        TEST(auth__bounded_credentials__end_when_they_say),
        TEST(auth__secret_is_used_up__is_known_before_the_store_is_asked),
        TEST(auth__good_secrets__are_counted_and_when_the_last_one_ends),
        TEST(auth__many_credentials__each_finds_its_own),
        TEST(auth__many_devices__each_finds_its_own),
    };
    return cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
