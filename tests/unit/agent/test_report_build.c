/* test_report_build.c - ag_report_build(): parts, bounds and what stands in them. */
#include "tests/cmocka_all.h"

#include "agent/report_build.h"
#include "tests/fakes/fake_signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MOST = 40 };

static struct fake_signer signer;
static struct ag_config config;
static struct ag_host host;
static char name[] = "PC-1";
static struct ag_reporter reporter;
static struct ag_standing standing;
static struct ag_machine machine;
static struct pol_report *parts[PARTS_MOST];
static size_t part_count;
static struct err err;

static int start_group(void **state)
{
    (void)state;
    fake_signer_init(&signer, "test");
    host.name = name;
    return 0;
}

static int end_group(void **state)
{
    (void)state;
    fake_signer_done(&signer);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    machine = (struct ag_machine){.known = false};
    standing = (struct ag_standing){.trust = signer.trust, .received_version = 7002};
    return ag_reporter_init(&reporter, &config, &host, signer.trust, 1795000000, &err) == ST_OK
               ? 0
               : -1;
}

static void free_parts(void)
{
    while (part_count > 0) {
        pol_report_free(parts[--part_count]);
    }
}

static int tear_down(void **state)
{
    (void)state;
    free_parts();
    return 0;
}

/* group_count: of 200 bytes each, to make users large. */
static struct ag_pass *pass_of(size_t count, size_t group_count)
{
    struct ag_user *users = calloc(count + 1, sizeof *users);
    struct ag_pass *pass = NULL;
    assert_int_equal(ag_pass_new(users, count, &pass, &err), ST_OK);
    for (size_t i = 0; i < count; i++) {
        char sid[64];
        (void)snprintf(sid, sizeof sid, "S-1-5-21-1-2-3-%zu", i);
        users[i].sid = text_copy(sid);
        users[i].groups = calloc(group_count + 1, sizeof *users[i].groups);
        pass->outcomes[i].groups = calloc(group_count + 1, sizeof *pass->outcomes[i].groups);
        for (size_t g = 0; g < group_count; g++) {
            char group[220];
            (void)snprintf(group, sizeof group, "%0200zu", g);
            users[i].groups[g] = text_copy(group);
            users[i].group_count++;
            pass->outcomes[i].groups[g] = users[i].groups[g];
        }
        pass->outcomes[i].row = (struct pol_report_user){.sid = users[i].sid,
                                                         .groups = pass->outcomes[i].groups,
                                                         .group_count = group_count,
                                                         .hive_loaded = true,
                                                         .rule = -1,
                                                         .changed_at_s = -1,
                                                         .state = POL_STATE_UNMANAGED,
                                                         .observed = POL_OBSERVED_UNKNOWN,
                                                         .confidence = POL_CONFIDENCE_NONE,
                                                         .mailbox = POL_MAILBOX_UNKNOWN,
                                                         .set = POL_SET_LEAVE};
    }
    return pass;
}

static enum status put(void *ctx, struct span document, struct err *e)
{
    (void)ctx;
    assert_true(part_count < PARTS_MOST);
    enum status st = pol_report_parse(document, &parts[part_count], e);
    part_count += st == ST_OK ? 1 : 0;
    return st;
}

static void build(const struct ag_pass *pass, const struct ag_pass *before)
{
    struct ag_report_sink sink = {.put = put};
    struct ag_report_order order = {.device_id = "d-1",
                                    .standing = &standing,
                                    .machine = &machine,
                                    .pass = pass,
                                    .before = before,
                                    .now_s = 1795000000};
    free_parts();
    assert_int_equal(ag_report_build(&reporter, &order, &sink, &err), ST_OK);
}

static void build__no_users__is_one_full_part(void **state)
{
    (void)state;
    struct ag_pass *pass = pass_of(0, 0);
    build(pass, NULL);
    assert_int_equal(part_count, 1);
    assert_true(parts[0]->full);
    assert_int_equal(parts[0]->part, 1);
    assert_int_equal(parts[0]->parts, 1);
    assert_int_equal(parts[0]->received_version, 7002);
    assert_string_equal(parts[0]->host_name, "PC-1");
    ag_pass_free(pass);
}

static void build__place_of_the_host__is_told_as_far_as_a_report_holds_it(void **state)
{
    char long_ou[LIMIT_STRING_BYTES + 2];
    char site[] = "Berlin";
    (void)state;
    struct ag_pass *pass = pass_of(0, 0);
    memset(long_ou, 'x', sizeof long_ou);
    long_ou[LIMIT_STRING_BYTES + 1] = '\0';
    host.computer_ou = long_ou;
    host.ad_site = site;
    host.multi_session = POL_YES;
    build(pass, NULL);
    assert_null(parts[0]->host_computer_ou);
    assert_string_equal(parts[0]->host_ad_site, "Berlin");
    assert_int_equal(parts[0]->host_multi_session, POL_YES);
    long_ou[LIMIT_STRING_BYTES] = '\0';
    host.ad_site = NULL;
    host.multi_session = POL_NOT_KNOWN;
    build(pass, NULL);
    assert_string_equal(parts[0]->host_computer_ou, long_ou);
    assert_null(parts[0]->host_ad_site);
    assert_int_equal(parts[0]->host_multi_session, POL_NOT_KNOWN);
    host.computer_ou = NULL;
    ag_pass_free(pass);
}

static void build__outlook_of_the_machine__is_told_if_it_is_known(void **state)
{
    (void)state;
    struct ag_pass *pass = pass_of(0, 0);
    build(pass, NULL);
    assert_false(parts[0]->outlook_known);
    machine = (struct ag_machine){.known = true,
                                  .client = {.known = true,
                                             .version = "16.0.17328.20162",
                                             .bitness = POL_BITNESS_X64,
                                             .install = POL_INSTALL_CLICK_TO_RUN,
                                             .dotnet_release = 533320},
                                  .minimum = POL_YES};
    build(pass, NULL);
    assert_true(parts[0]->outlook_known);
    assert_string_equal(parts[0]->outlook_version, "16.0.17328.20162");
    assert_string_equal(parts[0]->outlook_bitness, "x64");
    assert_int_equal(parts[0]->outlook_install, POL_INSTALL_CLICK_TO_RUN);
    assert_int_equal(parts[0]->outlook_minimum, POL_YES);
    assert_int_equal(parts[0]->dotnet_release, 533320);
    machine.client = (struct ag_client){.known = true}; /* none is installed */
    machine.minimum = POL_NOT_KNOWN;
    build(pass, NULL);
    assert_string_equal(parts[0]->outlook_version, "");
    assert_null(parts[0]->outlook_bitness);
    assert_int_equal(parts[0]->outlook_minimum, POL_NOT_KNOWN);
    ag_pass_free(pass);
}

static void build__450_users__are_three_parts_in_order(void **state)
{
    (void)state;
    struct ag_pass *pass = pass_of(450, 0);
    build(pass, NULL);
    assert_int_equal(part_count, 3);
    size_t users = 0;
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(parts[i]->part, i + 1);
        assert_int_equal(parts[i]->parts, 3);
        assert_int_equal(parts[i]->seq, i + 1);
        users += parts[i]->user_count;
    }
    assert_int_equal(users, 450);
    assert_string_not_equal(parts[0]->report_id, parts[1]->report_id);
    assert_string_equal(parts[0]->run_id, parts[1]->run_id);
    build(pass, NULL);
    assert_int_equal(parts[0]->seq, 4);
    ag_pass_free(pass);
}

static void build__large_users__make_smaller_parts(void **state)
{
    (void)state;
    struct ag_pass *pass = pass_of(20, 100); /* 20 KB each: a dozen fits */
    build(pass, NULL);
    assert_true(part_count >= 2);
    size_t users = 0;
    for (size_t i = 0; i < part_count; i++) {
        assert_int_equal(parts[i]->parts, part_count);
        users += parts[i]->user_count;
    }
    assert_int_equal(users, 20);
    ag_pass_free(pass);
}

static void build__one_differs__names_only_that_one(void **state)
{
    (void)state;
    struct ag_pass *before = pass_of(5, 0);
    struct ag_pass *pass = pass_of(6, 0);
    pass->outcomes[2].row.ours = true;
    build(pass, before);
    assert_int_equal(part_count, 1);
    assert_false(parts[0]->full);
    assert_int_equal(parts[0]->user_count, 2);
    assert_string_equal(parts[0]->users[0].sid, "S-1-5-21-1-2-3-2");
    assert_string_equal(parts[0]->users[1].sid, "S-1-5-21-1-2-3-5");
    ag_pass_free(pass);
    ag_pass_free(before);
}

static void build__refused_and_pending__are_told_apart(void **state)
{
    (void)state;
    struct ag_pass *pass = pass_of(0, 0);
    struct err why;
    (void)err_refuse(&why, "expired", "/expires_at", "it has expired");
    ag_standing_refuse(&standing, "\"e\"", 1795000001, &why);
    standing.pending = (struct ag_pending){.version = 9001, .not_before_s = 1800000000};
    standing.pending.raw.size = 1; /* something is kept */
    build(pass, NULL);
    assert_string_equal(parts[0]->failed_code, "expired");
    assert_string_equal(parts[0]->failed_pointer, "/expires_at");
    assert_int_equal(parts[0]->failed_at_s, 1795000001);
    assert_string_equal(parts[0]->pending_code, "not_yet");
    assert_int_equal(parts[0]->pending_version, 9001);
    assert_int_equal(parts[0]->effective_version, 0);
    ag_pass_free(pass);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(build__no_users__is_one_full_part),
        TEST(build__place_of_the_host__is_told_as_far_as_a_report_holds_it),
        TEST(build__outlook_of_the_machine__is_told_if_it_is_known),
        TEST(build__450_users__are_three_parts_in_order),
        TEST(build__large_users__make_smaller_parts),
        TEST(build__one_differs__names_only_that_one),
        TEST(build__refused_and_pending__are_told_apart),
    };
    return cmocka_run_group_tests_name("report_build", tests, start_group, end_group);
}
