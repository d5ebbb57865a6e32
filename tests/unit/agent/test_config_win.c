/* test_config_win.c - the machine's settings: which key wins, and what is refused by its name. */
#include "tests/cmocka_all.h"

#include "agent/config_win.h"

#include <string.h>

#include <windows.h>

#define AGENT  L"SOFTWARE\\MapiRollout\\Agent"
#define POLICY L"SOFTWARE\\Policies\\MapiRollout"

static struct err err;

static int clear(void **state)
{
    (void)state;
    (void)RegDeleteTreeW(HKEY_LOCAL_MACHINE, AGENT);
    (void)RegDeleteTreeW(HKEY_LOCAL_MACHINE, POLICY);
    return 0;
}

static void set_text(const wchar_t *key, const wchar_t *name, const wchar_t *text)
{
    assert_int_equal(RegSetKeyValueW(HKEY_LOCAL_MACHINE, key, name, REG_SZ, text,
                                     (DWORD)((wcslen(text) + 1) * sizeof *text)),
                     ERROR_SUCCESS);
}

static void set_raw(const wchar_t *name, DWORD type, const void *bytes, DWORD size)
{
    assert_int_equal(RegSetKeyValueW(HKEY_LOCAL_MACHINE, AGENT, name, type, bytes, size),
                     ERROR_SUCCESS);
}

static void expect_refused(const char *code, const char *name)
{
    struct ag_config config = {0};
    assert_int_equal(ag_config_win_read(&config, &err), ST_REFUSED);
    assert_string_equal(err.code, code);
    assert_non_null(strstr(err.text, name));
    assert_null(config.data_dir); /* nothing half-read comes out */
}

static void config__nothing_set__has_the_defaults(void **state)
{
    struct ag_config config = {0};
    (void)state;
    assert_int_equal(ag_config_win_read(&config, &err), ST_OK);
    assert_null(config.server_url);
    assert_null(config.trust_file);
    assert_int_equal(config.tag_count, 0);
    assert_non_null(config.tags); /* a rule that asks for a tag has its answer */
    assert_int_equal(config.log_level, LOG_INFO);
    assert_int_equal(config.min_version, 0);
    assert_string_equal(config.data_dir, "C:\\ProgramData\\MapiRollout");
    ag_config_done(&config);
}

static void config__both_keys_set__machine_policy_wins(void **state)
{
    struct ag_config config = {0};
    (void)state;
    set_text(AGENT, L"ServerUrl", L"https://agent:1");
    set_text(AGENT, L"LogLevel", L"debug");
    set_text(POLICY, L"ServerUrl", L"https://policy:1");
    set_text(POLICY, L"MinVersion", L"7002");
    assert_int_equal(ag_config_win_read(&config, &err), ST_OK);
    assert_string_equal(config.server_url, "https://policy:1");
    assert_int_equal(config.log_level, LOG_DEBUG);
    assert_int_equal(config.min_version, 7002);
    ag_config_done(&config);
}

static void config__umlauts_and_tags__come_as_utf8(void **state)
{
    static const wchar_t TAGS[] = L"hq\0b\u00fcro\0";
    struct ag_config config = {0};
    (void)state;
    set_text(AGENT, L"DataDir", L"C:\\B\u00fcro");
    set_raw(L"Tags", REG_MULTI_SZ, TAGS, sizeof TAGS);
    assert_int_equal(ag_config_win_read(&config, &err), ST_OK);
    assert_string_equal(config.data_dir, "C:\\B\xc3\xbcro");
    assert_int_equal(config.tag_count, 2);
    assert_string_equal(config.tags[0], "hq");
    assert_string_equal(config.tags[1], "b\xc3\xbcro");
    ag_config_done(&config);
}

static void config__text_without_final_nul__is_read_within_its_bounds(void **state)
{
    struct ag_config config = {0};
    (void)state;
    set_raw(L"Rollout", REG_SZ, L"abc", 3 * sizeof(wchar_t));
    assert_int_equal(ag_config_win_read(&config, &err), ST_OK);
    assert_string_equal(config.rollout, "abc");
    ag_config_done(&config);
}

static void config__wrong_type__is_refused_by_name(void **state)
{
    const DWORD number = 1;
    (void)state;
    set_raw(L"ServerUrl", REG_DWORD, &number, sizeof number);
    expect_refused("wrong_type", "ServerUrl");
}

static void config__tags_as_one_text__are_refused(void **state)
{
    (void)state;
    set_text(AGENT, L"Tags", L"hq");
    expect_refused("wrong_type", "Tags");
}

static void config__64_kib_of_text__is_refused(void **state)
{
    static wchar_t large[32 * 1024];
    (void)state;
    for (size_t i = 0; i + 1 < sizeof large / sizeof large[0]; i++) {
        large[i] = L'x';
    }
    set_raw(L"Proxy", REG_SZ, large, sizeof large);
    expect_refused("too_large", "Proxy");
}

static void config__half_a_character__is_refused(void **state)
{
    (void)state;
    set_text(AGENT, L"CaFile", L"\xd800");
    expect_refused("wrong_type", "CaFile");
}

static void config__unknown_level_or_version__is_refused(void **state)
{
    (void)state;
    set_text(AGENT, L"LogLevel", L"loud");
    expect_refused("out_of_range", "LogLevel");
    set_text(AGENT, L"LogLevel", L"info");
    set_text(POLICY, L"MinVersion", L"7e3");
    expect_refused("out_of_range", "MinVersion");
}

static void config__pause_or_min_version_beside_the_policy__is_refused(void **state)
{
    (void)state;
    set_text(AGENT, L"Pause", L"2030-01-01T00:00:00Z");
    expect_refused("unknown_field", "Pause in HKLM\\SOFTWARE\\MapiRollout\\Agent is not looked at");
    assert_int_equal(RegDeleteKeyValueW(HKEY_LOCAL_MACHINE, AGENT, L"Pause"), ERROR_SUCCESS);
    set_text(AGENT, L"MinVersion", L"7");
    expect_refused("unknown_field", "MinVersion");
}

static void config__of_machine_policy__has_pause_and_observe(void **state)
{
    static const wchar_t TAGS[] = L"policy\0";
    static const wchar_t OTHER[] = L"agent\0more\0";
    struct ag_config config = {0};
    (void)state;
    set_text(POLICY, L"Pause", L"2030-01-01T00:00:00Z");
    set_text(POLICY, L"Observe", L"process");
    set_text(AGENT, L"Observe", L"none");
    set_raw(L"Tags", REG_MULTI_SZ, OTHER, sizeof OTHER);
    assert_int_equal(
        RegSetKeyValueW(HKEY_LOCAL_MACHINE, POLICY, L"Tags", REG_MULTI_SZ, TAGS, sizeof TAGS),
        ERROR_SUCCESS);
    assert_int_equal(ag_config_win_read(&config, &err), ST_OK);
    assert_int_equal(config.pause_until_s, 1893456000);
    assert_int_equal(config.observe, AG_OBSERVE_PROCESS);
    assert_int_equal(config.tag_count, 1); /* value by value: the lists are not put together */
    assert_string_equal(config.tags[0], "policy");
    assert_string_equal(config.places[AG_SET_TAGS], "HKLM\\SOFTWARE\\Policies\\MapiRollout");
    ag_config_done(&config);
}

static void config__emptied_by_policy__is_not_taken_from_the_agents_key(void **state)
{
    struct ag_config config = {0};
    (void)state;
    set_text(AGENT, L"Proxy", L"http://p:1");
    set_text(POLICY, L"Proxy", L"");
    assert_int_equal(ag_config_win_read(&config, &err), ST_OK);
    assert_null(config.proxy);
    ag_config_done(&config);
}

static void config__with_a_bad_word__says_where_it_is_and_what_is_allowed(void **state)
{
    (void)state;
    set_text(POLICY, L"Observe", L"everything");
    expect_refused("out_of_range", "Observe in HKLM\\SOFTWARE\\Policies\\MapiRollout is "
                                   "\"everything\"; it must be none, process, profile or full");
}

#define CLEARED(test) cmocka_unit_test_setup_teardown(test, clear, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLEARED(config__nothing_set__has_the_defaults),
        CLEARED(config__both_keys_set__machine_policy_wins),
        CLEARED(config__umlauts_and_tags__come_as_utf8),
        CLEARED(config__text_without_final_nul__is_read_within_its_bounds),
        CLEARED(config__wrong_type__is_refused_by_name),
        CLEARED(config__tags_as_one_text__are_refused),
        CLEARED(config__64_kib_of_text__is_refused),
        CLEARED(config__half_a_character__is_refused),
        CLEARED(config__unknown_level_or_version__is_refused),
        CLEARED(config__pause_or_min_version_beside_the_policy__is_refused),
        CLEARED(config__of_machine_policy__has_pause_and_observe),
        CLEARED(config__emptied_by_policy__is_not_taken_from_the_agents_key),
        CLEARED(config__with_a_bad_word__says_where_it_is_and_what_is_allowed),
    };
    return cmocka_run_group_tests_name("config_win", tests, NULL, NULL);
}
