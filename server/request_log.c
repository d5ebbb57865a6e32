#include "server/request_log.h"

#include "base/clock.h"
#include "base/log.h"

#include <string.h>

/* A path from outside, made harmless for a log line of key=value pairs. */
static void printable(const char *path, char *out, size_t size)
{
    size_t i = 0;
    for (; path[i] != '\0' && i + 1 < size; i++) {
        out[i] = path[i] > ' ' && path[i] < 0x7f ? path[i] : '?';
    }
    out[i] = '\0';
}

void srv_request_log(const struct srv_request *rq)
{
    char method[16];
    char path[128];
    bool usual = strcmp(rq->path, "/v1/policy") == 0 || strcmp(rq->path, "/v1/reports") == 0 ||
                 strcmp(rq->path, "/healthz") == 0 || strcmp(rq->path, "/readyz") == 0 ||
                 strcmp(rq->path, "/metrics") == 0;
    printable(rq->method, method, sizeof method);
    printable(rq->path, path, sizeof path);
    log_write(usual && rq->answer.status < 400 ? LOG_DEBUG : LOG_INFO,
              "event=request id=%llu method=%s path=%s status=%u ms=%llu",
              (unsigned long long)rq->id, method, path, rq->answer.status,
              (unsigned long long)(clock_monotonic_ms() - rq->started_ms));
}
