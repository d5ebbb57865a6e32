/* test_keys_posix.c - OpenSSL reads what we write, and we read what it writes. */
#include "tests/cmocka_all.h"

#include "base/file.h"
#include "policy/limits.h"
#include "tests/unit/policy/signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char folder[] = "/tmp/mapi-rollout-keys-XXXXXX";

static void path_of(const char *name, char out[256])
{
    (void)snprintf(out, 256, "%s/%s", folder, name);
}

static void write_file(const char *name, struct span content)
{
    char path[256];
    path_of(name, path);
    assert_int_equal(file_write(path, content, FILE_FOR_OWNER, NULL), ST_OK);
}

static struct bytes read_named(const char *name)
{
    char path[256];
    struct bytes out = {0};
    path_of(name, path);
    assert_int_equal(file_read(path, LIMIT_KEY_FILE_BYTES, &out, NULL), ST_OK);
    return out;
}

/* A command line, run inside the folder; its output is thrown away. */
static bool works(const char *command)
{
    char line[1024];
    (void)snprintf(line, sizeof line, "cd %s && { %s; } >/dev/null 2>&1", folder, command);
    return system(line) == 0;
}

static void our_private_key__read_by_openssl__has_our_public_key(void **state)
{
    (void)state;
    struct bytes pem = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    struct bytes public = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    struct pol_key *key = signing_key();
    assert_int_equal(pol_key_write_private(key, (struct span){0}, &pem, NULL), ST_OK);
    assert_int_equal(pol_public_key_write(pol_key_public(key), &public, NULL), ST_OK);
    write_file("plain.pem", bytes_span(&pem));
    write_file("public.pem", bytes_span(&public));
    assert_true(works("openssl pkey -in plain.pem -check -noout"));
    assert_true(
        works("openssl pkey -in plain.pem -pubout -out seen.pem && cmp seen.pem public.pem"));
    assert_true(works("openssl pkey -in plain.pem -out again.pem && cmp again.pem plain.pem"));
    pol_key_free(key);
    bytes_free(&public);
    bytes_wipe(&pem);
}

static void our_encrypted_key__opened_by_openssl__is_ours(void **state)
{
    (void)state;
    struct bytes pem = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    struct bytes public = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    struct pol_key *key = signing_key();
    assert_int_equal(pol_key_write_private(key,
                                           span_text("Stra\xc3\x9f"
                                                     "e 7"),
                                           &pem, NULL),
                     ST_OK);
    assert_int_equal(pol_public_key_write(pol_key_public(key), &public, NULL), ST_OK);
    write_file("sealed.pem", bytes_span(&pem));
    write_file("public.pem", bytes_span(&public));
    write_file("passphrase", span_text("Stra\xc3\x9f"
                                       "e 7\n"));
    write_file("wrong", span_text("Strasse 7\n"));
    assert_true(
        works("openssl pkey -in sealed.pem -passin file:passphrase -pubout -out seen.pem && "
              "cmp seen.pem public.pem"));
    assert_false(works("openssl pkey -in sealed.pem -passin file:wrong -noout"));
    assert_true(works("openssl asn1parse -in sealed.pem | grep -q ':0927C0'")); /* 600,000 rounds */
    assert_true(works("openssl asn1parse -in sealed.pem | grep -q ':aes-256-cbc'"));
    pol_key_free(key);
    bytes_free(&public);
    bytes_wipe(&pem);
}

/* Makes a key by a command that writes made.pem, and reads both halves of it. */
static void check_made_by(const char *command, const char *passphrase)
{
    struct pol_key *key = NULL;
    struct pol_public_key public;
    /* OpenSSL refuses an empty file even where it needs no passphrase. */
    write_file("passphrase", span_text(passphrase[0] != '\0' ? passphrase : "not needed"));
    assert_true(works(command));
    assert_true(works("openssl pkey -in made.pem -passin file:passphrase -pubout -out made.pub"));
    struct bytes pem = read_named("made.pem");
    struct bytes public_pem = read_named("made.pub");
    assert_int_equal(pol_key_read_private(bytes_span(&pem), span_text(passphrase), &key, NULL),
                     ST_OK);
    assert_int_equal(pol_public_key_read(bytes_span(&public_pem), &public, NULL), ST_OK);
    assert_string_equal(pol_key_public(key)->kid, public.kid);
    pol_key_free(key);
    bytes_free(&public_pem);
    bytes_wipe(&pem);
}

static void refuse_made(const char *passphrase, const char *words)
{
    struct pol_key *key = NULL;
    struct err err = {0};
    struct bytes pem = read_named("made.pem");
    assert_int_equal(pol_key_read_private(bytes_span(&pem), span_text(passphrase), &key, &err),
                     ST_REFUSED);
    assert_string_equal(err.code, "key_unknown");
    if (strstr(err.text, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    }
    assert_null(key);
    bytes_wipe(&pem);
}

static void key_of_openssl__plain_and_encrypted__is_read(void **state)
{
    (void)state;
    check_made_by("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out made.pem",
                  "");
    check_made_by("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
                  "-aes-256-cbc -pass file:passphrase -out made.pem",
                  "swordfish");
}

/* What OpenSSL can be told about PBES2; all of it opens with the passphrase and with no other. */
static void encrypted_key_of_openssl__in_each_way_of_pbes2__is_read(void **state)
{
    (void)state;
    static const char *const WAYS[] = {
        "-v2 aes-128-cbc -v2prf hmacWithSHA1",   "-v2 aes-128-cbc -v2prf hmacWithSHA256",
        "-v2 aes-192-cbc -v2prf hmacWithSHA256", "-v2 aes-256-cbc -v2prf hmacWithSHA1",
        "-v2 aes-256-cbc -v2prf hmacWithSHA256", "-v2 aes-256-cbc -v2prf hmacWithSHA512",
        "-v2 aes-256-cbc -iter 100000",          "-v2 aes-256-cbc -iter 1",
    };
    for (size_t i = 0; i < COUNT(WAYS); i++) {
        char command[512];
        (void)snprintf(command, sizeof command,
                       "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
                       "-out plain.pem && openssl pkcs8 -topk8 -in plain.pem %s "
                       "-passout file:passphrase -out made.pem",
                       WAYS[i]);
        check_made_by(command, "swordfish");
        refuse_made("swordfisch", "the passphrase does not open the private key");
        refuse_made("", "the private key needs its passphrase");
    }
}

/* Other ways to write the same key down, which its owner will have without knowing. */
static void key_of_openssl__in_another_form__is_read(void **state)
{
    (void)state;
    static const char GENERATE[] =
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.pem && ";
    static const char *const FORMS[] = {
        "openssl pkey -in plain.pem -text -out made.pem",
        "sed 's/$/\r/' plain.pem >made.pem",
        "{ echo a comment; cat plain.pem; echo; echo more; } >made.pem",
        "openssl ec -in plain.pem -out sec1.pem && openssl pkey -in sec1.pem -out made.pem",
        "openssl pkey -in plain.pem -ec_conv_form compressed -out made.pem",
        "openssl pkcs8 -topk8 -in plain.pem -passout file:passphrase | sed 's/$/\r/' >made.pem",
    };
    for (size_t i = 0; i < COUNT(FORMS); i++) {
        char command[512];
        (void)snprintf(command, sizeof command, "%s%s", GENERATE, FORMS[i]);
        check_made_by(command, i + 1 < COUNT(FORMS) ? "" : "swordfish");
    }
}

static void key_of_openssl__that_is_not_ours_to_use__is_refused_in_words_that_help(void **state)
{
    (void)state;
    static const struct {
        const char *command, *words;
    } OTHERS[] = {
        {"openssl ecparam -genkey -name prime256v1 -noout -out made.pem", "openssl pkcs8 -topk8"},
        {"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.pem && "
         "openssl pkcs8 -topk8 -scrypt -in plain.pem -passout pass:swordfish -out made.pem",
         "not encrypted by PBES2"},
        {"openssl pkcs8 -topk8 -v2 camellia256 -in plain.pem -passout pass:swordfish -out made.pem",
         "not encrypted by PBES2"},
        {"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
         "-pkeyopt ec_param_enc:explicit -out made.pem",
         "its curve has no name"},
        {"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out made.pem", "P-256"},
        {"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out made.pem",
         "P-256"},
        {"openssl genpkey -algorithm ED25519 -out made.pem", "P-256"},
        {"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out made.pem", "P-256"},
    };
    for (size_t i = 0; i < COUNT(OTHERS); i++) {
        assert_true(works(OTHERS[i].command));
        refuse_made("swordfish", OTHERS[i].words);
    }
}

static void public_key_of_openssl__in_each_form__is_the_same(void **state)
{
    (void)state;
    static const char *const FORMS[] = {
        "openssl pkey -in plain.pem -pubout -out made.pub",
        "openssl pkey -in plain.pem -pubout -ec_conv_form compressed -out made.pub",
        "openssl pkey -in plain.pem -pubout | sed 's/$/\r/' >made.pub",
        "openssl ec -in plain.pem -pubout -out made.pub",
    };
    char kid[KEY_ID_BYTES] = "";
    assert_true(
        works("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.pem"));
    for (size_t i = 0; i < COUNT(FORMS); i++) {
        struct pol_public_key public;
        struct err err = {0};
        assert_true(works(FORMS[i]));
        struct bytes pem = read_named("made.pub");
        if (pol_public_key_read(bytes_span(&pem), &public, &err) != ST_OK) {
            fail_msg("%s: %s", FORMS[i], err.text);
        }
        assert_true(i == 0 || strcmp(kid, public.kid) == 0);
        memcpy(kid, public.kid, sizeof kid);
        bytes_free(&pem);
    }
}

static void our_signature__checked_by_openssl__holds(void **state)
{
    (void)state;
    static const char TO_DER[] =
        "printf 'asn1=SEQUENCE:s\\n[s]\\nr=INTEGER:0x%s\\ns=INTEGER:0x%s\\n' "
        "$(cut -c1-64 raw.hex) $(cut -c65-128 raw.hex) >der.cnf && "
        "openssl asn1parse -genconf der.cnf -noout -out signature.der";
    uint8_t signature[SIGNATURE_BYTES];
    char hex[2 * SIGNATURE_BYTES + 1];
    struct bytes public = bytes_with_limit(LIMIT_KEY_FILE_BYTES);
    struct pol_key *key = signing_key();
    assert_int_equal(pol_key_sign(key, span_text("payload"), signature, NULL), ST_OK);
    assert_int_equal(pol_public_key_write(pol_key_public(key), &public, NULL), ST_OK);
    hex_encode(signature, sizeof signature, hex);
    write_file("raw.hex", span_text(hex));
    write_file("public.pem", bytes_span(&public));
    write_file("message", span_text("payload"));
    write_file("other", span_text("paylaod"));
    assert_true(works(TO_DER));
    assert_true(works("openssl dgst -sha256 -verify public.pem -signature signature.der message"));
    assert_false(works("openssl dgst -sha256 -verify public.pem -signature signature.der other"));
    pol_key_free(key);
    bytes_free(&public);
}

static int set_up(void **state)
{
    return signing_start(state) == 0 && mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char line[512];
    (void)snprintf(line, sizeof line, "rm -rf %s", folder);
    return system(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_private_key__read_by_openssl__has_our_public_key),
        cmocka_unit_test(our_encrypted_key__opened_by_openssl__is_ours),
        cmocka_unit_test(key_of_openssl__plain_and_encrypted__is_read),
        cmocka_unit_test(encrypted_key_of_openssl__in_each_way_of_pbes2__is_read),
        cmocka_unit_test(key_of_openssl__in_another_form__is_read),
        cmocka_unit_test(key_of_openssl__that_is_not_ours_to_use__is_refused_in_words_that_help),
        cmocka_unit_test(public_key_of_openssl__in_each_form__is_the_same),
        cmocka_unit_test(our_signature__checked_by_openssl__holds),
    };
    if (system("openssl version >/dev/null 2>&1") != 0) {
        (void)fputs("skipped: openssl is not installed\n", stderr);
        return 77;
    }
    return cmocka_run_group_tests_name("keys_posix", tests, set_up, tear_down);
}
