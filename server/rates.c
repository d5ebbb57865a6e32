#include "server/rates.h"

#include <stddef.h>

/* A branch office may stand behind one address, and all of it starts in the morning. What a device
 * does by itself is far below its limits: it polls twice a minute at the most, rotates its token once a
 * month, and sends what it has spooled at once. */
enum {
    STRANGERS_BURST = 600,
    STRANGERS_PER_HOUR = 36000,
    FAILURES_BURST = 600,
    FAILURES_PER_HOUR = 36000,
    ROTATIONS_BURST = 10,
    ROTATIONS_PER_HOUR = 10,
    REPORTS_BURST = 1000,
    REPORTS_PER_HOUR = 180000,
    BODIES_BURST = 120,
    BODIES_PER_HOUR = 7200
};

enum status srv_rates_open(uint32_t new_devices, struct srv_rates *out, struct err *err)
{
    uint32_t newcomers = new_devices > 0 ? new_devices : SRV_NEW_DEVICES;
    struct srv_rates rates = {0};
    const struct {
        struct srv_rate **rate;
        uint32_t burst;
        uint32_t per_hour;
    } LIMITS[] = {
        {&rates.strangers, STRANGERS_BURST, STRANGERS_PER_HOUR},
        {&rates.failures, FAILURES_BURST, FAILURES_PER_HOUR},
        {&rates.newcomers, newcomers, newcomers},
        {&rates.rotations, ROTATIONS_BURST, ROTATIONS_PER_HOUR},
        {&rates.reports, REPORTS_BURST, REPORTS_PER_HOUR},
        {&rates.bodies, BODIES_BURST, BODIES_PER_HOUR},
    };
    enum status st = ST_OK;
    for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0] && st == ST_OK; i++) {
        st = srv_rate_open(LIMITS[i].burst, LIMITS[i].per_hour, LIMITS[i].rate, err);
    }
    if (st == ST_OK) {
        *out = rates;
    } else {
        srv_rates_free(&rates);
    }
    return st;
}

void srv_rates_free(struct srv_rates *rates)
{
    srv_rate_free(rates->strangers);
    srv_rate_free(rates->failures);
    srv_rate_free(rates->newcomers);
    srv_rate_free(rates->rotations);
    srv_rate_free(rates->reports);
    srv_rate_free(rates->bodies);
    *rates = (struct srv_rates){0};
}
