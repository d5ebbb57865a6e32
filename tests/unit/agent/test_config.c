/* test_config.c - ag_config_*(): flags and what is checked before the agent starts. */
#include "tests/cmocka_all.h"

#include "agent/config.h"

#include <stdio.h>
#include <string.h>

static struct ag_config config;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    config = (struct ag_config){.log_level = LOG_INFO};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ag_config_done(&config);
    return 0;
}

/* Arguments parted by '|'. */
static enum status read(const char *line)
{
    char text[4096];
    char *arguments[32];
    int count = 0;
    assert_true(strlen(line) < sizeof text);
    memcpy(text, line, strlen(line) + 1);
    for (char *next = text; next != NULL && count < 32; count++) {
        arguments[count] = next;
        next = strchr(next, '|');
        if (next != NULL) {
            *next++ = '\0';
        }
    }
    return ag_config_read_flags(&config, count, arguments, &err);
}

static void read_flags__each_setting__is_taken_and_the_last_wins(void **state)
{
    (void)state;
    assert_int_equal(
        read("--server-url|https://old|--server-url|https://a:1|--ca-file|ca|--trust-file|trust|"
             "--rollout|r|--data-dir|d|--enroll-secret-file|s|--proxy|http://p:1|"
             "--log-level|debug"),
        ST_OK);
    assert_string_equal(config.server_url, "https://a:1");
    assert_string_equal(config.enroll_secret_file, "s");
    assert_int_equal(config.log_level, LOG_DEBUG);
    assert_int_equal(ag_config_check(&config, &err), ST_OK);
}

static void read_flags__tags__replace_those_that_were_set_before(void **state)
{
    (void)state;
    assert_int_equal(read("--tags|machine"), ST_OK);
    assert_int_equal(read("--tags|a|--tags|b"), ST_OK);
    assert_int_equal(config.tag_count, 2);
    assert_string_equal(config.tags[0], "a");
    assert_string_equal(config.tags[1], "b");
}

static enum status read_url(const char *url)
{
    char line[256];
    (void)snprintf(line, sizeof line, "--server-url|%s", url);
    return read(line);
}

static void must_be_refused(enum status st, const char *code, const char *pointer)
{
    assert_int_equal(st, ST_REFUSED);
    assert_string_equal(err.code, code);
    assert_string_equal(err.pointer, pointer);
}

static void read_flags__wrong_ones__are_named(void **state)
{
    (void)state;
    must_be_refused(read("--server-uri|x"), "unknown_field", "--server-uri");
    must_be_refused(read("--server-uri"), "unknown_field", "--server-uri");
    must_be_refused(read("--data-dir"), "missing_field", "--data-dir");
    must_be_refused(read("--log-level|loud"), "out_of_range", "--log-level");
    char large[3000];
    memset(large, 'x', sizeof large - 1);
    memcpy(large, "--data-dir|", strlen("--data-dir|"));
    large[sizeof large - 1] = '\0';
    must_be_refused(read(large), "too_large", "--data-dir");
}

static void check__what_is_missing_or_malformed__is_named(void **state)
{
    (void)state;
    must_be_refused(ag_config_check(&config, &err), "missing_field", "DataDir");
    assert_int_equal(read("--data-dir|d"), ST_OK);
    must_be_refused(ag_config_check(&config, &err), "missing_field", "TrustFile");
    assert_int_equal(read("--trust-file|t"), ST_OK);
    assert_int_equal(ag_config_check(&config, &err), ST_OK);

    const char *urls[] = {"http://server", "https://",          "https:///x",  "https://u:p@h",
                          "https://h h",   "https://h/?policy", "https://h#x", "ftp://h"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        assert_int_equal(read_url(urls[i]), ST_OK);
        must_be_refused(ag_config_check(&config, &err), "bad_url", "--server-url");
    }
    assert_int_equal(read("--server-url|https://h:8443/path|--rollout|Bad Name"), ST_OK);
    must_be_refused(ag_config_check(&config, &err), "out_of_range", "--rollout");
    assert_int_equal(read("--rollout|good-1|--proxy|socks5://x"), ST_OK);
    must_be_refused(ag_config_check(&config, &err), "bad_url", "--proxy");
    const char *proxies[] = {"--proxy|none", "--proxy|auto", "--proxy|pac:http://h/p.pac"};
    for (size_t i = 0; i < sizeof proxies / sizeof proxies[0]; i++) {
        assert_int_equal(read(proxies[i]), ST_OK);
        assert_int_equal(ag_config_check(&config, &err), ST_OK);
    }
    assert_int_equal(read("--proxy|http://p:3128|--tags|"), ST_OK);
    must_be_refused(ag_config_check(&config, &err), "out_of_range", "--tags");
}

static enum status put(enum ag_setting_id id, const char *text)
{
    return ag_config_put(&config, id, "HKLM\\SOFTWARE\\Policies\\MapiRollout", text, &err);
}

static void put__of_each_word__is_understood(void **state)
{
    (void)state;
    assert_int_equal(put(AG_SET_OBSERVE, "none"), ST_OK);
    assert_int_equal(config.observe, AG_OBSERVE_NONE);
    assert_int_equal(put(AG_SET_OBSERVE, "full"), ST_OK);
    assert_int_equal(config.observe, AG_OBSERVE_FULL);
    assert_int_equal(put(AG_SET_PAUSE, "2026-11-22T10:00:00Z"), ST_OK);
    assert_int_equal(config.pause_until_s, 1795341600);
    assert_int_equal(put(AG_SET_MIN_VERSION, "7002"), ST_OK);
    assert_int_equal(config.min_version, 7002);
    assert_int_equal(put(AG_SET_LOG_LEVEL, "warning"), ST_OK);
    assert_int_equal(config.log_level, LOG_WARNING);
}

static void put__of_a_wrong_word__names_place_value_and_what_is_allowed(void **state)
{
    (void)state;
    must_be_refused(put(AG_SET_PAUSE, "tomorrow\n"), "out_of_range", "Pause");
    assert_string_equal(err.text, "Pause in HKLM\\SOFTWARE\\Policies\\MapiRollout is "
                                  "\"tomorrow\\x0a\"; it must be a time in UTC such as "
                                  "2026-11-22T10:00:00Z");
    must_be_refused(put(AG_SET_OBSERVE, "all"), "out_of_range", "Observe");
    assert_non_null(strstr(err.text, "none, process, profile or full"));
    const char *versions[] = {"", "7e3", "-1", " 7", "99999999999", "4294967296000"};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        must_be_refused(put(AG_SET_MIN_VERSION, versions[i]), "out_of_range", "MinVersion");
    }
    assert_int_equal(config.min_version, 0);
    must_be_refused(read("--pause|2026-11-22"), "out_of_range", "--pause");
    assert_non_null(strstr(err.text, "--pause is \"2026-11-22\""));
}

/* A proxy may have been written with a password in it. */
static void check__of_a_bad_url__does_not_show_it(void **state)
{
    (void)state;
    assert_int_equal(read("--data-dir|d|--trust-file|t"), ST_OK);
    assert_int_equal(put(AG_SET_PROXY, "http://user:hunter2@p:1"), ST_OK);
    must_be_refused(ag_config_check(&config, &err), "bad_url", "Proxy");
    assert_string_equal(err.text, "Proxy in HKLM\\SOFTWARE\\Policies\\MapiRollout must be none, "
                                  "auto, http://host:port or pac:URL");
}

static void put__of_more_tags_than_there_may_be__is_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(put(AG_SET_TAGS, "x"), ST_OK);
    }
    must_be_refused(put(AG_SET_TAGS, "x"), "too_large", "Tags");
    assert_int_equal(config.tag_count, 64);
}

static void same__of_settings__sees_each_difference(void **state)
{
    struct ag_config other = ag_config_defaults();
    (void)state;
    config = ag_config_defaults();
    assert_true(ag_config_same(&config, &other));
    static const struct {
        enum ag_setting_id id;
        const char *text;
    } ALL[AG_SET_COUNT] = {
        {AG_SET_SERVER_URL, "https://a"}, {AG_SET_CA_FILE, "a"},
        {AG_SET_TRUST_FILE, "a"},         {AG_SET_ROLLOUT, "a"},
        {AG_SET_ENROLL_SECRET_FILE, "a"}, {AG_SET_PROXY, "a"},
        {AG_SET_DATA_DIR, "a"},           {AG_SET_TAGS, "a"},
        {AG_SET_LOG_LEVEL, "error"},      {AG_SET_OBSERVE, "none"},
        {AG_SET_MIN_VERSION, "7"},        {AG_SET_PAUSE, "2026-11-22T10:00:00Z"},
    };
    for (size_t i = 0; i < AG_SET_COUNT; i++) {
        assert_int_equal(put(ALL[i].id, ALL[i].text), ST_OK);
        assert_false(ag_config_same(&config, &other));
        assert_int_equal(ag_config_put(&other, ALL[i].id, "elsewhere", ALL[i].text, &err), ST_OK);
        assert_true(ag_config_same(&config, &other));
    }
    assert_int_equal(put(AG_SET_PROXY, "b"), ST_OK);
    assert_false(ag_config_same(&config, &other));
    ag_config_done(&other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(read_flags__each_setting__is_taken_and_the_last_wins),
        TEST(read_flags__tags__replace_those_that_were_set_before),
        TEST(read_flags__wrong_ones__are_named),
        TEST(put__of_each_word__is_understood),
        TEST(put__of_a_wrong_word__names_place_value_and_what_is_allowed),
        TEST(put__of_more_tags_than_there_may_be__is_refused),
        TEST(check__of_a_bad_url__does_not_show_it),
        TEST(same__of_settings__sees_each_difference),
        TEST(check__what_is_missing_or_malformed__is_named),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
