/* teller.h - devices that say which policy they have, true or not.
 *
 * Effects: writes to the rollout's store    Units:  none
 * Owns:    nothing                          Errors: fail the test, or as returned, with p->err
 * Threads: one                              Source: docs/protocol.md "Behind the fleet"
 */
#ifndef TESTS_UNIT_SERVER_TELLER_H
#define TESTS_UNIT_SERVER_TELLER_H

#include "server/auth.h"
#include "tests/unit/server/rollout_place.h"

enum { TELLER_BODY_BYTES = 1024 };

struct teller {
    struct srv_device device;
    unsigned reports;
};

/* Enrolled, with an id of 32 times that letter. */
struct teller teller_new(struct rollout_place *p, char letter);
/* Serial 7 is stored, and 7001 is out. */
void teller_release_observe(struct rollout_place *p);
/* The digest of that version in the newest bundle here. */
void teller_digest(struct rollout_place *p, int64_t version, char out[DIGEST_HEX_BYTES]);

/* The body of the next report; digest NULL is null. */
void teller_write(const struct teller *t, int64_t version, const char *digest,
                  char out[TELLER_BODY_BYTES]);
/* As the door for reports does it. */
enum status teller_send(struct rollout_place *p, struct teller *t, const char *body);
/* Another report, which is taken; the second with the digest that is true. */
void teller_tell(struct rollout_place *p, struct teller *t, int64_t version, const char *digest);
void teller_tell_version(struct rollout_place *p, struct teller *t, int64_t version);

#endif
