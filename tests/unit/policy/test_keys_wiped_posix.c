/* test_keys_wiped_posix.c - no block that is given back holds a secret: looked at when it is freed.
 *
 * The address sanitizer calls us for each block just before it is freed, ours and the libraries' alike, moves by
 * realloc() included. What was in it is kept and searched afterwards.
 */
#include "tests/cmocka_all.h"

#include "policy/limits.h"
#include "tests/unit/policy/signing.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* Two functions of the sanitizer's run-time, found by name: not every compiler has their header, and a
 * build without the sanitizer has not them. */
static int (*install_hooks)(void (*at_malloc)(const volatile void *, size_t),
                            void (*at_free)(const volatile void *));
static size_t (*size_of_block)(const volatile void *block);

static void find_sanitizer(void)
{
    void *found = dlsym(RTLD_DEFAULT, "__sanitizer_install_malloc_and_free_hooks");
    memcpy(&install_hooks, &found, sizeof found);
    found = dlsym(RTLD_DEFAULT, "__sanitizer_get_allocated_size");
    memcpy(&size_of_block, &found, sizeof found);
}

enum { KEPT_BYTES = 32 * 1024 * 1024, PIECE_BYTES = 12 };

static uint8_t kept[KEPT_BYTES];
static size_t kept_size;
static size_t kept_blocks;
static bool overflowed;
static bool keeping;

static void at_malloc(const volatile void *block, size_t size)
{
    (void)block;
    (void)size;
}

static void at_free(const volatile void *block)
{
    if (!keeping || block == NULL) {
        return;
    }
    size_t size = size_of_block(block);
    if (size > KEPT_BYTES - kept_size) {
        overflowed = true;
        return;
    }
    for (size_t i = 0; i < size; i++) {
        kept[kept_size + i] = ((const volatile uint8_t *)block)[i];
    }
    kept_size += size;
    kept_blocks++;
}

static void keep_from_now(void)
{
    kept_size = 0;
    kept_blocks = 0;
    overflowed = false;
    keeping = true;
}

static bool was_freed(const void *piece, size_t size)
{
    return memmem(kept, kept_size, piece, size) != NULL;
}

/* The secret number as it stands in a PKCS#8 file: 36 bytes in, so that its base64 begins there, too. */
struct secret_pieces {
    uint8_t number[KEY_COORDINATE_BYTES];
    char base64[16 + 1]; /* of its first 12 bytes, which end with the first line */
};

static struct secret_pieces pieces_of(const struct bytes *pem)
{
    struct secret_pieces out;
    struct bytes text = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    struct bytes der = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    const char *body = strchr(bytes_text(pem), '\n') + 1;
    for (const char *p = body; *p != '-' && *p != '='; p++) {
        const char c[] = {*p == '+' ? '-' : *p == '/' ? '_' : *p, '\0'};
        assert_int_equal(bytes_append_text(&text, *p == '\n' ? "" : c), ST_OK);
    }
    assert_true(pol_base64url_decode(bytes_span(&text), &der));
    memcpy(out.number, der.data + 36, sizeof out.number);
    (void)snprintf(out.base64, sizeof out.base64, "%.16s", body + 48);
    bytes_wipe(&text);
    bytes_wipe(&der);
    return out;
}

static void assert_nothing_left(const struct secret_pieces *pieces, const char *what)
{
    keeping = false;
    assert_false(overflowed);
    assert_true(kept_blocks > 0);
    for (size_t i = 0; i + PIECE_BYTES <= sizeof pieces->number; i++) {
        if (was_freed(pieces->number + i, PIECE_BYTES)) {
            fail_msg("%s: the secret number was freed with a block", what);
        }
    }
    if (was_freed(pieces->base64, strlen(pieces->base64))) {
        fail_msg("%s: the secret was freed with a block, in base64", what);
    }
}

static struct bytes private_pem(const struct pol_key *key, const char *passphrase)
{
    struct bytes pem = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    assert_int_equal(pol_key_write_private(key, span_text(passphrase), &pem, NULL), ST_OK);
    return pem;
}

/* ---- tests -------------------------------------------------------------------------------- */

static void hook__of_the_sanitizer__sees_what_is_freed(void **state)
{
    (void)state;
    struct pol_key *key = signing_key();
    struct bytes pem = private_pem(key, "");
    struct secret_pieces pieces = pieces_of(&pem);
    keep_from_now();
    bytes_free(&pem); /* and not bytes_wipe() */
    keeping = false;
    assert_true(was_freed(pieces.base64, strlen(pieces.base64)));
    assert_false(was_freed(pieces.number, sizeof pieces.number));
    pol_key_free(key);
}

static void key__made_written_and_freed__leaves_no_copy(void **state)
{
    (void)state;
    keep_from_now();
    struct pol_key *key = signing_key();
    struct bytes pem = private_pem(key, "");
    struct bytes sealed = private_pem(key, "correct horse battery");
    pol_key_free(key);
    keeping = false;
    struct secret_pieces pieces = pieces_of(&pem);
    keeping = true;
    bytes_wipe(&pem);
    bytes_wipe(&sealed);
    assert_nothing_left(&pieces, "made and written");
}

static void key__read_used_and_freed__leaves_no_copy(void **state)
{
    (void)state;
    struct pol_key *made = signing_key();
    struct bytes pem = private_pem(made, "");
    struct bytes sealed = private_pem(made, "correct horse battery");
    struct secret_pieces pieces = pieces_of(&pem);
    pol_key_free(made);
    keep_from_now();
    for (size_t i = 0; i < 2; i++) {
        struct pol_key *key = NULL;
        uint8_t signature[SIGNATURE_BYTES];
        assert_int_equal(pol_key_read_private(bytes_span(i == 0 ? &pem : &sealed),
                                              span_text(i == 0 ? "" : "correct horse battery"),
                                              &key, NULL),
                         ST_OK);
        assert_int_equal(pol_key_sign(key, span_text("payload"), signature, NULL), ST_OK);
        const struct pol_key *const keys[] = {key};
        struct bytes envelope = signing_envelope("{}", POL_DOCUMENT_POLICY, keys, 1);
        bytes_free(&envelope);
        pol_key_free(key);
    }
    assert_nothing_left(&pieces, "read and used");
    assert_false(was_freed("horse battery", strlen("horse battery")));
    bytes_wipe(&sealed);
    bytes_wipe(&pem);
}

static void key__that_cannot_be_read__leaves_no_copy(void **state)
{
    (void)state;
    struct pol_key *made = signing_key();
    struct bytes pem = private_pem(made, "");
    struct bytes sealed = private_pem(made, "correct horse battery");
    struct secret_pieces pieces = pieces_of(&pem);
    struct pol_public_key public;
    struct pol_key *key = NULL;
    pol_key_free(made);
    keep_from_now();
    assert_int_equal(
        pol_key_read_private(bytes_span(&sealed), span_text("wrong horse battery"), &key, NULL),
        ST_REFUSED);
    assert_int_equal(pol_key_read_private(bytes_span(&sealed), (struct span){0}, &key, NULL),
                     ST_REFUSED);
    /* Cut behind the secret; and its curve changed, so that the failure comes late. */
    assert_int_equal(
        pol_key_read_private((struct span){pem.data, 130}, (struct span){0}, &key, NULL),
        ST_REFUSED);
    assert_int_equal(pol_public_key_read(bytes_span(&pem), &public, NULL), ST_REFUSED);
    char *curve = strstr(bytes_text(&pem), "AwEHBG0w"); /* ... prime256v1, OCTET STRING ... */
    assert_non_null(curve);
    curve[3] = 'I';
    assert_int_equal(pol_key_read_private(bytes_span(&pem), (struct span){0}, &key, NULL),
                     ST_REFUSED);
    assert_null(key);
    assert_nothing_left(&pieces, "not read");
    assert_false(was_freed("horse battery", strlen("horse battery")));
    bytes_wipe(&sealed);
    bytes_wipe(&pem);
}

static int start(void **state)
{
    return signing_start(state) == 0 && install_hooks(at_malloc, at_free) != 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hook__of_the_sanitizer__sees_what_is_freed),
        cmocka_unit_test(key__made_written_and_freed__leaves_no_copy),
        cmocka_unit_test(key__read_used_and_freed__leaves_no_copy),
        cmocka_unit_test(key__that_cannot_be_read__leaves_no_copy),
    };
    find_sanitizer();
    if (install_hooks == NULL || size_of_block == NULL) {
        (void)fputs("skipped: this build has no address sanitizer\n", stderr);
        return 77;
    }
    return cmocka_run_group_tests_name("keys_wiped", tests, start, NULL);
}
