/* crowd.h - many threads that ask one server of this process, as agents, operators and onlookers.
 *
 * Each member plays its part again and again until the crowd is told to stop; what it sees must always
 * hang together, and what is wrong ends the program.
 * Effects: those of the server          Units:  none
 * Owns:    struct crowd; crowd_join()   Errors: end the program
 * Threads: starts some; one calls       Source: docs/protocol.md
 */
#ifndef TESTS_THREADS_CROWD_H
#define TESTS_THREADS_CROWD_H

#include "tests/fakes/fake_listener.h"
#include "tests/fakes/fake_server.h"
#include "tests/fakes/fake_signer.h"

#include <pthread.h>
#include <stdatomic.h>

/* The program ends unless it is so. */
#define MUST(property)                                                                             \
    do {                                                                                           \
        if (!(property)) {                                                                         \
            crowd_broken(#property, __FILE__, __LINE__);                                           \
        }                                                                                          \
    } while (0)
_Noreturn void crowd_broken(const char *property, const char *file, int line);

enum { CROWD_MOST = 32, CROWD_DEVICES = 16 };

/* One device, and what was answered to it: it must be there after a restart. */
struct crowd_device {
    char device_id[POL_ID_BYTES];
    char token[SRV_SECRET_BYTES];
    unsigned seq;         /* of the last report that was answered with 204 */
    char state[32];       /* that it said of its user */
    unsigned other_polls; /* may end this one's, as they are of the same device */
};

struct crowd {
    struct fake_server *server;
    const struct fake_signer *signer;
    const char *folder;
    uint32_t first_serial; /* of the bundles that operators publish */
    atomic_bool stopping;
    atomic_int_fast64_t released; /* at least */
    struct crowd_device devices[CROWD_DEVICES];
    size_t device_count;

    struct crowd_member {
        struct crowd *crowd;
        size_t index;
        void (*play)(struct crowd_member *m);
        struct crowd_device *device;
        pthread_t thread;
        uint64_t chance;            /* of its own: the same seed, the same choices */
        int64_t served;             /* the version it got last */
        atomic_uint_fast64_t times; /* it played */
    } members[CROWD_MOST];
    size_t member_count;
};

/* The parts. */
void crowd_poll(struct crowd_member *m);
void crowd_report(struct crowd_member *m);
void crowd_enroll(struct crowd_member *m);
void crowd_operate(struct crowd_member *m);
void crowd_race(struct crowd_member *m);
void crowd_look(struct crowd_member *m);
void crowd_meddle(
    struct crowd_member *m); /* what other programs do to the store of a running server */

/* A device of its own for a member. */
struct crowd_device *crowd_add_device(struct crowd *c);
void crowd_add(struct crowd *c, void (*play)(struct crowd_member *m), struct crowd_device *device,
               uint64_t seed);
void crowd_start(struct crowd *c);
/* Has each member played so often? */
bool crowd_has_played(struct crowd *c, uint64_t times);
/* Stops in the middle of everything: held polls are woken as a server does that ends. */
void crowd_join(struct crowd *c);

/* Under `size` at random. */
unsigned crowd_chance(struct crowd_member *m, unsigned size);

#endif
