/* rollout_parts.h - what the files of the rollout share with each other.
 *
 * Effects: none                         Units:  none
 * Owns:    bundles are shared by count  Errors: none
 * Threads: as said at the locks         Source: docs/protocol.md "Administrators"
 */
#ifndef SERVER_ROLLOUT_PARTS_H
#define SERVER_ROLLOUT_PARTS_H

#include "server/release_record.h"
#include "server/rollout.h"

#include <pthread.h>

/* `change` lets one slow change happen at a time; `state` guards what is below it and is held only
 * for moments, so that the brake never waits for a slow change. Taken in this order. */
struct srv_rollout {
    struct srv_rollout_parts parts;
    pthread_mutex_t change;
    pthread_mutex_t state;
    struct srv_record *record;
    struct srv_rollout_view now;
};

struct srv_bundle *srv_bundle_share(struct srv_bundle *b); /* NULL stays NULL */
void srv_bundle_drop(struct srv_bundle *b);
/* The stage or safe policy of that version, or NULL. */
const struct pol_bundle_entry *srv_bundle_find(const struct srv_bundle *b, int64_t version);

#endif
