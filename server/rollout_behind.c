#include "base/log.h"
#include "server/rollout_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool srv_rollout_is_behind(const struct srv_rollout_view *view)
{
    return view->behind.version > view->release.version;
}

static bool is_ours(const struct srv_bundle *b, const struct pol_report *report)
{
    const struct pol_bundle_entry *entry = srv_bundle_find(b, report->effective_version);
    return entry != NULL && strcmp(entry->policy->digest, report->digest) == 0;
}

void srv_rollout_hear(struct srv_rollout *r, const struct pol_report *report, const char *device_id,
                      int64_t now_s, struct srv_behind *out)
{
    int64_t version = report->effective_version;
    *out = (struct srv_behind){.version = 0};
    if (report->digest == NULL) {
        return;
    }
    pthread_mutex_lock(&r->state);
    bool news = version > r->now.release.version && version > r->now.behind.version &&
                (is_ours(r->now.newest, report) || is_ours(r->now.released, report));
    pthread_mutex_unlock(&r->state);
    if (news) {
        *out = (struct srv_behind){.version = version, .at_s = now_s};
        (void)snprintf(out->device_id, sizeof out->device_id, "%s", device_id);
    }
}

void srv_rollout_log_behind(const struct srv_rollout_view *view)
{
    if (srv_rollout_is_behind(view)) {
        log_write(LOG_ERROR,
                  "event=behind_fleet version=%" PRId64 " released=%" PRId64 " device=%s",
                  view->behind.version, view->release.version, view->behind.device_id);
    }
}

void srv_rollout_heard(struct srv_rollout *r, const struct srv_behind *behind)
{
    pthread_mutex_lock(&r->state);
    bool news = behind->version > r->now.behind.version;
    if (news) {
        r->now.behind = *behind;
    }
    const struct srv_rollout_view view = {.release = r->now.release, .behind = r->now.behind};
    pthread_mutex_unlock(&r->state);
    if (news) {
        srv_rollout_log_behind(&view);
    }
}
