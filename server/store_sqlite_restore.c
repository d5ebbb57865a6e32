#include "server/store_sqlite.h"

#include "base/time_text.h"
#include "server/store_sqlite_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK_BYTES = 64 * 1024 };

static enum status fail(struct err *err, const char *what, const char *path)
{
    int error = errno;
    enum status st = error == ENOSPC ? ST_NO_SPACE : error == EACCES ? ST_DENIED : ST_IO;
    return err_set(err, st, (uint32_t)error, "cannot %s %s: %s", what, path, strerror(error));
}

static enum status copy_bytes(int from, int to, const char *target, struct err *err)
{
    char chunk[CHUNK_BYTES];
    for (;;) {
        ssize_t length = read(from, chunk, sizeof chunk);
        if (length < 0) {
            return fail(err, "read", "the backup");
        }
        if (length == 0) {
            return fsync(to) == 0 ? ST_OK : fail(err, "write", target);
        }
        for (ssize_t done = 0, part = 0; done < length; done += part) {
            part = write(to, chunk + done, (size_t)(length - done));
            if (part < 0) {
                return fail(err, "write", target);
            }
        }
    }
}

static enum status copy_file(const char *source, const char *target, struct err *err)
{
    int from = open(source, O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        return fail(err, "open", source);
    }
    (void)unlink(target); /* what an interrupted restore left behind */
    int to = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum status st = to >= 0 ? copy_bytes(from, to, target, err) : fail(err, "make", target);
    if (to >= 0) {
        (void)close(to); /* it was flushed, or is removed */
        if (st != ST_OK) {
            (void)unlink(target); /* half a copy is of no use */
        }
    }
    (void)close(from);
    return st;
}

static enum status flush_folder(const char *folder, struct err *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum status st = fd >= 0 && fsync(fd) == 0 ? ST_OK : fail(err, "write", folder);
    if (fd >= 0) {
        (void)close(fd);
    }
    return st;
}

static const char *const SUFFIXES[] = {"", "-wal", "-shm"};
enum { FILES = sizeof SUFFIXES / sizeof SUFFIXES[0] };

/* A log alone, too: it would be taken for that of the restored store. */
static bool is_anything_there(const char *folder)
{
    bool there = false;
    for (size_t i = 0; i < FILES; i++) {
        char path[SQLITE_PATH_BYTES];
        there = there ||
                (sqlite_path(folder, SUFFIXES[i], path, NULL) == ST_OK && access(path, F_OK) == 0);
    }
    return there;
}

/* Two restores within one second have one name: what the first one kept stays. */
static enum status look_at_aside(const char *folder, const char *name, struct err *err)
{
    for (size_t i = 0; i < FILES; i++) {
        char to[SQLITE_PATH_BYTES + SRV_ASIDE_BYTES];
        (void)snprintf(to, sizeof to, "%.4000s/%s%s", folder, name, SUFFIXES[i]);
        if (access(to, F_OK) == 0) {
            return err_set(err, ST_EXISTS, 0,
                           "%.300s is there already: try again in a second. Nothing was changed",
                           to);
        }
    }
    return ST_OK;
}

/* The store first: a log without its store is noticed at the next start, a store without its log is
 * not. */
static enum status move_aside(const char *folder, const char *name, struct err *err)
{
    enum status st = ST_OK;
    for (size_t i = 0; i < FILES && st == ST_OK; i++) {
        char from[SQLITE_PATH_BYTES];
        char to[SQLITE_PATH_BYTES + SRV_ASIDE_BYTES];
        st = sqlite_path(folder, SUFFIXES[i], from, err);
        if (st == ST_OK) {
            (void)snprintf(to, sizeof to, "%.4000s/%s%s", folder, name, SUFFIXES[i]);
            if (rename(from, to) != 0 && errno != ENOENT) {
                st = fail(err, "move", from);
            }
        }
    }
    return st == ST_OK ? flush_folder(folder, err) : st;
}

static bool has_log(const char *path)
{
    char log[SQLITE_PATH_BYTES];
    struct stat info;
    int length = snprintf(log, sizeof log, "%s-wal", path);
    return length > 0 && (size_t)length < sizeof log && stat(log, &info) == 0 && info.st_size > 0;
}

/* A name that is wrong is no damage. */
static enum status look_at_name(const char *backup, struct err *err)
{
    struct stat seen;
    if (stat(backup, &seen) != 0) {
        return errno == ENOENT || errno == ENOTDIR
                   ? err_set(err, ST_NOT_FOUND, (uint32_t)errno,
                             "there is no file %s to restore. Nothing was changed", backup)
                   : fail(err, "look at", backup);
    }
    return S_ISREG(seen.st_mode)
               ? ST_OK
               : err_refuse(err, "store_foreign", "",
                            "%s is no file that backup made. Nothing was changed", backup);
}

static enum status look_at_backup(const char *backup, struct err *err)
{
    struct srv_sqlite_check check;
    enum status st = look_at_name(backup, err);
    if (st != ST_OK) {
        return st;
    }
    if (has_log(backup)) {
        return err_refuse(err, "store_foreign", "",
                          "%s has a write-ahead log beside it: only copies that backup made can be "
                          "restored",
                          backup);
    }
    st = srv_store_sqlite_check_file(backup, &SRV_CHECK_ALL, &check, err);
    if (st == ST_OK && check.schema == 0) {
        st = err_refuse(err, "store_foreign", "", "%s is no store of a server", backup);
    }
    if (st != ST_OK && st != ST_REFUSED) {
        char words[ERR_TEXT_BYTES];
        (void)snprintf(words, sizeof words, "%s", err != NULL ? err->text : "");
        st = err_refuse(err, "store_damaged", "",
                        "%s cannot be restored: %.300s. Nothing was changed", backup, words);
    }
    return st;
}

enum status srv_store_sqlite_restore(const char *folder, const char *backup, int64_t now_s,
                                     char aside[SRV_ASIDE_BYTES], struct err *err)
{
    char when[TIME_TEXT_BYTES];
    char path[SQLITE_PATH_BYTES];
    char fresh[SQLITE_PATH_BYTES];
    char name[SRV_ASIDE_BYTES];
    time_text_write(now_s, when);
    aside[0] = '\0';
    enum status st = look_at_backup(backup, err);
    if (st == ST_OK) {
        st = sqlite_path(folder, "", path, err);
    }
    if (st == ST_OK) {
        st = sqlite_path(folder, ".restoring", fresh, err);
    }
    bool there = is_anything_there(folder);
    (void)snprintf(name, sizeof name, "store.db.before-%s", when);
    if (st == ST_OK && there) {
        st = look_at_aside(folder, name, err);
    }
    if (st == ST_OK) {
        st = copy_file(backup, fresh, err);
    }
    if (st == ST_OK && there) {
        (void)snprintf(aside, SRV_ASIDE_BYTES, "%s", name);
        st = move_aside(folder, name, err);
    }
    if (st == ST_OK && rename(fresh, path) != 0) {
        st = fail(err, "move", fresh);
    }
    return st == ST_OK ? flush_folder(folder, err) : st;
}
