#include "server/bundle_keep.h"

#include "base/file.h"
#include "base/log.h"
#include "policy/limits.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char PREFIX[] = "bundle-";
static const char SUFFIX[] = ".json";

static enum status path_of(const char *folder, uint32_t serial, char out[PATH_MAX], struct err *err)
{
    int length = snprintf(out, PATH_MAX, "%s/%s%u%s", folder, PREFIX, serial, SUFFIX);
    return length > 0 && length < PATH_MAX
               ? ST_OK
               : err_set(err, ST_TOO_LARGE, 0, "the path %s is too long", folder);
}

/* Only the one spelling that path_of() gives. */
static bool serial_of(const char *name, uint32_t *out)
{
    char *end = NULL;
    if (strncmp(name, PREFIX, sizeof PREFIX - 1) != 0) {
        return false;
    }
    const char *digits = name + sizeof PREFIX - 1;
    unsigned long serial = strtoul(digits, &end, 10);
    *out = (uint32_t)serial;
    return digits[0] >= '1' && digits[0] <= '9' && serial <= LIMIT_SERIAL &&
           strcmp(end, SUFFIX) == 0;
}

enum status srv_bundle_copy_read(const char *folder, uint32_t serial, struct bytes *out,
                                 struct err *err)
{
    char path[PATH_MAX];
    enum status st = path_of(folder, serial, path, err);
    return st == ST_OK ? file_read(path, LIMIT_BUNDLE_BYTES, out, err) : st;
}

static bool is_copied(const char *folder, uint32_t serial, struct span raw)
{
    struct bytes kept = {0};
    bool same = srv_bundle_copy_read(folder, serial, &kept, NULL) == ST_OK &&
                span_equal(bytes_span(&kept), raw);
    bytes_free(&kept);
    return same;
}

void srv_bundle_copy(const char *folder, uint32_t serial, struct span raw)
{
    char path[PATH_MAX];
    struct err err = {0};
    enum status st = path_of(folder, serial, path, &err);
    if (st == ST_OK && !is_copied(folder, serial, raw)) {
        st = file_write(path, raw, FILE_FOR_OWNER, &err);
    }
    if (st != ST_OK) {
        log_failure(LOG_WARNING, "bundle_not_copied", &err);
    }
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* Full, the lowest one goes. */
static bool collect(void *ctx, const char *name)
{
    struct srv_bundle_copies *c = ctx;
    uint32_t serial = 0;
    if (!serial_of(name, &serial)) {
        return true;
    }
    size_t at = 0;
    while (at < c->count && c->serials[at] < serial) {
        at++;
    }
    if (c->count < SRV_BUNDLE_COPIES_MAX) {
        memmove(c->serials + at + 1, c->serials + at, (c->count - at) * sizeof c->serials[0]);
        c->serials[at] = serial;
        c->count++;
    } else if (at > 0) {
        memmove(c->serials, c->serials + 1, (at - 1) * sizeof c->serials[0]);
        c->serials[at - 1] = serial;
    }
    return true;
}

void srv_bundle_copies_list(const char *folder, struct srv_bundle_copies *out)
{
    struct err err = {0};
    out->count = 0;
    if (file_list(folder, collect, out, &err) != ST_OK) {
        log_failure(LOG_WARNING, "bundle_copies_not_listed", &err);
    }
}

struct dropping {
    const char *folder;
    uint32_t keep_from;
};

static bool drop(void *ctx, const char *name)
{
    const struct dropping *d = ctx;
    char path[PATH_MAX];
    uint32_t serial = 0;
    struct err err = {0};
    if (!serial_of(name, &serial) || serial >= d->keep_from) {
        return true;
    }
    enum status st = path_of(d->folder, serial, path, &err);
    if (st == ST_OK) {
        st = file_remove(path, &err);
    }
    if (st != ST_OK) {
        log_failure(LOG_WARNING, "bundle_copy_not_removed", &err);
    }
    return true;
}

void srv_bundle_copies_drop(const char *folder, uint32_t keep_from)
{
    struct dropping d = {.folder = folder, .keep_from = keep_from};
    struct err err = {0};
    if (file_list(folder, drop, &d, &err) != ST_OK) {
        log_failure(LOG_WARNING, "bundle_copies_not_listed", &err);
    }
}
