#include "tests/cmocka_all.h"

#include "base/clock.h"
#include "tests/unit/server/machines.h"

#include <stdio.h>
#include <string.h>

const char MACHINE_HOST[] = "{\"host\":{\"name\":\"PC-1\",\"machine_guid\":\"guid\","
                            "\"computer_sid\":\"S-1-5-21-1-2-3\"}}";

int64_t machines_now_s;

static int64_t now_s(void)
{
    return machines_now_s;
}

int machines_setup(void **state)
{
    int failed = place_setup(state);
    struct place *p = *state;
    machines_now_s = clock_wall_s();
    p->now_s = now_s;
    machines_restart(p, NULL, 0);
    return failed;
}

void machines_restart(struct place *p, const char *proxies, uint32_t new_devices)
{
    p->proxies = proxies;
    p->new_devices = new_devices;
    place_stop(p);
    place_start(p);
}

void machine_enroll(const struct place *p, const char *headers, struct machine *out)
{
    static struct answer a;
    say(agents_url(p), "POST /v1/enroll", headers, MACHINE_HOST, &a);
    expect(&a, 201, "device_token");
    take_member(&a, "device_id", out->id, sizeof out->id);
    take_member(&a, "device_token", out->token, sizeof out->token);
}

const char *old_token(const char *token)
{
    static char headers[128];
    (void)snprintf(headers, sizeof headers, "X-Device-Token: %s\r\n", token);
    return headers;
}

int machine_report(const struct place *p, const struct machine *d, char id)
{
    static struct answer a;
    static char text[2048];
    struct place as = *p;
    memcpy(as.device_id, d->id, sizeof d->id);
    place_report(&as, id, "idle", text, sizeof text);
    say(agents_url(p), "POST /v1/reports", bearer(d->token, ""), text, &a);
    return a.status;
}
