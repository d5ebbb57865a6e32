#include "server/store_sqlite_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char HEAD[] = "SQLite format 3"; /* and its NUL */

enum status sqlite_path(const char *folder, const char *suffix, char out[SQLITE_PATH_BYTES],
                        struct err *err)
{
    int length = snprintf(out, SQLITE_PATH_BYTES, "%s/store.db%s", folder, suffix);
    return length > 0 && length < SQLITE_PATH_BYTES
               ? ST_OK
               : err_set(err, ST_TOO_LARGE, 0, "the path %s is too long", folder);
}

/* ---- what is wrong --------------------------------------------------------------------------- */

static enum status damaged(struct err *err, const char *folder, const char *what)
{
    return err_refuse(
        err, "store_damaged", "",
        "cannot use the store: %s. Nothing was changed. Restore a backup: mapi-rollout-server restore "
        "BACKUP --data %s",
        what, folder);
}

static enum status denied(struct err *err, const char *path, int error)
{
    return error == EROFS
               ? err_refuse(err, "store_read_only", "",
                            "%s is on a file system that cannot be written: mount it for writing",
                            path)
               : err_refuse(err, "store_denied", "",
                            "%s cannot be read and written by uid %u: give it to that user, or "
                            "start the server as its owner",
                            path, (unsigned)geteuid());
}

/* err has SQLite's words and code. */
enum status sqlite_explain(const char *folder, enum status st, struct err *err)
{
    char words[ERR_TEXT_BYTES];
    struct err ignored = {.st = st};
    struct err *e = err != NULL ? err : &ignored;
    if (st == ST_REFUSED || e->os_code == 0) {
        return st;
    }
    (void)snprintf(words, sizeof words, "%.200s", e->text);
    switch (e->os_code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return damaged(err, folder, words);
    case SQLITE_READONLY:
        return err_refuse(err, "store_read_only", "",
                          "%s: make %s and the files of the store in it writable for uid %u", words,
                          folder, (unsigned)geteuid());
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return err_refuse(err, "store_denied", "",
                          "%s: uid %u must be able to write %s and the files of the store in it",
                          words, (unsigned)geteuid(), folder);
    case SQLITE_FULL:
        return err_refuse(err, "store_full", "",
                          "%s: make room on the disk of %s and start again; nothing is lost", words,
                          folder);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return err_refuse(err, "store_busy", "",
                          "%s: another program works with %s/store.db (fuser says which); end it "
                          "and start again",
                          words, folder);
    case SQLITE_IOERR:
        return err_refuse(err, "store_io", "",
                          "%s: the disk of %s does not do what it should: see the kernel's log",
                          words, folder);
    default: return st;
    }
}

/* ---- looking --------------------------------------------------------------------------------- */

static enum status look_at_head(const char *folder, const char *path, struct err *err)
{
    char what[SQLITE_PATH_BYTES + 64];
    char head[sizeof HEAD] = "";
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 && errno == EROFS && access(folder, W_OK) == 0) {
        /* The release record can be written, and what is in the store can be served. */
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0) {
        return denied(err, path, errno);
    }
    ssize_t length = pread(fd, head, sizeof head, 0);
    (void)close(fd); /* it was only read */
    if (length < 0) {
        return err_refuse(err, "store_io", "", "cannot read %s: %s", path, strerror(errno));
    }
    if (length == 0 || memcmp(head, HEAD, sizeof HEAD) == 0) {
        return ST_OK;
    }
    (void)snprintf(what, sizeof what, "%s is not a database", path);
    return damaged(err, folder, what);
}

bool sqlite_has_content(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && info.st_size > 0;
}

/* SQLite would make it anew, and throw the log away. */
static enum status look_for_store(const char *folder, const char *path, const char *log,
                                  struct err *err)
{
    char what[2 * SQLITE_PATH_BYTES + 64];
    if (!sqlite_has_content(path) && sqlite_has_content(log)) {
        (void)snprintf(what, sizeof what, "%s is empty or missing, but its log is not", path);
        return damaged(err, folder, what);
    }
    return ST_OK;
}

static enum status look_at_kind(const char *path, bool *there, struct err *err)
{
    struct stat info;
    *there = stat(path, &info) == 0;
    if (!*there) {
        return errno == ENOENT ? ST_OK : denied(err, path, errno);
    }
    return S_ISREG(info.st_mode)
               ? ST_OK
               : err_refuse(err, "store_damaged", "", "%s is not a file: move it away", path);
}

enum status sqlite_look_at_files(const char *folder, struct err *err)
{
    char path[SQLITE_PATH_BYTES];
    char log[SQLITE_PATH_BYTES];
    char what[SQLITE_PATH_BYTES + 128];
    bool there = false;
    enum status st = sqlite_path(folder, "", path, err);
    if (st == ST_OK) {
        st = sqlite_path(folder, "-wal", log, err);
    }
    if (st == ST_OK) {
        st = look_at_kind(path, &there, err);
    }
    if (st == ST_OK) {
        st = look_for_store(folder, path, log, err);
    }
    if (st == ST_OK && there) {
        st = look_at_head(folder, path, err);
    }
    if (st == ST_OK) {
        st = sqlite_look_at_log(log, err);
    }
    if (st == ST_REFUSED && err != NULL && err->code == NULL) {
        (void)snprintf(what, sizeof what, "%s holds reports that were answered, and is damaged",
                       log);
        st = damaged(err, folder, what);
    }
    return st;
}
