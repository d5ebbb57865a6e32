/* rollout_place.h - a rollout with its store, feed and one trusted key, and what is done to it.
 *
 * Effects: files in a directory of its own for each test    Units:  seconds since 1970 UTC
 * Owns:    struct rollout_place, from rollout_setup() on    Errors: fail the test, or as returned,
 *                                                                   with p->err
 * Threads: one                                              Source: docs/protocol.md
 */
#ifndef TESTS_UNIT_SERVER_ROLLOUT_PLACE_H
#define TESTS_UNIT_SERVER_ROLLOUT_PLACE_H

#include "server/rollout.h"
#include "tests/unit/server/scratch.h"

enum { NOW_S = 1800000000 };

struct rollout_place {
    char folder[SCRATCH_PATH_BYTES];
    const char *spare_folder; /* NULL until a test has one */
    struct signer signer;
    struct srv_store store;
    struct srv_feed *feed;
    struct srv_rollout *rollout;
    struct err err; /* of the last change */
};

/* Fixtures of cmocka, and their halves for a restart. */
int rollout_setup(void **state);
int rollout_teardown(void **state);
void rollout_open_all(struct rollout_place *p);
void rollout_close_all(struct rollout_place *p);

/* The code of the last refusal; versions that are released and that agents get. */
const char *rollout_code(const struct rollout_place *p);
int64_t rollout_released(struct rollout_place *p);
int64_t rollout_served(struct rollout_place *p);
void rollout_etag(struct rollout_place *p, char out[SRV_ETAG_BYTES]);

/* Changes by alice, with the ETag that holds. rollout_put() frees the bundle. */
enum status rollout_put(struct rollout_place *p, struct bytes bundle, bool skip);
enum status rollout_put_serial(struct rollout_place *p, uint32_t serial);
enum status rollout_release(struct rollout_place *p, const char *stage);
/* Confirms regressions. */
enum status rollout_advance(struct rollout_place *p);
enum status rollout_safe(struct rollout_place *p, const char *confirm);

/* A user of that SID on PC-1 reports under version 7002. */
void rollout_report_user(struct rollout_place *p, const char *sid);

#endif
