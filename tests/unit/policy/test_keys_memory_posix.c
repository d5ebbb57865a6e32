/* test_keys_memory_posix.c - making, reading, writing and using keys when memory runs out. */
#include "tests/cmocka_all.h"

#include "policy/limits.h"
#include "tests/fakes/nth_allocation.h"
#include "tests/unit/policy/signing.h"

#include <string.h>

/* Inside mbedTLS a generator or a point on the curve that lacks memory is a generator that failed (ST_IO)
 * or a point that is none (ST_REFUSED): it does not hand the reason on. */
struct keeping {
    struct pol_key *key; /* a good one */
    struct pol_key *made;
    struct pol_public_key public;
    struct bytes pem;
    struct bytes written;
    struct span passphrase;
    uint8_t signature[SIGNATURE_BYTES];
};

static int start(void **state)
{
    static struct keeping k;
    if (signing_start(state) != 0) {
        return -1;
    }
    k.key = signing_key();
    k.pem = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    k.written = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    *state = &k;
    return 0;
}

static int stop(void **state)
{
    struct keeping *k = *state;
    pol_key_free(k->key);
    return 0;
}

static enum status generate(void *ctx, struct err *err)
{
    struct keeping *k = ctx;
    return pol_key_generate(&k->made, err);
}

static enum status read_private(void *ctx, struct err *err)
{
    struct keeping *k = ctx;
    return pol_key_read_private(bytes_span(&k->pem), k->passphrase, &k->made, err);
}

static void after_made(void *ctx, bool good)
{
    struct keeping *k = ctx;
    assert_int_equal(k->made != NULL, good);
    pol_key_free(k->made);
    k->made = NULL;
}

static enum status read_public(void *ctx, struct err *err)
{
    struct keeping *k = ctx;
    return pol_public_key_read(bytes_span(&k->pem), &k->public, err);
}

static void after_read_public(void *ctx, bool good)
{
    struct keeping *k = ctx;
    assert_int_equal(k->public.kid[0] != '\0', good);
    k->public = (struct pol_public_key){0};
}

static enum status write_private(void *ctx, struct err *err)
{
    struct keeping *k = ctx;
    return pol_key_write_private(k->key, k->passphrase, &k->written, err);
}

static enum status write_public(void *ctx, struct err *err)
{
    struct keeping *k = ctx;
    return pol_public_key_write(pol_key_public(k->key), &k->written, err);
}

static void after_write(void *ctx, bool good)
{
    struct keeping *k = ctx;
    assert_int_equal(k->written.size > 0, good);
    bytes_wipe(&k->written);
}

static enum status sign(void *ctx, struct err *err)
{
    struct keeping *k = ctx;
    return pol_key_sign(k->key, span_text("message"), k->signature, err);
}

static void after_sign(void *ctx, bool good)
{
    static const uint8_t UNTOUCHED[SIGNATURE_BYTES] = {0};
    struct keeping *k = ctx;
    assert_int_equal(memcmp(k->signature, UNTOUCHED, sizeof UNTOUCHED) != 0, good);
    memset(k->signature, 0, sizeof k->signature);
}

static void generate__every_allocation_fails__no_memory(void **state)
{
    struct nth_call call = {.ctx = *state, .call = generate, .after = after_made, .also = {ST_IO}};
    assert_true(nth_allocation_each(&call) >= 10);
}

static void sign__every_allocation_fails__no_memory(void **state)
{
    struct nth_call call = {.ctx = *state, .call = sign, .after = after_sign, .also = {ST_IO}};
    assert_true(nth_allocation_each(&call) >= 10);
}

static void private_key__every_allocation_fails__no_memory(void **state)
{
    struct keeping *k = *state;
    struct nth_call writing = {.ctx = k, .call = write_private, .after = after_write};
    struct nth_call reading = {
        .ctx = k, .call = read_private, .after = after_made, .also = {ST_IO, ST_REFUSED}};
    k->passphrase = (struct span){0};
    assert_true(nth_allocation_each(&writing) >= 1);
    assert_int_equal(pol_key_write_private(k->key, k->passphrase, &k->pem, NULL), ST_OK);
    assert_true(nth_allocation_each(&reading) >= 10);
    bytes_wipe(&k->pem);
}

/* Written with as many iterations of PBKDF2 as we always take, read with one. */
static void sealed_key__every_allocation_fails__no_memory(void **state)
{
    struct keeping *k = *state;
    struct nth_call writing = {.ctx = k, .call = write_private, .after = after_write};
    struct nth_call reading = {
        .ctx = k, .call = read_private, .after = after_made, .also = {ST_IO, ST_REFUSED}};
    k->passphrase = span_text("correct horse");
    assert_true(nth_allocation_each(&writing) >= 1);
    k->pem = signing_stored("keys/sealed-one-iteration.pem");
    assert_true(nth_allocation_each(&reading) >= 10);
    bytes_wipe(&k->pem);
}

static void public_key__every_allocation_fails__no_memory(void **state)
{
    struct keeping *k = *state;
    struct nth_call writing = {.ctx = k, .call = write_public, .after = after_write};
    struct nth_call reading = {.ctx = k, .call = read_public, .after = after_read_public};
    assert_true(nth_allocation_each(&writing) >= 1);
    assert_int_equal(pol_public_key_write(pol_key_public(k->key), &k->pem, NULL), ST_OK);
    assert_true(nth_allocation_each(&reading) >= 5);
    bytes_free(&k->pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generate__every_allocation_fails__no_memory),
        cmocka_unit_test(sign__every_allocation_fails__no_memory),
        cmocka_unit_test(private_key__every_allocation_fails__no_memory),
        cmocka_unit_test(sealed_key__every_allocation_fails__no_memory),
        cmocka_unit_test(public_key__every_allocation_fails__no_memory),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
