#include "admin/client_failure.h"

#include <curl/curl.h>
#include <string.h>

/* The library says in words why a certificate failed; ours are plainer. */
static enum status certificate_failed(const struct adm_failure *f, struct err *err)
{
    static const char *const REASONS[][2] = {
        {"validity has expired", "has expired: renew it on the server"},
        {"starts in the future", "is not valid yet: is this machine's clock right?"},
        {"does not match with the expected", "is for another host name than the URL has"},
        {"not correctly signed by the trusted CA", "is not from a CA that is trusted here: name its"
                                                   " CA file by --ca FILE"},
    };
    for (size_t i = 0; i < sizeof REASONS / sizeof REASONS[0]; i++) {
        if (strstr(f->line, REASONS[i][0]) != NULL) {
            return err_set(err, ST_DENIED, 0, "the certificate of %s %s", f->url, REASONS[i][1]);
        }
    }
    return err_set(err, ST_DENIED, 0, "the certificate of %s is refused: %s", f->url, f->line);
}

enum status adm_failure_tell(const struct adm_failure *f, struct err *err)
{
    const char *why = f->line[0] != '\0' ? f->line : curl_easy_strerror((CURLcode)f->code);
    if (f->code == CURLE_ABORTED_BY_CALLBACK) {
        return err_set(err, ST_CANCELLED, 0, "interrupted");
    }
    if (f->code == CURLE_PARTIAL_FILE || (f->code == CURLE_RECV_ERROR && f->is_long)) {
        return err_set(err, ST_UNREACHABLE, 0, "the answer of %s was cut in the middle", f->url);
    }
    if (f->code == CURLE_PEER_FAILED_VERIFICATION) {
        return certificate_failed(f, err);
    }
    /* The one of a file, the other of bytes: certificates of our own there are none. */
    if (f->code == CURLE_SSL_CACERT_BADFILE || f->code == CURLE_SSL_CERTPROBLEM) {
        return err_set(err, ST_NOT_FOUND, 0,
                       "the CA file cannot be used, or none was named by"
                       " --ca FILE: %s",
                       why);
    }
    if (f->code == CURLE_OPERATION_TIMEDOUT) {
        return err_set(err, ST_TIMED_OUT, 0, "%s gave no answer in time", f->url);
    }
    if (f->code == CURLE_COULDNT_CONNECT) {
        return err_set(err, ST_UNREACHABLE, 0,
                       "nobody answers at %s: is the server running, and is"
                       " that its --admin-listen address?",
                       f->url);
    }
    if (f->code == CURLE_COULDNT_RESOLVE_HOST) {
        return err_set(err, ST_UNREACHABLE, 0, "the host name in %s is not known", f->url);
    }
    return err_set(err, ST_UNREACHABLE, 0, "cannot talk to %s: %s", f->url, why);
}
