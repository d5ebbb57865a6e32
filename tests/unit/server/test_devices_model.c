/* test_devices_model.c - machines that do everything in any order, some of it with what is not theirs:
 * after each round the server must have of each machine what a model of a few lines has. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/machines.h"

#include <stdio.h>
#include <string.h>

enum {
    MACHINES = 12,
    SIDS = 5,
    TOKENS = 9, /* of a machine: as many as its rate allows, and some to spare */
    ROUNDS = 40,
    STEPS = 25,
    HOUR_S = 3600,
    TOKEN_DAY_S = 86400,
    REPORT_BYTES = 4096
};

static const char *const STATES[] = {"idle", "compliant", "pending_restart", "error", "unmanaged"};

struct model {
    struct machine machine;
    char tokens[TOKENS][SRV_SECRET_BYTES];
    int64_t expires_s[TOKENS]; /* -1: never */
    size_t token_count;
    bool retired;
    const char *state[SIDS]; /* NULL: no such user */
    uint32_t seq;
    char last[REPORT_BYTES]; /* "" none */
};

struct world {
    struct place *p;
    struct model models[MACHINES];
    size_t count;
    uint64_t random;
    uint32_t report;
};

static uint32_t roll(struct world *w, uint32_t below)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (uint32_t)(w->random >> 32) % below;
}

static struct model *pick(struct world *w)
{
    return &w->models[roll(w, (uint32_t)w->count)];
}

/* ---- reports --------------------------------------------------------------------------------- */

/* About the users of the mask, in that state; a full one says that there are no others. */
static void write_report(const char *device_id, uint32_t report, uint32_t seq, unsigned mask,
                         const char *user_state, bool full, char out[REPORT_BYTES])
{
    int used = snprintf(
        out, REPORT_BYTES,
        "{\"format\":\"mapi-rollout/report/1\",\"report_id\":\"%032x\","
        "\"run_id\":\"00000000000000000000000000000001\",\"seq\":%u,\"part\":1,\"parts\":1,"
        "\"full\":%s,\"device_id\":\"%s\",\"sent_at\":\"2026-01-01T00:00:00Z\","
        "\"agent\":{\"version\":\"1.0.0\",\"started_at\":\"2026-01-01T00:00:00Z\","
        "\"formats\":[\"mapi-rollout/policy/1\"],\"trust_version\":1},\"host\":{\"name\":\"PC-1\"},"
        "\"policy\":{\"rollout\":null,\"received\":null,\"effective\":null,\"digest\":null,"
        "\"failed\":null,\"stale\":false},\"users\":[",
        report, seq, full ? "true" : "false", device_id);
    for (unsigned i = 0; i < SIDS; i++) {
        if ((mask & 1u << i) != 0) {
            used += snprintf(out + used, REPORT_BYTES - (size_t)used,
                             "%s{\"sid\":\"S-1-5-21-1-2-3-%u\",\"hive\":\"loaded\","
                             "\"state\":\"%s\"}",
                             out[used - 1] == '[' ? "" : ",", 1001 + i, user_state);
        }
    }
    used += snprintf(out + used, REPORT_BYTES - (size_t)used, "]}");
    assert_true(used > 0 && used < REPORT_BYTES);
}

static int post(const struct world *w, const char *token, const char *text)
{
    static struct answer a;
    say(agents_url(w->p), "POST /v1/reports", bearer(token, ""), text, &a);
    return a.status;
}

static bool is_good(const struct model *m, size_t token)
{
    return !m->retired && (m->expires_s[token] < 0 || m->expires_s[token] > machines_now_s);
}

static void apply(struct model *m, unsigned mask, const char *user_state, bool full)
{
    for (unsigned i = 0; i < SIDS; i++) {
        if ((mask & 1u << i) != 0) {
            m->state[i] = user_state;
        } else if (full) {
            m->state[i] = NULL;
        }
    }
}

/* By any of its tokens, new and old. */
static void report(struct world *w)
{
    struct model *m = pick(w);
    size_t token = roll(w, (uint32_t)m->token_count);
    unsigned mask = roll(w, 1u << SIDS);
    const char *user_state = STATES[roll(w, sizeof STATES / sizeof STATES[0])];
    bool full = roll(w, 3) == 0;
    char text[REPORT_BYTES];
    write_report(m->machine.id, ++w->report, ++m->seq, mask, user_state, full, text);
    int status = post(w, m->tokens[token], text);
    assert_int_equal(status, is_good(m, token) ? 204 : 401);
    if (status == 204) {
        apply(m, mask, user_state, full);
        memcpy(m->last, text, sizeof text);
    }
}

/* What another machine might say, under one's own token; and its very report. */
static void report_of_another(struct world *w)
{
    struct model *m = pick(w);
    struct model *other = pick(w);
    char text[REPORT_BYTES];
    size_t token = m->token_count - 1;
    if (m == other) {
        return;
    }
    write_report(other->machine.id, ++w->report, other->seq + 1000, (1u << SIDS) - 1, "error", true,
                 text);
    assert_int_equal(post(w, m->tokens[token], text), m->retired ? 401 : 422);
    if (other->last[0] != '\0') {
        assert_int_equal(post(w, m->tokens[token], other->last), m->retired ? 401 : 422);
    }
}

/* The id of another machine's report for one of one's own: ids are each machine's own. */
static void report_with_the_id_of_another(struct world *w)
{
    struct model *m = pick(w);
    char text[REPORT_BYTES];
    unsigned mask = roll(w, 1u << SIDS);
    const struct model *other = pick(w);
    const char *at = strstr(other->last, "\"report_id\":\"");
    if (m == other || at == NULL || m->retired) {
        return;
    }
    write_report(m->machine.id, 0, ++m->seq, mask, "idle", false, text);
    memcpy(strstr(text, "\"report_id\":\"") + 13, at + 13, POL_ID_BYTES - 1);
    int status = post(w, m->tokens[m->token_count - 1], text);
    if (status == 204) {
        apply(m, mask, "idle", false);
        return;
    }
    assert_int_equal(status, 409); /* it took that id before */
    m->seq--;
}

static void repeat(struct world *w)
{
    struct model *m = pick(w);
    char text[REPORT_BYTES];
    if (m->last[0] == '\0' || m->retired) {
        return;
    }
    assert_int_equal(post(w, m->tokens[m->token_count - 1], m->last), 204);
    memcpy(text, m->last, sizeof text);
    memcpy(strstr(text, "\"sent_at\":\"2026") + 11, "2027", 4);
    assert_int_equal(post(w, m->tokens[m->token_count - 1], text), 409);
}

/* ---- coming and going ------------------------------------------------------------------------ */

static void enroll(struct world *w)
{
    if (w->count == MACHINES) {
        return;
    }
    struct model *m = &w->models[w->count++];
    machine_enroll(w->p, bearer(w->p->secret, ""), &m->machine);
    memcpy(m->tokens[0], m->machine.token, SRV_SECRET_BYTES);
    m->expires_s[0] = -1;
    m->token_count = 1;
}

/* By any token that is good still. */
static void rotate(struct world *w)
{
    static struct answer a;
    struct model *m = pick(w);
    size_t token = roll(w, (uint32_t)m->token_count);
    if (m->token_count == TOKENS) {
        return;
    }
    say(agents_url(w->p), "POST /v1/enroll", old_token(m->tokens[token]), MACHINE_HOST, &a);
    if (!is_good(m, token)) {
        expect(&a, 401, "unauthorized");
        return;
    }
    expect(&a, 201, m->machine.id);
    for (size_t i = 0; i < m->token_count; i++) {
        m->expires_s[i] = m->expires_s[i] < 0 ? machines_now_s + TOKEN_DAY_S : m->expires_s[i];
    }
    take_member(&a, "device_token", m->tokens[m->token_count], SRV_SECRET_BYTES);
    m->expires_s[m->token_count++] = -1;
}

static void retire(struct world *w)
{
    struct model *m = pick(w);
    if (m->retired || roll(w, 3) != 0) {
        return;
    }
    place_retire(w->p, m->machine.id);
    m->retired = true;
    apply(m, 0, NULL, true);
}

/* A report is on its way while its machine is retired: taken or not, nothing of it stays. */
static void retire_under_a_report(struct world *w)
{
    static struct answer a;
    struct model *m = pick(w);
    char text[REPORT_BYTES];
    if (m->retired || roll(w, 4) != 0) {
        return;
    }
    write_report(m->machine.id, ++w->report, ++m->seq, (1u << SIDS) - 1, "error", true, text);
    int fd = ask(agents_url(w->p), "POST /v1/reports", bearer(m->tokens[m->token_count - 1], ""),
                 span_text(text));
    place_retire(w->p, m->machine.id);
    hear(fd, &a);
    assert_true(a.status == 204 || a.status == 401);
    m->retired = true;
    apply(m, 0, NULL, true);
}

static void wait_some(struct world *w)
{
    machines_now_s += roll(w, 8 * HOUR_S);
}

static void restart(struct world *w)
{
    if (roll(w, 8) == 0) {
        machines_restart(w->p, NULL, 0);
    }
}

/* ---- what must be so ------------------------------------------------------------------------- */

static size_t count_of(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        n++;
    }
    return n;
}

static void compare_machine(const struct world *w, const struct model *m)
{
    static struct answer a;
    char line[128];
    char row[64];
    char user_state[64];
    size_t wanted = 0;
    (void)snprintf(line, sizeof line, "GET /v1/users?device=%s", m->machine.id);
    say(admins_url(w->p), line, bearer(w->p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 200, "\"users\":[");
    for (unsigned i = 0; i < SIDS; i++) {
        (void)snprintf(row, sizeof row, "{\"sid\":\"S-1-5-21-1-2-3-%u\"", 1001 + i);
        const char *at = strstr(a.text, row);
        assert_int_equal(at != NULL, m->state[i] != NULL);
        if (at != NULL) {
            (void)snprintf(user_state, sizeof user_state, "\"state\":\"%s\"", m->state[i]);
            const char *found = strstr(at, "\"state\":\"");
            assert_non_null(found);
            assert_memory_equal(found, user_state, strlen(user_state));
            wanted++;
        }
    }
    assert_int_equal(count_of(a.text, "{\"sid\":"), wanted);
}

static void compare(const struct world *w)
{
    static struct answer a;
    char part[64];
    size_t users = 0;
    size_t devices = 0;
    for (size_t i = 0; i < w->count; i++) {
        compare_machine(w, &w->models[i]);
        devices += w->models[i].retired ? 0 : 1;
        for (unsigned s = 0; s < SIDS; s++) {
            users += w->models[i].state[s] != NULL ? 1 : 0;
        }
    }
    say(admins_url(w->p), "GET /v1/compliance", bearer(w->p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    (void)snprintf(part, sizeof part, "\"users\":%zu,", users);
    expect(&a, 200, part);
    (void)snprintf(part, sizeof part, "\"devices\":%zu,", devices);
    expect(&a, 200, part);
}

static void play(struct place *p, uint64_t seed)
{
    static void (*const STEP[])(struct world * w) = {report,
                                                     report,
                                                     report,
                                                     report,
                                                     report_of_another,
                                                     repeat,
                                                     enroll,
                                                     rotate,
                                                     wait_some,
                                                     report_with_the_id_of_another,
                                                     retire_under_a_report};
    static struct world w;
    w = (struct world){.p = p, .random = seed};
    enroll(&w);
    enroll(&w);
    for (int round = 0; round < ROUNDS; round++) {
        for (int step = 0; step < STEPS; step++) {
            STEP[roll(&w, sizeof STEP / sizeof STEP[0])](&w);
        }
        retire(&w);
        restart(&w);
        compare(&w);
    }
    assert_int_equal(w.count, MACHINES); /* all of it was played */
    assert_true(w.report > ROUNDS * STEPS / 4);
}

static void machines__anything_in_any_order__each_changes_only_itself(void **state)
{
    play(*state, 0x9e3779b97f4a7c15u);
}

static void machines__another_order__the_same(void **state)
{
    play(*state, 0x2545f4914f6cdd1du);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, machines_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(machines__anything_in_any_order__each_changes_only_itself),
        TEST(machines__another_order__the_same),
    };
    return cmocka_run_group_tests_name("devices_model", tests, NULL, NULL);
}
