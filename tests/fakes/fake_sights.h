/* fake_sights.h - what looks into users' profiles would bring, as a test wants it. */
#ifndef TESTS_FAKES_FAKE_SIGHTS_H
#define TESTS_FAKES_FAKE_SIGHTS_H

#include "agent/ports.h"

enum { FAKE_SIGHTS = 8 };

struct fake_sights {
    const char *sids[FAKE_SIGHTS];
    struct ag_sight sights[FAKE_SIGHTS];
    size_t count;
    bool never;
    struct ag_client client; /* known false: nobody looked yet */
    unsigned wanted;         /* how often looks were asked for */
    size_t wanted_loaded;    /* users with a loaded hive, the last time */
};

struct ag_sights fake_sights_port(struct fake_sights *sights);

/* The user's sight, made if there is none: one profile of Outlook 2016, and nothing in it. */
struct ag_sight *fake_sights_of(struct fake_sights *sights, const char *sid);

/* That profile is now configured for this protocol, on premises; POL_OBSERVED_UNKNOWN: for none. */
void fake_sights_configure(struct fake_sights *sights, const char *sid, enum pol_observed protocol);
/* The same, with the mailbox in Exchange Online over MAPI/HTTP. */
void fake_sights_move_online(struct fake_sights *sights, const char *sid);
/* Autodiscover offered this protocol alone, at that time. */
void fake_sights_offer(struct fake_sights *sights, const char *sid, enum pol_observed protocol,
                       int64_t at_s);

#endif
