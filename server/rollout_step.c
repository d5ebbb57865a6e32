#include "server/rollout_parts.h"

#include <inttypes.h>

enum status srv_step_find_stage(const struct srv_rollout_view *view, const char *stage,
                                const struct pol_bundle_entry **out, struct err *err)
{
    if (view->newest == NULL) {
        return err_refuse(err, "stage_unknown", "", "no bundle is stored: publish one first");
    }
    const struct pol_bundle_entry *entry = pol_bundle_find_stage(view->newest->bundle, stage);
    if (entry == NULL) {
        return err_refuse(err, "stage_unknown", "/stage",
                          "the newest bundle (serial %u) has no signed stage %s",
                          pol_bundle_serial(view->newest->bundle), stage);
    }
    *out = entry;
    return ST_OK;
}

enum status srv_step_find_next(const struct srv_rollout_view *view,
                               const struct pol_bundle_entry **out, struct err *err)
{
    int64_t version = view->release.version;
    if (version == 0) {
        return err_refuse(err, "stage_unknown", "", "nothing is released yet: release a stage");
    }
    const struct pol_bundle_entry *entry = srv_bundle_find(view->released, version + 1);
    if (entry == NULL) {
        return err_refuse(err, "stage_unknown", "",
                          "%s is the last signed stage of serial %" PRId64, view->release.stage,
                          version / VERSION_STEP);
    }
    *out = entry;
    return ST_OK;
}
