/* test_trust_keep.c - srv_trust: no start takes an older trust file than the one before. */
#include "tests/cmocka_all.h"

#include "base/file.h"
#include "policy/limits.h"
#include "server/trust_keep.h"
#include "tests/unit/server/scratch.h"

#include <psa/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A data directory, and a key that trust files of any version name. */
struct place {
    char folder[SCRATCH_PATH_BYTES];
    char kept[SCRATCH_PATH_BYTES * 2];
    struct signer signer;
};

static int set_up(void **state)
{
    static struct place place;
    scratch_make(place.folder);
    (void)snprintf(place.kept, sizeof place.kept, "%s/trust.kept", place.folder);
    signer_make(&place.signer);
    *state = &place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;
    signer_done(&p->signer);
    scratch_remove(p->folder);
    return 0;
}

static struct bytes trust_of(const struct place *p, uint32_t version)
{
    static const char *const ROLLOUTS[] = {"test"};
    struct bytes out = bytes_with_limit(LIMIT_TRUST_BYTES);
    assert_int_equal(
        pol_trust_write(version, 1, ROLLOUTS, 1, pol_key_public(p->signer.key), 1, &out, NULL),
        ST_OK);
    return out;
}

static enum status check(const struct place *p, uint32_t version, struct err *err)
{
    struct bytes text = trust_of(p, version);
    enum status st = srv_trust_check(p->folder, bytes_span(&text), err);
    bytes_free(&text);
    return st;
}

static void keep(const struct place *p, uint32_t version)
{
    struct bytes text = trust_of(p, version);
    srv_trust_keep(p->folder, bytes_span(&text));
    bytes_free(&text);
}

static void trust__nothing_kept__any_version_is_taken(void **state)
{
    assert_int_equal(check(*state, 1, NULL), ST_OK);
    assert_int_equal(check(*state, 9, NULL), ST_OK);
}

static void trust__kept__the_same_and_higher_versions_are_taken(void **state)
{
    struct place *p = *state;
    struct stat info;
    keep(p, 5);
    assert_int_equal(check(p, 5, NULL), ST_OK);
    assert_int_equal(check(p, 6, NULL), ST_OK);
    assert_int_equal(stat(p->kept, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void trust__older_than_kept__is_refused_with_what_to_do(void **state)
{
    struct place *p = *state;
    struct err err = {0};
    keep(p, 4);
    keep(p, 5);
    assert_int_equal(check(p, 4, &err), ST_REFUSED);
    assert_string_equal(err.code, "trust_rollback");
    assert_non_null(strstr(err.text, "version 4 is lower than 5"));
    assert_non_null(strstr(err.text, p->kept));
    assert_int_equal(unlink(p->kept), 0);
    assert_int_equal(check(p, 4, NULL), ST_OK);
}

static void trust__same_version_other_bytes__is_refused(void **state)
{
    struct place *p = *state;
    struct err err = {0};
    struct bytes text = trust_of(p, 5);
    keep(p, 5);
    assert_int_equal(bytes_append_text(&text, " "), ST_OK);
    assert_int_equal(srv_trust_check(p->folder, bytes_span(&text), &err), ST_REFUSED);
    assert_string_equal(err.code, "trust_rollback");
    bytes_free(&text);
}

static void trust__kept_copy_damaged__the_file_decides(void **state)
{
    struct place *p = *state;
    struct bytes large = bytes_with_limit((size_t)2 * LIMIT_TRUST_BYTES);
    while (large.size <= LIMIT_TRUST_BYTES) {
        assert_int_equal(bytes_append_text(&large, "x"), ST_OK);
    }
    const struct span damaged[] = {span_text(""), span_text("{\"version\":"), bytes_span(&large)};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        assert_int_equal(file_write(p->kept, damaged[i], FILE_FOR_OWNER, NULL), ST_OK);
        assert_int_equal(check(p, 1, NULL), ST_OK);
    }
    keep(p, 3);
    assert_int_equal(check(p, 2, NULL), ST_REFUSED);
    bytes_free(&large);
}

static void trust__kept_copy_cannot_be_read__is_no_rollback_and_no_start(void **state)
{
    struct place *p = *state;
    struct err err = {0};
    assert_int_equal(mkdir(p->kept, 0700), 0);
    assert_int_equal(check(p, 1, &err), ST_IO);
    assert_int_equal(rmdir(p->kept), 0);
}

static void trust__folder_cannot_be_written__goes_on(void **state)
{
    struct place *p = *state;
    struct place gone = *p;
    (void)snprintf(gone.folder, sizeof gone.folder, "%.64s/gone", p->folder);
    keep(&gone, 5);
    assert_int_equal(check(&gone, 1, NULL), ST_OK);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(trust__nothing_kept__any_version_is_taken),
        TEST(trust__kept__the_same_and_higher_versions_are_taken),
        TEST(trust__older_than_kept__is_refused_with_what_to_do),
        TEST(trust__same_version_other_bytes__is_refused),
        TEST(trust__kept_copy_damaged__the_file_decides),
        TEST(trust__kept_copy_cannot_be_read__is_no_rollback_and_no_start),
        TEST(trust__folder_cannot_be_written__goes_on),
    };
    return cmocka_run_group_tests_name("trust_keep", tests, NULL, NULL);
}
