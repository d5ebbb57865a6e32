#include "base/log.h"
#include "server/rollout_parts.h"

#include <stdio.h>
#include <string.h>

void srv_rollout_fill(struct srv_release *out, const struct srv_change *change,
                      const struct pol_policy *policy)
{
    *out = (struct srv_release){.version = policy->version, .at_s = change->now_s};
    (void)snprintf(out->rollout, sizeof out->rollout, "%s", policy->rollout);
    (void)snprintf(out->stage, sizeof out->stage, "%s", policy->stage);
    (void)snprintf(out->by, sizeof out->by, "%s", change->actor);
    (void)snprintf(out->reason, sizeof out->reason, "%s",
                   change->reason != NULL ? change->reason : "");
}

void srv_rollout_hand_out(struct srv_rollout *r, const struct srv_release *release,
                          struct srv_bundle *bundle, struct srv_body *take)
{
    struct srv_bundle *old = r->now.released;
    memcpy(r->now.policy_etag, take->etag, sizeof take->etag);
    srv_feed_publish_body(r->parts.feed, take);
    r->now.release = *release;
    r->now.served = true;
    r->now.released = srv_bundle_share(bundle);
    srv_bundle_drop(old);
}

/* Under `recording`. */
static void spare(struct srv_rollout *r, const struct srv_release *release)
{
    struct err err = {0};
    if (r->parts.spare_folder == NULL || r->spared == release->version) {
        return;
    }
    if (srv_record_spare_write(r->record, r->parts.spare_folder, release, &err) == ST_OK) {
        r->spared = release->version;
    } else {
        log_failure(LOG_ERROR, "release_not_spared", &err);
    }
}

enum status srv_rollout_write_down(struct srv_rollout *r, struct err *err)
{
    enum status st = ST_OK;
    pthread_mutex_lock(&r->recording);
    pthread_mutex_lock(&r->state);
    struct srv_release release = r->now.release;
    pthread_mutex_unlock(&r->state);
    if (release.version > r->recorded) {
        st = srv_record_write(r->record, &release, err);
    }
    if (st != ST_OK) {
        spare(r, &release);
    } else if (release.version > r->recorded) {
        r->recorded = release.version;
    }
    if (st == ST_OK && r->spared != 0) {
        srv_record_spare_remove(r->record, r->parts.spare_folder);
        r->spared = 0;
    }
    pthread_mutex_unlock(&r->recording);
    return st;
}

/* What was pulled. */
struct pulled {
    bool changed;
    uint64_t note;
    struct srv_release release;
};

/* Under `state`: nothing here waits, and what agents get asks for no memory. */
static enum status pull(struct srv_rollout *r, const struct srv_change *change,
                        struct srv_bundle *newest, struct pulled *out, struct err *err)
{
    const struct pol_policy *policy = pol_bundle_safe(newest->bundle)->policy;
    struct srv_release before = r->now.release;
    if (change->by_gate) {
        enum status st = srv_rules_go_on(&r->now, change, err);
        if (st != ST_OK) {
            return st; /* somebody was quicker */
        }
    }
    if (policy->version < before.version) {
        return err_refuse(err, "version_rollback", "",
                          "the newest stored bundle (serial %u) is older than what is released",
                          pol_bundle_serial(newest->bundle));
    }
    if (policy->version > before.version || !r->now.served) {
        srv_rollout_fill(&out->release, change, policy);
        srv_rollout_hand_out(r, &out->release, newest, srv_body_share(newest->safe));
        out->changed = policy->version > before.version;
    }
    if (out->changed) {
        out->note = srv_rollout_note(r, change, &before, &out->release, "safe");
    }
    return ST_OK; /* it is out */
}

static enum status pull_newest(struct srv_rollout *r, const struct srv_change *change,
                               const char *confirm, struct pulled *out, struct err *err)
{
    struct srv_bundle *newest = r->now.newest;
    if (newest == NULL) {
        return err_refuse(err, "stage_unknown", "", "no bundle is stored: there is no safe policy");
    }
    if (confirm != NULL && strcmp(confirm, pol_bundle_rollout(newest->bundle)) != 0) {
        return err_refuse(err, "rollout_mismatch", "/confirm", "this server has the rollout %s",
                          pol_bundle_rollout(newest->bundle));
    }
    return pull(r, change, newest, out, err);
}

/* What is not in the record may be elsewhere. */
static const char *who_remembers(struct srv_rollout *r)
{
    pthread_mutex_lock(&r->state);
    int64_t version = r->now.release.version;
    pthread_mutex_unlock(&r->state);
    pthread_mutex_lock(&r->recording);
    bool spared = r->spared == version;
    pthread_mutex_unlock(&r->recording);
    pthread_mutex_lock(&r->noting);
    bool stored = r->stored == version;
    pthread_mutex_unlock(&r->noting);
    return stored   ? "and the store alone remembers it"
           : spared ? "but a restart of the machine would forget it"
                    : "but a restart would forget it";
}

enum status srv_rollout_safe(struct srv_rollout *r, const struct srv_change *change,
                             const char *confirm, struct err *err)
{
    struct err cause = {0};
    struct pulled pulled = {.changed = false};
    pthread_mutex_lock(&r->state);
    enum status st = pull_newest(r, change, confirm, &pulled, err);
    pthread_mutex_unlock(&r->state);
    if (st != ST_OK) {
        return st;
    }
    st = srv_rollout_write_down(r, &cause);
    if (pulled.changed) {
        srv_rollout_await_note(r, pulled.note, &pulled.release, "safe");
    }
    return st == ST_OK ? st
                       : err_set(err, st, cause.os_code, "the safe policy is out, %s: %s",
                                 who_remembers(r), cause.text);
}
