/* test_cycles_win.c - cycle after cycle of the whole agent over real ports: handles and memory stay
 * flat.
 *
 * Each cycle a newly signed policy comes as a file, is verified, stored, and brought to every user;
 * records are saved and the watch runs besides. MR_CYCLES says how many (tests/bench/cycles.sh).
 */
#include "tests/cmocka_all.h"

#include "agent/loop.h"
#include "agent/outlook_none.h"
#include "agent/outlook_win.h"
#include "agent/run.h"
#include "agent/sessions_win.h"
#include "agent/setting_win.h"
#include "agent/source_http.h"
#include "agent/users_win.h"
#include "agent/vault_win.h"
#include "agent/watch_win.h"
#include "base/clock.h"
#include "base/log.h"
#include "tests/fakes/fake_signer.h"
#include "tests/unit/agent/footprint_win.h"
#include "tests/unit/agent/scratch_folder_win.h"
#include "tests/unit/agent/scratch_hive_win.h"

#include <stdlib.h>
#include <string.h>

enum {
    USERS = 3,
    CYCLES = 120,
    WARM_UP = 40,
    SHOWN = 10, /* lines, of as many cycles each */
    /* Wine's heap grows by the mebibyte, so one step more is no leak. */
    MEMORY_MORE = 1100 * 1024,
};

static const wchar_t *const SIDS[USERS] = {L"S-1-5-21-71-72-73-1001", L"S-1-5-21-71-72-73-1002",
                                           L"S-1-5-21-71-72-73-1003"};

/* All that edge_win.c puts together, but for the control of a service. */
struct machine {
    struct fake_signer signer;
    struct ag_trust trust;
    struct ag_host host;
    struct ag_config config;
    struct ag_vault_win *vault;
    struct ag_vault vault_port;
    struct ag_sessions *sessions;
    struct ag_users_win *users;
    struct ag_outlook_win *outlook;
    struct ag_source_http *http;
    struct ag_watch *watch;
    struct ag_ports ports;
    struct ag_loop loop;
    char folder[SCRATCH_PATH_BYTES];
};

static struct machine machine;
static struct err err;

static int64_t wall_s(void *ctx)
{
    (void)ctx;
    return clock_wall_s();
}

static uint64_t monotonic_ms(void *ctx)
{
    (void)ctx;
    return clock_monotonic_ms();
}

static uint32_t chance(void *ctx)
{
    (void)ctx;
    return 4;
}

static bool stopping(void *ctx)
{
    (void)ctx;
    return false;
}

static bool hives_changed(void *ctx)
{
    (void)ctx;
    return ag_watch_take_change(machine.watch);
}

static bool files_changed(void *ctx)
{
    (void)ctx;
    return true; /* as the file was just put there: nothing waits for the watch to say so */
}

static void wake(void *ctx)
{
    (void)ctx;
}

static void open_ports(struct machine *m)
{
    const struct ag_source_http_options nowhere = {.server_url = NULL};
    assert_int_equal(ag_vault_win_open(m->folder, &m->vault, &err), ST_OK);
    m->vault_port = ag_vault_win_port(m->vault);
    assert_int_equal(ag_sessions_new(&AG_SESSION_CALLS, &m->sessions, &err), ST_OK);
    const struct ag_users_win_options users = {.vault = &m->vault_port,
                                               .keeps = true,
                                               .sessions = m->sessions,
                                               .host = &m->host,
                                               .wake = wake};
    assert_int_equal(ag_users_win_new(&users, &m->users, &err), ST_OK);
    assert_int_equal(ag_outlook_win_new(NULL, NULL, &m->outlook, &err), ST_OK);
    assert_int_equal(ag_source_http_open(&nowhere, &m->http, &err), ST_OK);
    assert_int_equal(ag_watch_start(wake, NULL, m->folder, &m->watch, &err), ST_OK);
    m->ports = (struct ag_ports){
        .clock = {.wall_s = wall_s, .monotonic_ms = monotonic_ms, .random = chance},
        .http = ag_source_http_port(m->http),
        .users = ag_users_win_port(m->users),
        .setting = ag_setting_win(m->sessions),
        .outlook = ag_outlook_win_port(m->outlook),
        .sights = ag_sights_none(),
        .vault = m->vault_port,
        .stopping = stopping,
        .hives_changed = hives_changed,
        .files_changed = files_changed,
    };
}

static int start(void **state)
{
    struct machine *m = &machine;
    (void)state;
    for (int i = 0; i < USERS; i++) {
        scratch_hive_load(SIDS[i]);
    }
    scratch_folder_name("cycles", m->folder);
    fake_signer_init(&m->signer, "test");
    m->trust = (struct ag_trust){.trust = m->signer.trust};
    m->host =
        (struct ag_host){.name = (char[]){"PC-1"}, .os = (char[]){"10"}, .arch = (char[]){"x64"}};
    m->config = ag_config_defaults();
    assert_int_equal(log_open(NULL, LOG_WARNING, &err), ST_OK);
    open_ports(m);
    assert_int_equal(ag_loop_open(&m->loop, &m->config, &m->host, &m->ports, &m->trust, &err),
                     ST_OK);
    return 0;
}

static int stop(void **state)
{
    struct machine *m = &machine;
    (void)state;
    ag_loop_close(&m->loop);
    ag_watch_stop(m->watch);
    ag_outlook_win_free(m->outlook);
    ag_source_http_close(m->http);
    ag_users_win_free(m->users);
    ag_sessions_free(m->sessions);
    ag_vault_win_close(m->vault);
    ag_config_done(&m->config);
    fake_signer_done(&m->signer);
    for (int i = 0; i < USERS; i++) {
        scratch_hive_unload(SIDS[i]);
    }
    scratch_folder_remove(m->folder);
    return 0;
}

static void expect_setting(const wchar_t *sid, bool blocked)
{
    wchar_t path[256];
    DWORD number = 0;
    DWORD size = sizeof number;
    (void)swprintf(path, 256, L"%ls\\%ls", sid, AG_SETTING_KEY);
    LSTATUS error =
        RegGetValueW(HKEY_USERS, path, L"MapiHttpDisabled", RRF_RT_REG_DWORD, NULL, &number, &size);
    assert_int_equal(error, blocked ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND);
    assert_int_equal(number, blocked);
}

/* Fetch, verify, evaluate, apply, observe, once. */
static void cycle(unsigned number)
{
    struct machine *m = &machine;
    bool blocked = number % 2 != 0;
    const struct fake_plan plan = {
        .serial = number,
        .stages = blocked ? "[{\"name\":\"one\",\"rules\":[],\"otherwise\":\"block\"}]"
                          : "[{\"name\":\"one\",\"rules\":[],\"otherwise\":\"allow\"}]"};
    struct bytes envelope = fake_signer_envelope(&m->signer, &plan, "one");
    assert_int_equal(
        m->ports.vault.write(m->ports.vault.ctx, "policy.jws", bytes_span(&envelope), &err), ST_OK);
    bytes_free(&envelope);
    assert_int_equal(ag_run_step(&m->loop), ST_OK);
    assert_int_equal(m->loop.standing.policy->version, (int64_t)number * 1000 + 1);
    assert_int_equal(m->loop.worst, ST_OK);
    for (int i = 0; i < USERS; i++) {
        expect_setting(SIDS[i], blocked);
    }
}

static unsigned cycles_wanted(void)
{
    const char *text = getenv("MR_CYCLES");
    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : CYCLES;
}

static void agent__cycle_after_cycle__handles_and_memory_stay_flat(void **state)
{
    unsigned cycles = cycles_wanted();
    unsigned number = 1;
    (void)state;
    assert_in_range(cycles, SHOWN, 1000000);
    while (number <= WARM_UP) {
        cycle(number++);
    }
    size_t handles = handle_count();
    size_t memory = memory_bytes();
    uint64_t began_ms = clock_monotonic_ms();
    (void)printf("cycles=0 handles=%zu memory_bytes=%zu ms=0\n", handles, memory);
    for (unsigned shown = 1; shown <= SHOWN; shown++) {
        while (number <= WARM_UP + cycles * shown / SHOWN) {
            cycle(number++);
        }
        (void)printf("cycles=%u handles=%zu memory_bytes=%zu ms=%llu\n", number - 1 - WARM_UP,
                     handle_count(), memory_bytes(),
                     (unsigned long long)(clock_monotonic_ms() - began_ms));
        (void)fflush(stdout);
    }
    assert_in_range(handle_count(), 1, handles + 2); /* the watch may be opening a key */
    assert_in_range(memory_bytes(), 0, memory + MEMORY_MORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(agent__cycle_after_cycle__handles_and_memory_stay_flat,
                                        start, stop),
    };
    return cmocka_run_group_tests_name("cycles", tests, NULL, NULL);
}
