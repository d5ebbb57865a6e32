#include "policy/freshness.h"

#include "policy/limits.h"

#include <inttypes.h>
#include <string.h>

static bool rollout_fits(const struct pol_policy *policy, const struct pol_freshness_rules *rules)
{
    return pol_trust_has_rollout(rules->trust, policy->rollout) &&
           (rules->rollout == NULL || strcmp(rules->rollout, policy->rollout) == 0);
}

static enum status check_version(const struct pol_policy *policy,
                                 const struct pol_freshness_rules *rules, struct err *err)
{
    if (policy->version < rules->min_version) {
        return err_refuse(err, "version_rollback", "/version",
                          "version %" PRId64
                          " is lower than the least that this machine takes, %" PRId64,
                          policy->version, rules->min_version);
    }
    if (policy->version < rules->floor.version) {
        return err_refuse(err, "version_rollback", "/version",
                          "version %" PRId64 " is lower than %" PRId64
                          ", which was accepted before",
                          policy->version, rules->floor.version);
    }
    if (policy->version == rules->floor.version &&
        strcmp(policy->digest, rules->floor.digest) != 0) {
        return err_refuse(err, "version_conflict", "/version",
                          "version %" PRId64 " was accepted before with another content",
                          policy->version);
    }
    return ST_OK;
}

static enum status check_times(const struct pol_policy *policy, int64_t now_s, struct err *err)
{
    if (policy->issued_at_s > now_s + LIMIT_ISSUED_AHEAD_S) {
        return err_refuse(err, "issued_in_future", "/issued_at",
                          "it is issued more than a day ahead of this machine's clock");
    }
    if (policy->not_before_s > now_s) {
        return err_refuse(err, "not_yet", "/not_before", "its time has not come");
    }
    if (policy->expires_at_s <= now_s) {
        return err_refuse(err, "expired", "/expires_at", "it has expired");
    }
    return ST_OK;
}

enum status pol_freshness(const struct pol_policy *policy, const struct pol_freshness_rules *rules,
                          enum pol_freshness *out, struct err *err)
{
    if (!rollout_fits(policy, rules)) {
        return err_refuse(err, "rollout_mismatch", "/rollout",
                          "this machine does not take part in rollout \"%s\"", policy->rollout);
    }
    enum status st = check_version(policy, rules, err);
    if (st != ST_OK) {
        return st;
    }
    bool known = policy->version == rules->floor.version;
    if (known && rules->stored_policy_usable) {
        *out = POL_FRESH_NO_CHANGE;
        return ST_OK;
    }
    /* The floor's own policy was fresh when it was accepted: a lost copy may be replaced late. */
    if (!known && policy->kind == POL_KIND_STAGE) {
        st = check_times(policy, rules->now_s, err);
    }
    if (st == ST_OK) {
        *out = POL_FRESH_ACCEPT;
    }
    return st;
}
