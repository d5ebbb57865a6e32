#include "server/ingest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status parse(struct srv_ingest *ingest, struct span body,
                         const struct srv_device *device, struct err *err)
{
    enum status st = pol_report_parse(body, &ingest->report, err);
    if (st == ST_OK && strcmp(ingest->report->device_id, device->device_id) != 0) {
        st = err_refuse(err, "out_of_range", "/device_id", "this is the report of another device");
    }
    if (st == ST_OK && ingest->report->part > ingest->report->parts) {
        st = err_refuse(err, "out_of_range", "/part", "there are fewer parts");
    }
    return st;
}

enum status srv_ingest_open(struct span body, const struct srv_device *device, int64_t now_s,
                            struct srv_ingest **out, struct err *err)
{
    struct srv_ingest *ingest = calloc(1, sizeof *ingest);
    if (ingest == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot take the report");
    }
    enum status st = parse(ingest, body, device, err);
    if (st == ST_OK) {
        ingest->write.kind = SRV_WRITE_REPORT;
        ingest->write.now_s = now_s;
        ingest->write.u.report.device = device->number;
        ingest->write.u.report.report = ingest->report;
        ingest->write.u.report.body = body;
        *out = ingest;
        ingest = NULL; /* handed over */
    }
    srv_ingest_free(ingest);
    return st;
}

void srv_ingest_hear(struct srv_ingest *ingest, struct srv_rollout *rollout,
                     const struct srv_device *device)
{
    struct srv_write *w = &ingest->write;
    struct srv_behind *behind = &w->u.report.behind;
    ingest->rollout = rollout;
    srv_rollout_hear(rollout, ingest->report, device->device_id, w->now_s, behind);
    if (behind->version > 0) {
        (void)snprintf(ingest->told, sizeof ingest->told, "version=%" PRId64, behind->version);
        w->audit = (struct srv_audit){.who = SRV_WHO_DEVICE,
                                      .name = behind->device_id,
                                      .what = "behind_fleet",
                                      .after = ingest->told};
    }
}

void srv_ingest_heard(const struct srv_ingest *ingest)
{
    const struct srv_write *w = &ingest->write;
    if (w->st == ST_OK && w->u.report.behind.version > 0 && !w->u.report.repeated) {
        srv_rollout_heard(ingest->rollout, &w->u.report.behind);
    }
}

void srv_ingest_free(struct srv_ingest *ingest)
{
    if (ingest != NULL) {
        pol_report_free(ingest->report);
        free(ingest);
    }
}
