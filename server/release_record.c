#include "server/release_record.h"

#include "base/fields.h"
#include "base/file.h"
#include "base/log.h"
#include "policy/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOTS = 2, SLOT_BYTES = 4096, TEXT_BYTES = SLOT_BYTES - DIGEST_HEX_BYTES };

/* A slot is text: a digest in hexadecimal, a line feed, then what it is the digest of: the counter,
 * version and time, and the texts, each behind its length. Zeros fill it up. */
struct slot {
    unsigned long long counter;
    struct srv_release release;
};

struct srv_record {
    int fd;
    unsigned long long counter; /* of the slot that holds */
};

static enum status fail(struct err *err, const char *what)
{
    int error = errno;
    enum status st = error == ENOSPC ? ST_NO_SPACE : error == EACCES ? ST_DENIED : ST_IO;
    return err_set(err, st, (uint32_t)error, "cannot %s the release record: %s", what,
                   strerror(error));
}

static bool take_text(const char **at, char *out, size_t size)
{
    char *end = NULL;
    unsigned long length = strtoul(*at, &end, 10);
    if (end == *at || *end != ' ' || length >= size || strnlen(end + 1, length) != length) {
        return false;
    }
    memcpy(out, end + 1, length);
    out[length] = '\0';
    *at = end + 1 + length;
    return true;
}

static bool decode(const char raw[SLOT_BYTES], struct slot *out)
{
    char hex[DIGEST_HEX_BYTES];
    const char *text = raw + DIGEST_HEX_BYTES;
    int64_t version = 0;
    int64_t at_s = 0;
    int64_t counter = 0;
    size_t length = strnlen(text, TEXT_BYTES);
    struct span content = {.data = (const uint8_t *)text, .size = length};
    if (length == 0 || length == TEXT_BYTES || pol_digest_hex(content, hex) != ST_OK ||
        memcmp(hex, raw, DIGEST_HEX_BYTES - 1) != 0) {
        return false;
    }
    const char *at = text;
    if (!field_number(&at, 1, INT64_MAX, &counter) ||
        !field_number(&at, 0, VERSION_MOST, &version) || !field_number(&at, 0, INT64_MAX, &at_s)) {
        return false;
    }
    out->counter = (unsigned long long)counter;
    struct srv_release *r = &out->release;
    r->version = version;
    r->at_s = at_s;
    return take_text(&at, r->rollout, sizeof r->rollout) &&
           take_text(&at, r->stage, sizeof r->stage) && take_text(&at, r->by, sizeof r->by) &&
           take_text(&at, r->reason, sizeof r->reason);
}

static bool encode(const struct slot *slot, char raw[SLOT_BYTES])
{
    const struct srv_release *r = &slot->release;
    char *text = raw + DIGEST_HEX_BYTES;
    memset(raw, 0, SLOT_BYTES);
    int length =
        snprintf(text, TEXT_BYTES, "%llu %" PRId64 " %lld %zu %s%zu %s%zu %s%zu %s", slot->counter,
                 r->version, (long long)r->at_s, strlen(r->rollout), r->rollout, strlen(r->stage),
                 r->stage, strlen(r->by), r->by, strlen(r->reason), r->reason);
    if (length < 0 || length >= TEXT_BYTES || pol_digest_hex(span_text(text), raw) != ST_OK) {
        return false;
    }
    raw[DIGEST_HEX_BYTES - 1] = '\n'; /* in the place of the NUL */
    return true;
}

/* The newer of the two slots; neither good is "nothing released yet" only if the file is fresh. */
static enum status read_slots(int fd, struct slot *best, struct err *err)
{
    char raw[SLOT_BYTES];
    bool written = false;
    for (int i = 0; i < SLOTS; i++) {
        struct slot slot = {0};
        if (pread(fd, raw, sizeof raw, (off_t)i * SLOT_BYTES) != SLOT_BYTES) {
            return fail(err, "read");
        }
        written = written || raw[0] != '\0';
        if (decode(raw, &slot) && slot.counter > best->counter) {
            *best = slot;
        }
    }
    return best->counter > 0 || !written
               ? ST_OK
               : err_set(
                     err, ST_IO, 0,
                     "the release record is damaged: restore it, or remove it and release anew");
}

static enum status make_full(int fd, const char *folder, struct err *err)
{
    const char empty[SLOT_BYTES * SLOTS] = {0};
    off_t size = lseek(fd, 0, SEEK_END);
    if (size >= (off_t)sizeof empty) {
        return ST_OK;
    }
    if (size > 0) {
        return err_set(err, ST_IO, 0, "the release record in %s was cut short", folder);
    }
    if (pwrite(fd, empty, sizeof empty, 0) != (ssize_t)sizeof empty || fsync(fd) != 0) {
        int error = errno;
        if (ftruncate(fd, 0) != 0) {
            return err_set(err, ST_IO, (uint32_t)error,
                           "the release record in %s is half made: remove it", folder);
        }
        errno = error;
        return fail(err, "make");
    }
    int parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0 || fsync(parent) != 0) {
        enum status st = fail(err, "make");
        if (parent >= 0) {
            (void)close(parent);
        }
        return st;
    }
    (void)close(parent);
    return ST_OK;
}

enum status srv_record_open(const char *folder, struct srv_record **out,
                            struct srv_release *out_release, struct err *err)
{
    char path[PATH_MAX];
    struct slot best = {0};
    int length = snprintf(path, sizeof path, "%s/release.record", folder);
    if (length < 0 || (size_t)length >= sizeof path) {
        return err_set(err, ST_TOO_LARGE, 0, "the path %s is too long", folder);
    }
    struct srv_record *record = calloc(1, sizeof *record);
    if (record == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot open the release record");
    }
    record->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum status st = record->fd >= 0 ? make_full(record->fd, folder, err) : fail(err, "open");
    if (st == ST_OK) {
        st = read_slots(record->fd, &best, err);
    }
    if (st == ST_OK) {
        record->counter = best.counter;
        *out = record;
        *out_release = best.release;
        record = NULL; /* handed over */
    }
    srv_record_close(record);
    return st;
}

enum status srv_record_write(struct srv_record *record, const struct srv_release *release,
                             struct err *err)
{
    char raw[SLOT_BYTES];
    struct slot slot = {.counter = record->counter + 1, .release = *release};
    if (!encode(&slot, raw)) {
        return err_set(err, ST_BUG, 0, "cannot write down the release");
    }
    off_t at = (off_t)(slot.counter % SLOTS) * SLOT_BYTES;
    if (pwrite(record->fd, raw, sizeof raw, at) != SLOT_BYTES || fdatasync(record->fd) != 0) {
        return fail(err, "write");
    }
    record->counter = slot.counter;
    return ST_OK;
}

void srv_record_close(struct srv_record *record)
{
    if (record != NULL) {
        if (record->fd >= 0) {
            (void)close(record->fd); /* every write was flushed */
        }
        free(record);
    }
}

/* ---- the spare one --------------------------------------------------------------------------- */

static enum status spare_path(const struct srv_record *record, const char *folder,
                              char out[PATH_MAX], struct err *err)
{
    struct stat info;
    if (fstat(record->fd, &info) != 0) {
        return fail(err, "look at");
    }
    int length = snprintf(out, PATH_MAX, "%s/release-%ju.spare", folder, (uintmax_t)info.st_ino);
    return length > 0 && length < PATH_MAX
               ? ST_OK
               : err_set(err, ST_TOO_LARGE, 0, "the path %s is too long", folder);
}

enum status srv_record_spare_write(const struct srv_record *record, const char *folder,
                                   const struct srv_release *release, struct err *err)
{
    char raw[SLOT_BYTES];
    char path[PATH_MAX];
    struct slot slot = {.counter = record->counter + 1, .release = *release};
    enum status st = spare_path(record, folder, path, err);
    if (st == ST_OK && !encode(&slot, raw)) {
        st = err_set(err, ST_BUG, 0, "cannot write down the release");
    }
    struct span content = {.data = (const uint8_t *)raw, .size = sizeof raw};
    return st == ST_OK ? file_write(path, content, FILE_FOR_OWNER, err) : st;
}

void srv_record_spare_read(const struct srv_record *record, const char *folder,
                           struct srv_release *out)
{
    char path[PATH_MAX];
    struct bytes raw = {0};
    struct slot slot = {0};
    struct err err = {0};
    enum status st = spare_path(record, folder, path, &err);
    if (st == ST_OK) {
        st = file_read(path, SLOT_BYTES, &raw, &err);
    }
    if (st == ST_OK && (raw.size != SLOT_BYTES || !decode((const char *)raw.data, &slot))) {
        st = err_set(&err, ST_IO, 0, "%s is damaged", path);
    }
    if (st != ST_OK && st != ST_NOT_FOUND) {
        log_failure(LOG_WARNING, "spare_record_unusable", &err);
    }
    *out = st == ST_OK ? slot.release : (struct srv_release){.version = 0};
    bytes_free(&raw);
}

void srv_record_spare_remove(const struct srv_record *record, const char *folder)
{
    char path[PATH_MAX];
    struct err err = {0};
    enum status st = spare_path(record, folder, path, &err);
    if (st == ST_OK) {
        st = file_remove(path, &err);
    }
    if (st != ST_OK && st != ST_NOT_FOUND) {
        log_failure(LOG_WARNING, "spare_record_not_removed", &err);
    }
}
