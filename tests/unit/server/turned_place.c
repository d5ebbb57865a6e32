#include "tests/cmocka_all.h"

#include "tests/unit/server/turned_place.h"

#include <stdatomic.h>
#include <stdio.h>

enum { PAUSE_MS = 5, REPORT_BYTES = 64 * 1024 };

static atomic_llong clock_s; /* turned here, read by the server's threads */

static int64_t tell_time(void)
{
    return (int64_t)atomic_load(&clock_s);
}

void turned_clock_set(int64_t now_s)
{
    atomic_store(&clock_s, now_s);
}

int turned_start(void **state)
{
    atomic_store(&clock_s, TURNED_START_S);
    if (place_setup(state) != 0) {
        return -1;
    }
    struct place *p = *state;
    place_stop(p);
    p->now_s = tell_time;
    p->gate_pause_ms = PAUSE_MS;
    place_start(p);
    return 0;
}

int turned_setup(void **state)
{
    if (turned_start(state) != 0) {
        return -1;
    }
    place_enroll(*state);
    return 0;
}

void turned_look(struct place *p, const char *line, struct answer *a)
{
    say(admins_url(p), line, bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", a);
}

void turned_report(struct place *p, unsigned number, int64_t version, size_t users,
                   const char *rest)
{
    static struct answer a;
    static char text[REPORT_BYTES];
    size_t used = (size_t)snprintf(
        text, sizeof text,
        "{\"format\":\"mapi-rollout/report/1\",\"report_id\":\"%032x\","
        "\"run_id\":\"00000000000000000000000000000001\",\"seq\":%u,\"part\":1,\"parts\":1,"
        "\"full\":false,\"device_id\":\"%s\",\"sent_at\":\"2026-01-01T00:00:00Z\","
        "\"agent\":{\"version\":\"1.0.0\",\"started_at\":\"2026-01-01T00:00:00Z\","
        "\"formats\":[\"mapi-rollout/policy/1\"],\"trust_version\":1},"
        "\"host\":{\"name\":\"PC-1\"},\"outlook\":{\"version\":\"16.0.17328.20162\"},"
        "\"policy\":{\"rollout\":\"test\",\"received\":%lld,\"effective\":%lld,"
        "\"digest\":null,\"failed\":null,\"stale\":false},\"users\":[",
        number, number, p->device_id, (long long)version, (long long)version);
    for (size_t i = 0; i < users; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"sid\":\"S-1-5-21-1-2-3-%zu\",\"hive\":\"loaded\",%s}",
                                 i > 0 ? "," : "", 1001 + i, rest);
    }
    (void)snprintf(text + used, sizeof text - used, "]}");
    say(agents_url(p), "POST /v1/reports", bearer(p->device_token, ""), text, &a);
    expect(&a, 204, "");
}
