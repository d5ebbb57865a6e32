#include "policy/limits.h"
#include "server/rollout.h"

#include <inttypes.h>
#include <string.h>

enum { SERIAL_STEP_MAX = 100 };

bool srv_release_is_safe(const struct srv_release *release)
{
    return release->version % VERSION_STEP == VERSION_SAFE_POSITION;
}

static bool same_etag(const char *sent, const char *etag)
{
    size_t length = strlen(etag);
    if (strcmp(sent, etag) == 0) {
        return true;
    }
    return length >= 2 && strlen(sent) == length - 2 && strncmp(sent, etag + 1, length - 2) == 0;
}

enum status srv_rules_match(const char *if_match, const char *etag, struct err *err)
{
    if (if_match == NULL) {
        return err_refuse(err, "precondition_required", "",
                          "send If-Match with the ETag that GET /v1/rollout gave");
    }
    if (!same_etag(if_match, etag)) {
        return err_refuse(err, "precondition_failed", "",
                          "somebody changed the rollout meanwhile: it is at %s now", etag);
    }
    return ST_OK;
}

enum status srv_rules_not_safe(const struct srv_rollout_view *view, struct err *err)
{
    return view->release.version != 0 && srv_release_is_safe(&view->release)
               ? err_refuse(err, "safe_released", "",
                            "the safe policy is out: release a stage of a higher serial")
               : ST_OK;
}

enum status srv_rules_go_on(const struct srv_rollout_view *view, const struct srv_change *change,
                            struct err *err)
{
    enum status st = srv_rules_not_safe(view, err);
    if (st == ST_OK) {
        st = srv_rules_match(change->if_match, view->policy_etag, err);
    }
    if (st == ST_OK && change->by_gate && view->hold.at_s >= 0) {
        st = err_refuse(err, "precondition_failed", "", "%s holds the gates", view->hold.by);
    }
    if (st == ST_OK && change->by_gate && srv_rollout_is_behind(view)) {
        st = err_refuse(err, "precondition_failed", "", "the fleet is ahead of this server");
    }
    return st;
}

enum status srv_rules_release(const struct srv_release *released, const struct pol_policy *next,
                              int64_t now_s, struct err *err)
{
    if (srv_release_is_safe(released) && next->version < released->version) {
        return err_refuse(err, "safe_released", "",
                          "the safe policy of serial %" PRId64
                          " is out: only a bundle of a higher serial, "
                          "signed and published, leads on",
                          released->version / VERSION_STEP);
    }
    if (next->version < released->version) {
        return err_refuse(err, "version_rollback", "",
                          "stage %s has version %" PRId64 ", and %" PRId64
                          " is released: versions only rise",
                          next->stage, next->version, released->version);
    }
    if (next->version == released->version) {
        return ST_OK; /* no change, whatever the time */
    }
    if (next->issued_at_s > now_s + LIMIT_ISSUED_AHEAD_S) {
        return err_refuse(err, "issued_in_future", "",
                          "stage %s was issued more than a day ahead of this clock: agents would "
                          "refuse it",
                          next->stage);
    }
    if (next->not_before_s > now_s) {
        return err_refuse(err, "not_yet", "", "stage %s may not be released before its not_before",
                          next->stage);
    }
    if (next->expires_at_s >= 0 && next->expires_at_s <= now_s) {
        return err_refuse(err, "expired", "", "the bundle has expired: sign a new one");
    }
    return ST_OK;
}

enum status srv_rules_bundle(const struct srv_rollout_view *view, const struct pol_bundle *next,
                             const char *etag, bool skip_allowed, bool *same, struct err *err)
{
    const struct pol_bundle *newest = view->newest != NULL ? view->newest->bundle : NULL;
    uint32_t before = newest != NULL ? pol_bundle_serial(newest) : 0;
    uint32_t released = (uint32_t)(view->release.version / VERSION_STEP);
    uint32_t serial = pol_bundle_serial(next);
    const char *name = newest != NULL ? pol_bundle_rollout(newest) : view->release.rollout;
    before = before > released ? before : released;
    if (name[0] != '\0' && strcmp(name, pol_bundle_rollout(next)) != 0) {
        return err_refuse(err, "rollout_mismatch", "", "this server has the rollout %s, not %s",
                          name, pol_bundle_rollout(next));
    }
    /* What is released may be here no more: then it may come again. */
    if (serial == before && newest != NULL && pol_bundle_serial(newest) == serial) {
        *same = strcmp(etag, view->bundle_etag) == 0;
        return *same
                   ? ST_OK
                   : err_refuse(err, "version_conflict", "",
                                "another bundle of serial %u is here: use the next serial", serial);
    }
    if (serial < before) {
        return err_refuse(err, "version_rollback", "",
                          "the bundle has serial %u, and %u is here: serials only rise", serial,
                          before);
    }
    if (serial - before > SERIAL_STEP_MAX && !skip_allowed) {
        return err_refuse(err, "serial_skip", "",
                          "the serial would jump from %u to %u: if that is meant, publish it with "
                          "--skip (?skip=1)",
                          before, serial);
    }
    *same = false;
    return ST_OK;
}
