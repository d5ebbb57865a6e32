#include "server/store_sqlite_files.h"
#include "server/store_sqlite_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status fail(struct err *err, const char *what, const char *path)
{
    int error = errno;
    enum status st = error == EEXIST   ? ST_EXISTS
                     : error == ENOSPC ? ST_NO_SPACE
                     : error == EACCES ? ST_DENIED
                                       : ST_IO;
    return err_set(err, st, (uint32_t)error, "cannot %s %s: %s", what, path, strerror(error));
}

static enum status flush(const char *path, int flags, struct err *err)
{
    int fd = open(path, flags | O_CLOEXEC);
    enum status st = fd >= 0 && fsync(fd) == 0 ? ST_OK : fail(err, "write", path);
    if (fd >= 0) {
        (void)close(fd);
    }
    return st;
}

/* All of it, or no file of that name: a copy that was interrupted is no backup. */
static enum status publish(const char *partial, const char *path, struct err *err)
{
    char folder[SQLITE_PATH_BYTES];
    enum status st = flush(partial, O_RDWR, err);
    if (st == ST_OK && link(partial, path) != 0) {
        st = fail(err, "make", path);
    }
    if (st == ST_OK) {
        (void)snprintf(folder, sizeof folder, "%s", path);
        st = flush(dirname(folder), O_RDONLY | O_DIRECTORY, err);
    }
    return st;
}

/* From one moment: the reader sees no later commits, and stops none. */
static enum status copy(struct srv_sqlite *s, const char *partial, struct err *err)
{
    struct sql_reading r;
    enum status st = sql_read(&r, s, "VACUUM INTO ?", err);
    if (st == ST_OK) {
        st = sql_bind(r.s->reader, r.stmt, err, "t", partial);
    }
    (void)sql_read_next(&r, &st, err); /* st says whether it was written */
    sql_read_end(&r);
    return st;
}

enum status sqlite_backup(void *ctx, const char *path, struct err *err)
{
    char partial[SQLITE_PATH_BYTES];
    struct stat info;
    int length = snprintf(partial, sizeof partial, "%s.partial", path);
    if (length < 0 || (size_t)length >= sizeof partial) {
        return err_set(err, ST_TOO_LARGE, 0, "the path %.200s... is too long", path);
    }
    if (lstat(path, &info) == 0) {
        return err_set(err, ST_EXISTS, 0, "%s exists already", path);
    }
    (void)unlink(partial); /* what an interrupted backup left behind */
    enum status st = copy(ctx, partial, err);
    if (st == ST_OK) {
        st = publish(partial, path, err);
    }
    (void)unlink(partial); /* the copy has its own name, or is of no use */
    return st;
}
