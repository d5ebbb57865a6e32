/* client_failure.h - say in one sentence why no answer came.
 *
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: that is what it makes: ST_UNREACHABLE, ST_TIMED_OUT, ST_DENIED
 *                             (certificate), ST_NOT_FOUND (CA file), ST_CANCELLED
 * Threads: safe       Source: curl/curl.h (CURLcode)
 */
#ifndef ADMIN_CLIENT_FAILURE_H
#define ADMIN_CLIENT_FAILURE_H

#include "base/err.h"

#include <stdbool.h>

struct adm_failure {
    const char *url;  /* of the server */
    int code;         /* a CURLcode */
    const char *line; /* what the library says beside it; "" if nothing */
    bool is_long;     /* the answer went to a sink */
};

/* Never ST_OK. */
enum status adm_failure_tell(const struct adm_failure *failure, struct err *err);

#endif
