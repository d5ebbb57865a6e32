/* app.h - everything that a handler may need, in one place.
 *
 * Effects: none                            Units:  none
 * Owns:    nothing; daemon.c owns it all   Errors: none
 * Threads: safe; it never changes          Source: docs/architecture.md "Layout"
 */
#ifndef SERVER_APP_H
#define SERVER_APP_H

#include "server/auth.h"
#include "server/certificate.h"
#include "server/desk.h"
#include "server/keeper.h"
#include "server/meter.h"
#include "server/policy_feed.h"
#include "server/rates.h"
#include "server/rollout.h"
#include "server/simulator.h"
#include "server/store.h"

struct srv_app {
    struct srv_store store;
    struct srv_auth *auth;
    struct srv_feed *feed;
    struct srv_rollout *rollout;
    struct srv_keeper *keeper;
    struct srv_simulator *simulator;
    struct srv_meter *meter;
    struct srv_desk
        *desks[SRV_DOOR_COUNT];          /* where each door's slow requests are handled; or NULL */
    struct srv_certificate *certificate; /* NULL: plain HTTP */
    int64_t (*now_s)(void);              /* the wall clock; tests have their own */
    struct srv_rates rates;
};

#endif
