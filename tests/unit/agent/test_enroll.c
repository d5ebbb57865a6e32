/* test_enroll.c - ag_enroll_*(): secret, device, proof and copies of machines. */
#include "tests/cmocka_all.h"

#include "agent/enroll.h"
#include "base/file.h"
#include "tests/fakes/fake_vault.h"

#include <stdio.h>
#include <string.h>

static const int64_t NOW = 1795000000;
static const char GOOD[] = "{\"device_id\":\"d-1\",\"device_token\":\"t-1\"}";

static struct fake_vault store;
static struct ag_vault vault;
static struct ag_host host;
static char name[] = "PC-1";
static char guid[] = "guid-1";
static struct ag_enroll enroll;
enum { DAY_MS = 86400 * 1000 };
static struct err err;
static struct bytes body;
static struct ag_request request;

static void start(const char *secret_file)
{
    assert_int_equal(ag_enroll_open(&enroll, &vault, &host, secret_file, &err), ST_OK);
}

static void restart(const char *secret_file)
{
    ag_enroll_done(&enroll);
    start(secret_file);
}

static int set_up(void **state)
{
    (void)state;
    fake_vault_init(&store);
    vault = fake_vault_port(&store);
    host = (struct ag_host){.name = name, .machine_guid = guid};
    fake_vault_put(&store, "enroll.sealed", span_text("s3cret"));
    start("no-such-file");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bytes_free(&body);
    ag_enroll_done(&enroll);
    fake_vault_done(&store);
    return 0;
}

static void ask(void)
{
    bytes_free(&body);
    body = bytes_with_limit(4096);
    assert_int_equal(ag_enroll_request(&enroll, &body, &request, &err), ST_OK);
}

static enum ag_enroll_result answer(int http, const char *text)
{
    struct ag_answer a = {.st = ST_OK, .http = http, .body = bytes_with_limit(4096)};
    assert_int_equal(bytes_append_text(&a.body, text), ST_OK);
    enum ag_enroll_result result = ag_enroll_take(&enroll, &a, NOW, &err);
    bytes_free(&a.body);
    return result;
}

static void enroll_well(void)
{
    ask();
    assert_int_equal(answer(201, GOOD), AG_ENROLL_NEW_DEVICE);
}

static void request__first_time__shows_the_secret_and_the_machine(void **state)
{
    (void)state;
    assert_true(ag_enroll_is_wanted(&enroll, NOW, 0));
    ask();
    assert_string_equal(request.bearer, "s3cret");
    assert_null(request.device_token);
    assert_string_equal(bytes_text(&body),
                        "{\"host\":{\"name\":\"PC-1\",\"fqdn\":null,\"domain\":null,"
                        "\"machine_guid\":\"guid-1\",\"computer_sid\":null}}");
}

static void take__device__is_used_and_survives_a_restart(void **state)
{
    (void)state;
    enroll_well();
    assert_string_equal(ag_enroll_token(&enroll), "t-1");
    restart(NULL);
    assert_string_equal(enroll.device_id, "d-1");
    assert_string_equal(ag_enroll_token(&enroll), "t-1");
    assert_false(ag_enroll_is_wanted(&enroll, NOW, 0));
}

static void take__malformed_answers__are_refused_and_change_nothing(void **state)
{
    (void)state;
    const char *bad[] = {
        "",
        "[]",
        "{\"device_id\":\"d\"}",
        "{\"device_id\":\"d\",\"device_token\":\"\"}",
        "{\"device_id\":\"d d\",\"device_token\":\"t\"}",
        "{\"device_id\":\"d\",\"device_token\":\"t\\r\\nX: y\"}",
        "{\"device_id\":\"d\",\"device_token\":7}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ask();
        assert_int_equal(answer(201, bad[i]), AG_ENROLL_LATER);
        assert_int_equal(err.st, ST_REFUSED);
        assert_null(ag_enroll_token(&enroll));
        assert_string_equal(enroll.device_id, "");
    }
}

static void token_refused__old_one_proves_first_then_the_secret(void **state)
{
    (void)state;
    enroll_well();
    ag_enroll_refuse_token(&enroll);
    assert_null(ag_enroll_token(&enroll));
    ask();
    assert_null(request.bearer);
    assert_string_equal(request.device_token, "t-1");
    assert_int_equal(answer(401, ""), AG_ENROLL_REFUSED);
    assert_null(strstr(err.text, "t-1"));
    ask();
    assert_string_equal(request.bearer, "s3cret");
    assert_null(request.device_token);
    assert_int_equal(answer(201, "{\"device_id\":\"d-2\",\"device_token\":\"t-2\"}"),
                     AG_ENROLL_NEW_DEVICE);
    assert_string_equal(ag_enroll_token(&enroll), "t-2");
}

static void token_old__is_rotated_and_good_meanwhile(void **state)
{
    (void)state;
    enroll_well();
    assert_false(ag_enroll_is_wanted(&enroll, NOW + 30 * 86400 - 1, 0));
    assert_true(ag_enroll_is_wanted(&enroll, NOW + 30 * 86400, DAY_MS));
    assert_string_equal(ag_enroll_token(&enroll), "t-1");
    ask();
    assert_string_equal(request.device_token, "t-1");
    assert_int_equal(answer(201, "{\"device_id\":\"d-1\",\"device_token\":\"t-9\"}"),
                     AG_ENROLL_SAME_DEVICE);
    assert_string_equal(ag_enroll_token(&enroll), "t-9");
}

static void token_old__wall_clock_jumps__rotates_once_a_day_at_most(void **state)
{
    (void)state;
    static const int64_t TEN_YEARS_S = 10 * 365 * 86400LL;
    enroll_well();
    assert_false(ag_enroll_is_wanted(&enroll, NOW + TEN_YEARS_S, DAY_MS - 1));
    assert_false(ag_enroll_is_wanted(&enroll, NOW - TEN_YEARS_S, DAY_MS - 1));
    assert_true(ag_enroll_is_wanted(&enroll, NOW + TEN_YEARS_S, DAY_MS));
    assert_true(ag_enroll_is_wanted(&enroll, NOW - TEN_YEARS_S, DAY_MS));
    assert_false(ag_enroll_is_wanted(&enroll, NOW - 86400, DAY_MS)); /* a day is no future */

    restart(NULL); /* an old one of an earlier run is rotated at once */
    assert_true(ag_enroll_is_wanted(&enroll, NOW + TEN_YEARS_S, 0));
    assert_false(ag_enroll_is_wanted(&enroll, NOW - TEN_YEARS_S, 0));
}

static void open__fact_cannot_be_read_today__is_the_same_machine(void **state)
{
    (void)state;
    enroll_well();
    host.machine_guid = NULL;
    restart(NULL);
    assert_string_equal(enroll.device_id, "d-1");
}

static void open__other_machine__drops_the_device_and_says_so(void **state)
{
    (void)state;
    char other[] = "guid-2";
    enroll_well();
    host.machine_guid = other;
    restart(NULL);
    assert_string_equal(enroll.device_id, "");
    assert_null(ag_enroll_token(&enroll));
    assert_true(enroll.is_copy);
    assert_int_not_equal(err.st, ST_OK);
}

static void open__damaged_device__enrolls_again(void **state)
{
    (void)state;
    enroll_well();
    fake_vault_put(&store, "device.sealed", span_text("{\"device_id\":"));
    restart(NULL);
    assert_null(ag_enroll_token(&enroll));
    assert_int_equal(err.st, ST_REFUSED);
}

static void take__cannot_be_stored__is_used_all_the_same_and_told(void **state)
{
    (void)state;
    store.broken_name = "device.sealed";
    ask();
    assert_int_equal(answer(201, GOOD), AG_ENROLL_NEW_DEVICE);
    assert_int_equal(err.st, ST_NO_SPACE);
    assert_string_equal(ag_enroll_token(&enroll), "t-1");
}

/* ---- the secret's file -------------------------------------------------------------------- */

static void write_secret(const char *path, const char *text)
{
    assert_int_equal(file_write(path, span_text(text), FILE_FOR_OWNER, &err), ST_OK);
}

static void open__secret_file__wins_and_is_sealed(void **state)
{
    (void)state;
    char path[] = "test_enroll_secret.tmp";
    write_secret(path, "fresh\r\n");
    restart(path);
    ask();
    assert_string_equal(request.bearer, "fresh");
    assert_string_equal(bytes_text(&fake_vault_find(&store, "enroll.sealed")->content), "fresh");
    assert_int_equal(file_remove(path, &err), ST_OK);
}

static void open__secret_file_is_nonsense__is_not_used_and_not_shown(void **state)
{
    (void)state;
    char path[] = "test_enroll_nonsense.tmp";
    fake_vault_drop(&store, "enroll.sealed");
    const char *bad[] = {"", "\n", "two words\n", "a\nb\n", "\x80\x81\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_secret(path, bad[i]);
        restart(path);
        assert_int_equal(err.st, ST_REFUSED);
        assert_null(strstr(err.text, "words"));
        assert_false(ag_enroll_is_wanted(&enroll, NOW, 0));
    }
    assert_int_equal(file_remove(path, &err), ST_OK);
}

static void open__secret_file_is_nonsense_beside_a_sealed_one__is_told_all_the_same(void **state)
{
    (void)state;
    char path[] = "test_enroll_beside.tmp";
    write_secret(path, "a\nb\n");
    restart(path);
    assert_int_equal(err.st, ST_REFUSED);
    ask();
    assert_string_equal(request.bearer, "s3cret");
    assert_int_equal(file_remove(path, &err), ST_OK);
    restart(path); /* gone after it was sealed: as it should be */
    assert_int_equal(err.st, ST_OK);
    ask();
    assert_string_equal(request.bearer, "s3cret");
}

static void open__no_secret_at_all__is_told_and_nothing_is_asked(void **state)
{
    (void)state;
    fake_vault_drop(&store, "enroll.sealed");
    restart("no-such-file");
    assert_int_equal(err.st, ST_NOT_FOUND);
    assert_false(ag_enroll_is_wanted(&enroll, NOW, 0));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(request__first_time__shows_the_secret_and_the_machine),
        TEST(take__device__is_used_and_survives_a_restart),
        TEST(take__malformed_answers__are_refused_and_change_nothing),
        TEST(token_refused__old_one_proves_first_then_the_secret),
        TEST(token_old__is_rotated_and_good_meanwhile),
        TEST(token_old__wall_clock_jumps__rotates_once_a_day_at_most),
        TEST(open__fact_cannot_be_read_today__is_the_same_machine),
        TEST(open__other_machine__drops_the_device_and_says_so),
        TEST(open__damaged_device__enrolls_again),
        TEST(take__cannot_be_stored__is_used_all_the_same_and_told),
        TEST(open__secret_file__wins_and_is_sealed),
        TEST(open__secret_file_is_nonsense__is_not_used_and_not_shown),
        TEST(open__secret_file_is_nonsense_beside_a_sealed_one__is_told_all_the_same),
        TEST(open__no_secret_at_all__is_told_and_nothing_is_asked),
    };
    return cmocka_run_group_tests_name("enroll", tests, NULL, NULL);
}
