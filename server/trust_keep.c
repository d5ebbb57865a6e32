#include "server/trust_keep.h"

#include "base/file.h"
#include "base/log.h"
#include "policy/limits.h"
#include "policy/trust.h"

#include <limits.h>
#include <stdio.h>

static enum status path_of(const char *folder, char out[PATH_MAX], struct err *err)
{
    int length = snprintf(out, PATH_MAX, "%s/trust.kept", folder);
    return length > 0 && length < PATH_MAX
               ? ST_OK
               : err_set(err, ST_TOO_LARGE, 0, "the path %s is too long", folder);
}

/* Empty if there is nothing of use. */
static enum status load(const char *path, struct bytes *out, struct err *err)
{
    struct bytes text = {0};
    struct pol_trust *trust = NULL;
    struct err why = {0};
    enum status st = file_read(path, LIMIT_TRUST_BYTES, &text, &why);
    if (st == ST_OK) {
        st = pol_trust_parse(bytes_span(&text), &trust, &why);
    }
    pol_trust_free(trust);
    if (st == ST_OK) {
        *out = text;
        return ST_OK; /* handed over */
    }
    bytes_free(&text);
    if (st == ST_REFUSED || st == ST_TOO_LARGE) {
        log_failure(LOG_WARNING, "kept_trust_damaged", &why);
    }
    return st == ST_NOT_FOUND || st == ST_REFUSED || st == ST_TOO_LARGE
               ? ST_OK
               : err_set(err, st, why.os_code, "%s", why.text);
}

enum status srv_trust_check(const char *folder, struct span next, struct err *err)
{
    char path[PATH_MAX];
    struct bytes kept = {0};
    struct err why = {0};
    enum pol_trust_change change = POL_TRUST_UNCHANGED;
    enum status st = path_of(folder, path, err);
    if (st == ST_OK) {
        st = load(path, &kept, err);
    }
    if (st == ST_OK) {
        st = pol_trust_check_change(bytes_span(&kept), next, &change, &why);
        if (st == ST_REFUSED) {
            st = err_refuse(err, why.code, why.pointer,
                            "%s; the one that this server used last is %s: give it that or a newer "
                            "one, or remove that file if going back is meant",
                            why.text, path);
        } else if (st != ST_OK) {
            st = err_set(err, st, why.os_code, "%s", why.text);
        }
    }
    bytes_free(&kept);
    return st;
}

/* The same bytes again need no disk. */
static bool is_kept(const char *path, struct span document)
{
    struct bytes kept = {0};
    bool same = file_read(path, LIMIT_TRUST_BYTES, &kept, NULL) == ST_OK &&
                span_equal(bytes_span(&kept), document);
    bytes_free(&kept);
    return same;
}

void srv_trust_keep(const char *folder, struct span document)
{
    char path[PATH_MAX];
    struct err err = {0};
    enum status st = path_of(folder, path, &err);
    if (st == ST_OK && !is_kept(path, document)) {
        st = file_write(path, document, FILE_FOR_OWNER, &err);
    }
    if (st != ST_OK) {
        log_failure(LOG_WARNING, "trust_not_kept", &err);
    }
}
