/* probed.h - one machine's preflight with faked servers, in virtual time. */
#ifndef TESTS_UNIT_AGENT_PROBED_H
#define TESTS_UNIT_AGENT_PROBED_H

#include "tests/cmocka_all.h"

#include "agent/preflight.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_probing.h"
#include "tests/fakes/fake_vault.h"

#include <stdio.h>
#include <string.h>

#define ALLOW "https://mapi.contoso.example/mapi/healthcheck.htm"
#define BLOCK "https://mail.contoso.example/rpc/rpcproxy.dll"
#define BOTH  "https://both.contoso.example/owa/"

enum { TIMING_SPREAD_S = 1, SPREAD_S = TIMING_SPREAD_S * AG_PREFLIGHT_SPREAD_TIMES };
enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

#define FILE_NAME "preflight.known"

static struct fake_vault vault;
static struct fake_clock clock_state;
static struct fake_probing servers;
static struct ag_vault vault_port;
static struct ag_clock clock_port;
static struct ag_probing probing;
static struct ag_preflight preflight;
static struct pol_policy policy;

static inline int set_up(void **state)
{
    (void)state;
    fake_vault_init(&vault);
    fake_clock_init(&clock_state);
    servers = (struct fake_probing){.count = 0};
    vault_port = fake_vault_port(&vault);
    clock_port = fake_clock_port(&clock_state);
    probing = fake_probing_port(&servers);
    policy = (struct pol_policy){.timing = {.spread_s = TIMING_SPREAD_S}};
    policy.guards.allow = (struct pol_preflight){.urls = {ALLOW, BOTH}, .count = 2};
    policy.guards.block = (struct pol_preflight){.urls = {BLOCK, BOTH}, .count = 2};
    assert_int_equal(ag_preflight_open(&preflight, &vault_port, NULL), ST_OK);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    ag_preflight_done(&preflight);
    fake_vault_done(&vault);
    return 0;
}

static inline bool step(void)
{
    return ag_preflight_step(&preflight, &probing, &clock_port, &policy);
}

static inline uint64_t now_ms(void)
{
    return clock_port.monotonic_ms(clock_port.ctx);
}

/* Let time pass until something is due, and begin it. */
static inline uint64_t pass_until_due(void)
{
    uint64_t due_ms = ag_preflight_due_ms(&preflight);
    assert_true(due_ms != UINT64_MAX);
    uint64_t wait_ms = due_ms > now_ms() ? due_ms - now_ms() : 0;
    clock_state.ms += wait_ms;
    return wait_ms;
}

/* A whole probe of all that is due next, after the wait that is returned. */
static inline uint64_t probe(enum pol_verdict verdict)
{
    uint64_t wait_ms = pass_until_due();
    unsigned starts = servers.starts;
    assert_false(step());
    assert_int_equal(servers.starts, starts + 1);
    fake_probing_answer(&servers, verdict);
    (void)step();
    return wait_ms;
}

static inline void only(const char *url)
{
    policy.guards.allow = (struct pol_preflight){.urls = {url}, .count = 1};
    policy.guards.block.count = 0;
}

/* All draws in the middle: no jitter. */
static inline void without_chance(void)
{
    clock_state.chance = UINT32_MAX / 2 + 1;
    clock_state.constant = 1;
}

static inline bool is_near(uint64_t is_ms, uint64_t expected_ms)
{
    return is_ms + 2 >= expected_ms && is_ms <= expected_ms + 2;
}

static inline enum pol_answer answer_allow(void)
{
    return ag_preflight_answer(&preflight, &policy.guards.allow);
}

static inline struct pol_report_probe row(size_t place)
{
    struct pol_report_probe rows[AG_PREFLIGHT_ROWS];
    assert_true(place < ag_preflight_rows(&preflight, rows, AG_PREFLIGHT_ROWS));
    return rows[place];
}

static inline size_t row_count(void)
{
    struct pol_report_probe rows[AG_PREFLIGHT_ROWS];
    return ag_preflight_rows(&preflight, rows, AG_PREFLIGHT_ROWS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
