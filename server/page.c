#include "server/page.h"

#include "policy/limits.h"
#include "server/answer.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER_DIGITS = 18 };

/* A filter, or false and an answer for one that is too long. */
static bool read_text(struct srv_request *rq, const char *key, const char **out)
{
    const char *value = srv_request_query(rq, key);
    if (value != NULL && strlen(value) > LIMIT_STRING_BYTES) {
        srv_answer_problem(rq, 422, "out_of_range", "%s may have %d bytes at most", key,
                           (int)LIMIT_STRING_BYTES);
        return false;
    }
    *out = value != NULL && value[0] != '\0' ? value : NULL;
    return true;
}

static bool read_number(struct srv_request *rq, const char *key, int64_t most, int64_t *out)
{
    const char *value = srv_request_query(rq, key);
    if (value == NULL) {
        return true;
    }
    size_t length = strlen(value);
    bool digits = length > 0 && length <= NUMBER_DIGITS && strspn(value, "0123456789") == length;
    int64_t number = digits ? strtoll(value, NULL, 10) : -1;
    if (number < 0 || number > most) {
        srv_answer_problem(rq, 422, "out_of_range", "%s must be a number up to %lld", key,
                           (long long)most);
        return false;
    }
    *out = number;
    return true;
}

bool srv_page_read(struct srv_request *rq, struct srv_filter *out)
{
    struct srv_filter f = {0};
    int64_t limit = SRV_PAGE_USUAL;
    bool good = read_text(rq, "state", &f.state) && read_text(rq, "ring", &f.ring) &&
                read_text(rq, "set", &f.set) && read_text(rq, "device", &f.device_id) &&
                read_text(rq, "host", &f.host) && read_text(rq, "sid", &f.sid) &&
                read_text(rq, "q", &f.text) && read_number(rq, "cursor", INT64_MAX, &f.after) &&
                read_number(rq, "limit", SRV_PAGE_MOST, &limit);
    if (good) {
        f.limit = limit > 0 ? (size_t)limit : SRV_PAGE_USUAL;
        *out = f;
    }
    return good;
}
