#include "server/request_log.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

enum { METHOD_BYTES = 24, PATH_BYTES = 160 };

/* What agents and monitors ask for. */
static bool is_usual(const struct srv_request *rq)
{
    static const char *const USUAL[] = {"/v1/policy", "/v1/reports", "/healthz", "/readyz",
                                        "/metrics"};
    bool found = false;
    for (size_t i = 0; i < sizeof USUAL / sizeof USUAL[0]; i++) {
        found = found || (rq->route_path != NULL && strcmp(rq->route_path, USUAL[i]) == 0);
    }
    return found && rq->answer.status < 400;
}

/* The route alone, unless more can be learnt from the path: it is none, or ends in a '*'. */
static void show_path(const struct srv_request *rq, char out[PATH_BYTES])
{
    char path[PATH_BYTES / 2];
    const char *route = rq->route_path;
    log_quotable(rq->path, path, sizeof path);
    if (route == NULL || route[strlen(route) - 1] == '*') {
        (void)snprintf(out, PATH_BYTES, "%s path=\"%s\"", route != NULL ? route : "-", path);
    } else {
        (void)snprintf(out, PATH_BYTES, "%s", route);
    }
}

void srv_request_log(const struct srv_request *rq)
{
    char method[METHOD_BYTES];
    char path[PATH_BYTES];
    char asker[SRV_ASKER_BYTES];
    enum log_level level = is_usual(rq) ? LOG_DEBUG : LOG_INFO;
    if (!log_takes(level)) {
        return;
    }
    log_word(rq->method, method, sizeof method);
    log_quotable(rq->asker, asker, sizeof asker);
    show_path(rq, path);
    log_write(level,
              "event=request address=%s who=\"%s\" method=%s route=%s status=%u bytes=%zu ms=%llu"
              " request=%s",
              rq->address_text[0] != '\0' ? rq->address_text : "-", asker, method, path,
              rq->answer.status, srv_answer_size(&rq->answer),
              (unsigned long long)(clock_monotonic_ms() - rq->started_ms), rq->id);
}
