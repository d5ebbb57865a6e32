#include "base/clock.h"
#include "base/log.h"
#include "server/rollout_parts.h"

#include <stdio.h>
#include <string.h>

enum { DETAIL_BYTES = 512 };

static const char ACTOR[] = "bundle copy";

void srv_rollout_take_loaded(struct srv_rollout *r, struct srv_bundle *take)
{
    if (pol_bundle_serial(take->bundle) == r->now.release.version / VERSION_STEP) {
        srv_bundle_drop(r->now.released);
        r->now.released = srv_bundle_share(take);
    }
    srv_bundle_drop(r->now.newest);
    r->now.newest = take;
    memcpy(r->now.bundle_etag, take->etag, sizeof take->etag);
}

/* It must be what its name says, and of the rollout that is here. */
static enum status check_copy(const struct srv_rollout *r, const struct srv_bundle *b,
                              uint32_t serial, struct err *err)
{
    const char *rollout =
        r->now.newest != NULL ? pol_bundle_rollout(r->now.newest->bundle) : r->now.release.rollout;
    if (pol_bundle_serial(b->bundle) != serial) {
        return err_refuse(err, "version_conflict", "",
                          "the copy of the bundle %u has the serial %u", serial,
                          pol_bundle_serial(b->bundle));
    }
    if (rollout[0] != '\0' && strcmp(rollout, pol_bundle_rollout(b->bundle)) != 0) {
        return err_refuse(err, "rollout_mismatch", "", "the copy of the bundle %u is of %s, not %s",
                          serial, pol_bundle_rollout(b->bundle), rollout);
    }
    return ST_OK;
}

static enum status load_copy(struct srv_rollout *r, uint32_t serial, struct err *err)
{
    struct bytes raw = {0};
    struct srv_bundle *b = NULL;
    enum status st = srv_bundle_copy_read(r->parts.folder, serial, &raw, err);
    if (st == ST_OK) {
        st = srv_bundle_open(r->parts.trust, bytes_span(&raw), &b, err);
    }
    if (st == ST_OK) {
        st = check_copy(r, b, serial, err);
    }
    if (st == ST_OK) {
        (void)snprintf(b->by, sizeof b->by, "%s", ACTOR);
        b->at_s = clock_wall_s();
        srv_rollout_take_loaded(r, b);
        b = NULL; /* handed over */
    }
    srv_bundle_drop(b);
    bytes_free(&raw);
    return st;
}

void srv_rollout_load_copies(struct srv_bundle_loading *loading)
{
    struct srv_bundle_copies all;
    srv_bundle_copies_list(loading->r->parts.folder, &all);
    for (size_t i = 0; i < all.count; i++) {
        struct err err = {0};
        uint32_t serial = all.serials[i];
        if (serial <= loading->stored) {
            continue; /* the store knows better */
        }
        if (load_copy(loading->r, serial, &err) == ST_OK) {
            log_write(LOG_WARNING, "event=bundle_recovered serial=%u", serial);
        } else {
            log_failure(LOG_ERROR, "bundle_copy_unusable", &err);
        }
    }
}

/* The bytes that were verified, or none. */
static enum status read_again(const struct srv_rollout *r, const struct srv_bundle *b,
                              struct bytes *out, struct err *err)
{
    char etag[SRV_ETAG_BYTES];
    uint32_t serial = pol_bundle_serial(b->bundle);
    enum status st = srv_bundle_copy_read(r->parts.folder, serial, out, err);
    if (st == ST_OK) {
        st = srv_etag_write(serial, bytes_span(out), etag);
    }
    if (st == ST_OK && strcmp(etag, b->etag) != 0) {
        st = err_set(err, ST_IO, 0, "the copy of the bundle %u has changed meanwhile", serial);
    }
    return st;
}

static enum status store_copy(struct srv_rollout *r, const struct srv_bundle *b, struct err *err)
{
    struct bytes raw = {0};
    char detail[DETAIL_BYTES];
    uint32_t serial = pol_bundle_serial(b->bundle);
    enum status st = read_again(r, b, &raw, err);
    if (st == ST_OK) {
        (void)snprintf(detail, sizeof detail, "rollout=%s serial=%u etag=%s",
                       pol_bundle_rollout(b->bundle), serial, b->etag);
        struct srv_write w = {
            .kind = SRV_WRITE_BUNDLE,
            .now_s = b->at_s,
            .audit = {.who = SRV_WHO_SERVER,
                      .name = ACTOR,
                      .what = "bundle_recovered",
                      .after = detail},
        };
        w.u.bundle.serial = serial;
        w.u.bundle.etag = b->etag;
        w.u.bundle.by = ACTOR;
        w.u.bundle.raw = bytes_span(&raw);
        st = srv_store_write(r->parts.store, &w, err);
    }
    bytes_free(&raw);
    return st;
}

void srv_rollout_store_copies(const struct srv_bundle_loading *loading)
{
    struct srv_rollout *r = loading->r;
    const struct srv_bundle *const both[] = {r->now.released, r->now.newest};
    for (size_t i = 0; i < 2; i++) {
        struct err err = {0};
        bool lacks = both[i] != NULL && pol_bundle_serial(both[i]->bundle) > loading->stored &&
                     (i == 0 || both[i] != both[0]);
        if (lacks && store_copy(r, both[i], &err) != ST_OK) {
            log_failure(LOG_ERROR, "bundle_not_stored_again",
                        &err); /* the next start tries again */
        }
    }
}
