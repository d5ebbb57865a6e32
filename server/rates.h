/* rates.h - how often each address and each device may do what.
 *
 * Effects: none                                      Units:  tokens an hour
 * Owns:    its six limits; srv_rates_free()          Errors: those of rate.h
 * Threads: safe                                      Source: docs/protocol.md "Limits at the door"
 */
#ifndef SERVER_RATES_H
#define SERVER_RATES_H

#include "server/rate.h"

enum { SRV_NEW_DEVICES = 2000, SRV_NEW_DEVICES_MAX = 1000000 };

struct srv_rates {
    /* by address */
    struct srv_rate *strangers; /* policies without a token */
    struct srv_rate *failures;  /* proofs that are not good, at both doors */
    struct srv_rate *newcomers; /* devices that were not there before */
    /* by device */
    struct srv_rate *rotations;
    struct srv_rate *reports;
    struct srv_rate *bodies; /* policies in full */
};

/* new_devices: from one address, at once and then in an hour; 0: SRV_NEW_DEVICES. */
enum status srv_rates_open(uint32_t new_devices, struct srv_rates *out, struct err *err) MUST_USE;
void srv_rates_free(struct srv_rates *rates);

#endif
