/* test_tell.c - tell.h in a whole agent: what the log says, and what it does not repeat. */
#include "tests/cmocka_all.h"

#include "agent/event.h"
#include "base/log.h"
#include "tests/fakes/fake_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAID_BYTES = 1024 * 1024, HOUR_S = 3600 };

static char *said;
static struct fake_world world;

static void hear(void *ctx, enum log_level level, const char *message)
{
    size_t used = strlen(said);
    (void)ctx;
    (void)level;
    assert_true(used + LOG_MESSAGE_BYTES + 2 < SAID_BYTES);
    (void)snprintf(said + used, SAID_BYTES - used, "%s\n", message);
}

static int start(void **state)
{
    const struct log_sink sink = {.take = hear};
    (void)state;
    said = calloc(1, SAID_BYTES);
    fake_world_init(&world);
    log_open_sink(&sink);
    return said != NULL ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    log_close();
    fake_world_done(&world);
    free(said);
    return 0;
}

static unsigned count_of(const char *needle)
{
    unsigned count = 0;
    for (const char *at = strstr(said, needle); at != NULL; at = strstr(at + 1, needle)) {
        count++;
    }
    return count;
}

static void
run__with_a_server_that_is_away__says_so_once_after_hours_and_when_it_is_back(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    fake_world_go_down(&world);
    said[0] = '\0';
    fake_world_after(&world, 10 * HOUR_S, fake_world_come_up);
    fake_world_run(&world, 3 * HOUR_S);
    assert_int_equal(count_of("event=server_unreachable"), 0);
    fake_world_after(&world, 7 * HOUR_S, fake_world_come_up);
    fake_world_run(&world, 12 * HOUR_S);
    assert_int_equal(count_of("event=server_unreachable"), 1);
    assert_int_equal(count_of("event=server_reached hours=7"), 1);
}

static void run__with_a_policy_that_expires__says_so_once(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    said[0] = '\0';
    world.clock.offset_s += 4000LL * 24 * HOUR_S;
    fake_world_run(&world, HOUR_S);
    assert_int_equal(count_of("event=policy_stale rollout="), 1);
}

static void run__with_a_report_that_is_never_taken__says_that_it_is_dropped(void **state)
{
    (void)state;
    world.report_code = 422;
    fake_world_enforce_hold_back(&world);
    assert_true(count_of("event=report_dropped code=") >= 1);
}

/* Every line is one of the form that the table of events and those who search the log expect. */
static void run__of_an_agent_with_troubles__says_all_as_events(void **state)
{
    (void)state;
    fake_world_enforce_hold_back(&world);
    fake_world_go_down(&world);
    fake_world_after(&world, HOUR_S, fake_world_come_up);
    fake_world_drop_file(&world, span_text("no policy at all"));
    fake_world_run(&world, 2 * HOUR_S);
    assert_true(count_of("\n") > 5);
    for (const char *line = said; *line != '\0'; line += strcspn(line, "\n") + 1) {
        assert_int_equal(strncmp(line, "event=", 6), 0);
        assert_true(strspn(line + 6, "abcdefghijklmnopqrstuvwxyz_") > 3);
    }
    assert_int_equal(count_of("event=poll_failed code=unreachable"), 1);
    assert_int_equal(count_of("event=poll_well"), 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(run__with_a_server_that_is_away__says_so_once_after_hours_and_when_it_is_back),
        TEST(run__with_a_policy_that_expires__says_so_once),
        TEST(run__with_a_report_that_is_never_taken__says_that_it_is_dropped),
        TEST(run__of_an_agent_with_troubles__says_all_as_events),
    };
    return cmocka_run_group_tests_name("tell", tests, NULL, NULL);
}
