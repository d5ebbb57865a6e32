#include "agent/picture.h"

#include <stdlib.h>

enum { POINTER_BYTES = sizeof(void *) };

static void paint_standing(const struct ag_standing *standing, int64_t now_s,
                           struct ag_picture *out)
{
    const struct pol_policy *policy = standing->policy;
    const struct ag_failed *failed = ag_standing_failure(standing);
    out->received_version = standing->received_version;
    out->pending_version = standing->pending.raw.size > 0 ? standing->pending.version : 0;
    out->trust_version = standing->trust != NULL ? pol_trust_version(standing->trust) : 0;
    if (policy != NULL) {
        out->rollout = policy->rollout;
        out->stage = policy->stage;
        out->digest = policy->digest;
        out->effective_version = policy->version;
        out->stale = ag_standing_is_stale(standing, now_s);
    }
    if (failed != NULL) {
        out->failed_code = failed->code;
        out->failed_text = failed->text;
        out->failed_at_s = failed->at_s;
    }
}

enum status ag_picture_show(const struct ag_mirror *mirror, const struct ag_standing *standing,
                            const struct ag_pass *pass, const struct ag_picture_rest *rest,
                            struct err *err)
{
    struct ag_picture picture = {.device_id = rest->device_id, .failed_at_s = -1};
    size_t count = pass != NULL ? pass->count : 0;
    if (mirror->show == NULL) {
        return ST_OK;
    }
    const struct pol_report_user **rows = calloc(count + 1, POINTER_BYTES);
    if (rows == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to show %zu users", count);
    }
    for (size_t i = 0; i < count; i++) {
        rows[i] = &pass->outcomes[i].row;
    }
    struct pol_report_probe probes[AG_PREFLIGHT_ROWS];
    const struct ag_client *client = ag_machine_client(rest->machine);
    paint_standing(standing, rest->now_s, &picture);
    picture.outlook = client != NULL ? client->version : NULL;
    picture.probes = probes;
    picture.probe_count = ag_preflight_rows(&rest->machine->preflight, probes, AG_PREFLIGHT_ROWS);
    picture.rows = rows;
    picture.row_count = count;
    picture.paused_until_s = rest->paused_until_s > rest->now_s ? rest->paused_until_s : 0;
    enum status st = mirror->show(mirror->ctx, &picture, err);
    free(rows);
    return st;
}
