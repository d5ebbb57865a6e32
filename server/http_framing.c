#include "server/http_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct framing {
    unsigned lengths;
    unsigned encodings;
    bool odd;
    uint64_t announced;
};

/* A line that is folded into two the library reads as one with a longer name: so a name that only
 * begins like one of these, or is no token (RFC 9110, 5.6.2), may be read otherwise by others. */
static bool is_name(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '-';
        if (!letter && (*at < '0' || *at > '9') && strchr("!#$%&'*+.^_`|~", *at) == NULL) {
            return false;
        }
    }
    if (strchr("CcTt", name[0]) == NULL) {
        return true; /* most of them: neither of the two */
    }
    return strncasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH,
                       sizeof MHD_HTTP_HEADER_CONTENT_LENGTH - 1) != 0 &&
           strncasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING,
                       sizeof MHD_HTTP_HEADER_TRANSFER_ENCODING - 1) != 0;
}

static enum MHD_Result count_framing(void *ctx, enum MHD_ValueKind kind, const char *name,
                                     const char *value)
{
    struct framing *f = ctx;
    (void)kind;
    if (is_name(name)) {
        return MHD_YES;
    }
    if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
        f->lengths++;
        f->odd = f->odd || value == NULL || value[0] == '\0' ||
                 strspn(value, "0123456789") != strlen(value);
        f->announced = f->odd ? 0 : strtoull(value, NULL, 10); /* too many digits: the most */
    } else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
        f->encodings++;
        f->odd = f->odd || value == NULL || strcasecmp(value, "chunked") != 0;
    } else {
        f->odd = true;
    }
    return MHD_YES;
}

bool srv_request_is_framed(struct srv_request *rq)
{
    struct framing f = {0};
    (void)MHD_get_connection_values(srv_http_connection(rq)->mhd, MHD_HEADER_KIND, count_framing,
                                    &f);
    rq->announced = f.announced;
    return !f.odd && f.lengths + f.encodings <= 1;
}
