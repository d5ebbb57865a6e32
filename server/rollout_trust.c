#include "base/log.h"
#include "server/rollout_parts.h"

struct checking {
    const struct pol_trust *trust;
};

static bool check_bundle(void *v, const struct srv_bundle_row *row)
{
    const struct checking *c = v;
    struct pol_bundle *bundle = NULL;
    struct err err = {0};
    if (pol_bundle_open(c->trust, row->raw, &bundle, &err) != ST_OK) {
        log_failure(LOG_WARNING, "stored_bundle_not_trusted", &err);
    }
    pol_bundle_free(bundle);
    return true;
}

void srv_rollout_change_trust(struct srv_rollout *r, const struct pol_trust *trust)
{
    struct checking c = {.trust = trust};
    struct err err = {0};
    const struct srv_store *store = r->parts.store;
    pthread_mutex_lock(&r->change);
    r->parts.trust = trust;
    if (store->bundles(store->ctx, check_bundle, &c, &err) != ST_OK) {
        log_failure(LOG_ERROR, "stored_bundles_not_checked", &err);
    }
    pthread_mutex_unlock(&r->change);
}
