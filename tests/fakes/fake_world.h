/* fake_world.h - a whole machine and its server in virtual time, for tests of the loop.
 *
 * The server hands out what `release` put there, holds polls, enrolls and stores reports, until a
 * test bends it. Time passes only in the loop's sleep.
 */
#ifndef TESTS_FAKES_FAKE_WORLD_H
#define TESTS_FAKES_FAKE_WORLD_H

#include "agent/run.h"
#include "policy/report.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_hives.h"
#include "tests/fakes/fake_http.h"
#include "tests/fakes/fake_outlook.h"
#include "tests/fakes/fake_probing.h"
#include "tests/fakes/fake_sights.h"
#include "tests/fakes/fake_signer.h"
#include "tests/fakes/fake_vault.h"

enum { FAKE_REPORTS = 64 };

struct fake_world {
    struct fake_clock clock;
    struct fake_http http;
    struct fake_hives hives;
    struct fake_vault vault;
    struct fake_outlook outlook;
    struct fake_sights sights;
    struct fake_probing probing;
    struct fake_signer signer;
    struct fake_signer stranger;
    struct err trust_refused; /* of the next start */
    struct ag_config config;
    struct ag_host host;
    struct ag_ports ports;
    bool stop;
    bool changed;   /* a hive, since the loop looked last */
    bool dropped;   /* a file, the same */
    bool network;   /* another one, the same */
    struct err err; /* of the last run */

    /* the server */
    bool down;           /* nothing answers */
    enum status down_as; /* how that looks; 0: ST_UNREACHABLE */
    bool ignores_wait;   /* answers at once, as a file server does */
    bool no_etag;
    bool new_etag_each_time; /* hostile: the same body under ever new names, never held */
    uint32_t slow_ms;        /* so long for answers about policies that are not held */
    bool reports_down;
    uint32_t report_slow_ms; /* so long for answers about reports */
    int report_code;         /* instead of 204; 0: none */
    struct bytes released;
    char etag[64];
    unsigned releases;
    char last_if_none_match[130]; /* of the last request for a policy */
    char last_bearer[300];
    char token[32]; /* the one that holds; "" before the first */
    unsigned enrolled;
    struct pol_report *reports[FAKE_REPORTS]; /* the first so many that were stored */
    unsigned report_count;
};

void fake_world_init(struct fake_world *world);
void fake_world_done(struct fake_world *world);

/* Run the agent for so long, as one start of the service: ends with ST_OK or the test does. */
void fake_world_run(struct fake_world *world, uint32_t seconds);

/* Call event so long after now. */
void fake_world_after(struct fake_world *world, uint32_t seconds, fake_event *event);

/* What the server hands out from now on; whoever is held gets it at once. */
void fake_world_release(struct fake_world *world, struct span envelope);
/* The same for one stage of the plan that the tests share: observe, hold-back, pilot, safe. */
void fake_world_release_stage(struct fake_world *world, uint32_t serial, const char *stage);
struct bytes fake_world_envelope(const struct fake_world *world, const struct fake_signer *signer,
                                 uint32_t serial, const char *stage);

/* Events, for fake_world_after() or to be called at once; ctx is the world. Serial 7; finish: 8. */
void fake_world_release_observe(void *ctx);
void fake_world_release_hold_back(void *ctx);
void fake_world_release_pilot(void *ctx);
void fake_world_release_safe(void *ctx);
void fake_world_release_finish(void *ctx);
void fake_world_go_down(void *ctx);
void fake_world_come_up(void *ctx);

/* Release hold-back and run for 20 s: everybody but the exception has 1 then. */
void fake_world_enforce_hold_back(struct fake_world *world);

/* Put policy.jws into the data directory. */
void fake_world_drop_file(struct fake_world *world, struct span content);

/* The report stored last; NULL if there is none. */
const struct pol_report *fake_world_last_report(const struct fake_world *world);
/* The newest report's row of a user, or the one of the report before that has it; NULL if none. */
const struct pol_report_user *fake_world_reported(const struct fake_world *world, const char *sid);

extern const char FAKE_PILOT[];     /* in ring pilot, by SID */
extern const char FAKE_EXCEPTION[]; /* in ring exceptions */
extern const char FAKE_OTHER[];

#endif
