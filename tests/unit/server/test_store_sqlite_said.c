/* test_store_sqlite_said.c - what is said gets another number whenever any of it differs. */
#include "tests/cmocka_all.h"

#include "server/store_sqlite_said.h"

#include <stdio.h>
#include <string.h>

static const char *const ONE[] = {"x"};
static const char *const TWO[] = {"x", "y"};
static const char *const JOINED[] = {"xy"};
static const struct pol_report_probe PROBE = {.url = "https://x", .at_s = 1};
static const struct pol_report_probe LATER = {.url = "https://x", .at_s = 2};

struct said {
    int64_t number;
    const char *what;
};

static void assert_all_differ(const struct said *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = i + 1; k < count; k++) {
            if (all[i].number == all[k].number) {
                fail_msg("%s and %s have the same number", all[i].what, all[k].what);
            }
        }
    }
}

/* Each difference to a report that says nothing but its machine's name. */
static void machine__anything_differs__another_number(void **state)
{
    (void)state;
    static const struct pol_report BASE = {.host_name = "PC"};
    struct said all[64] = {{sqlite_said_of_machine(&BASE), "nothing"}};
    size_t count = 1;
#define WITH(...)                                                                                  \
    do {                                                                                           \
        struct pol_report r = BASE;                                                                \
        __VA_ARGS__;                                                                               \
        all[count++] = (struct said){sqlite_said_of_machine(&r), #__VA_ARGS__};                    \
    } while (0)
    WITH(r.host_name = "PD");
    WITH(r.host_fqdn = "x");
    WITH(r.host_fqdn = "");
    WITH(r.host_domain = "x");
    WITH(r.host_os = "x");
    WITH(r.host_arch = "x");
    WITH(r.host_computer_ou = "x");
    WITH(r.host_ad_site = "x");
    WITH(r.host_multi_session = POL_YES);
    WITH(r.host_multi_session = POL_NO);
    WITH(r.tags = ONE, r.tag_count = 1);
    WITH(r.tags = TWO, r.tag_count = 2);
    WITH(r.tags = JOINED, r.tag_count = 1);
    WITH(r.agent_version = "x");
    WITH(r.trust_version = 1);
    WITH(r.received_version = 1);
    WITH(r.effective_version = 1);
    WITH(r.digest = "x");
    WITH(r.stale = true);
    WITH(r.failed_code = "x");
    WITH(r.failed_pointer = "x");
    WITH(r.outlook_known = true);
    WITH(r.outlook_version = "x");
    WITH(r.outlook_bitness = "x");
    WITH(r.outlook_install = (enum pol_install)1);
    WITH(r.outlook_minimum = POL_YES);
    WITH(r.outlook_minimum = POL_NO);
    WITH(r.dotnet_release = 1);
    WITH(r.probes = &PROBE, r.probe_count = 1);
    WITH(r.probes = &LATER, r.probe_count = 1);
#undef WITH
    assert_all_differ(all, count);
}

static void user__anything_differs__another_number(void **state)
{
    (void)state;
    static const struct pol_report_user BASE = {.sid = "S-1"};
    struct pol_report r = {.host_name = "PC"};
    struct said all[64] = {{sqlite_said_of_user(&r, &BASE), "nothing"}};
    size_t count = 1;
#define WITH(...)                                                                                  \
    do {                                                                                           \
        struct pol_report_user u = BASE;                                                           \
        __VA_ARGS__;                                                                               \
        all[count++] = (struct said){sqlite_said_of_user(&r, &u), #__VA_ARGS__};                   \
    } while (0)
    WITH(u.account = "x");
    WITH(u.groups = ONE);
    WITH(u.groups = ONE, u.group_count = 1);
    WITH(u.groups = TWO, u.group_count = 2);
    WITH(u.groups = JOINED, u.group_count = 1);
    WITH(u.hive_loaded = true);
    WITH(u.ring = "x");
    WITH(u.decided = true);
    WITH(u.set = (enum pol_set)1);
    WITH(u.ours = true);
    WITH(u.value.known = true);
    WITH(u.value.known = true, u.value.present = true);
    WITH(u.value.known = true, u.value.present = true, u.value.type = 4);
    WITH(u.value.known = true, u.value.present = true, u.value.type = 4, u.value.dword = 1);
    WITH(u.pre_image.known = true);
    WITH(u.pre_image.known = true, u.pre_image.present = true, u.pre_image.type = 4);
    WITH(u.changed_at_s = 5);
    WITH(u.corrections = 1);
    WITH(u.state = (enum pol_state)1);
    WITH(u.blocked_by = (enum pol_blocked)1);
    WITH(u.error_code = "x");
    WITH(u.outlook_known = true);
    WITH(u.outlook_running = true);
    WITH(u.outlook_started_s = 5);
    WITH(u.starts_since_change = 1);
    WITH(u.observed = (enum pol_observed)1);
    WITH(u.confidence = (enum pol_confidence)1);
    WITH(u.mailbox = (enum pol_mailbox)1);
    WITH(u.evidence = ONE, u.evidence_count = 1);
    r.effective_version = 1;
    WITH((void)u);
    r.effective_version = 0;
    r.outlook_known = true;
    WITH((void)u);
    r.outlook_version = "x";
    WITH((void)u);
#undef WITH
    assert_all_differ(all, count);
}

/* The numbers are in stores: the same report, read into other memory, has the same. */
static void said__same_again_elsewhere__same_number(void **state)
{
    (void)state;
    char name[] = "PC-1";
    char tag[] = "x";
    const char *const tags[] = {tag};
    struct pol_report r = {.host_name = "PC-1", .tags = ONE, .tag_count = 1};
    struct pol_report same = {.host_name = name, .tags = tags, .tag_count = 1};
    assert_true(sqlite_said_of_machine(&r) == sqlite_said_of_machine(&same));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machine__anything_differs__another_number),
        cmocka_unit_test(user__anything_differs__another_number),
        cmocka_unit_test(said__same_again_elsewhere__same_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
