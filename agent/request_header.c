#include "agent/request_header.h"

#include <inttypes.h>
#include <stdio.h>

enum { LINE_MOST_BYTES = 1024, WAIT_BYTES = 16 };

enum status ag_request_header_write(const struct ag_request *request,
                                    enum status (*visit)(void *ctx, const char *line), void *ctx)
{
    char wait[WAIT_BYTES];
    bool has_body = request->body.data != NULL;
    (void)snprintf(wait, sizeof wait, "%" PRIu32, request->wait_s);
    const struct {
        const char *name;
        const char *value; /* NULL: the line is not sent */
    } lines[] = {
        {"Authorization: Bearer ", request->bearer},
        {"X-Device-Token: ", request->device_token},
        {"If-None-Match: ", request->if_none_match},
        {"Prefer: wait=", request->wait_s > 0 ? wait : NULL},
        {"Content-Type: ", has_body ? "application/json" : NULL},
        {"Expect:", has_body ? "" : NULL}, /* no round trip before the body */
    };
    struct bytes line = bytes_with_limit(LINE_MOST_BYTES);
    enum status st = ST_OK;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0] && st == ST_OK; i++) {
        if (lines[i].value == NULL) {
            continue;
        }
        bytes_clear(&line);
        st = bytes_append_text(&line, lines[i].name);
        st = st == ST_OK ? bytes_append_text(&line, lines[i].value) : st;
        st = st == ST_OK ? visit(ctx, bytes_text(&line)) : st;
    }
    bytes_wipe(&line);
    return st;
}
