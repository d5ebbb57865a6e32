#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status status_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR: return ST_NOT_FOUND;
    case EEXIST: return ST_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS: return ST_DENIED;
    case EFBIG: return ST_TOO_LARGE;
    case ENOSPC:
    case EDQUOT: return ST_NO_SPACE;
    case ENOMEM: return ST_NO_MEMORY;
    default: return ST_IO;
    }
}

static enum status fail(struct err *err, int error, const char *what, const char *path)
{
    return err_set(err, status_of(error), (uint32_t)error, "cannot %s %s: %s", what, path,
                   strerror(error));
}

static mode_t mode_of(enum file_access access)
{
    return access == FILE_FOR_OWNER ? 0600 : 0644;
}

/* The file may be a key or a token. */
static enum status read_all(int fd, const char *path, struct bytes *out, struct err *err)
{
    uint8_t chunk[16384];
    enum status st = ST_OK;
    bool more = true;
    while (st == ST_OK && more) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            st = fail(err, errno, "read", path);
        } else if ((st = bytes_append(out, chunk, (size_t)got)) != ST_OK) {
            (void)err_set(err, st, 0, "%s is larger than %zu bytes", path, out->limit);
        }
        more = got > 0;
    }
    wipe(chunk, sizeof chunk);
    return st;
}

enum status file_read(const char *path, size_t limit, struct bytes *out, struct err *err)
{
    struct bytes content = bytes_with_limit(limit);
    struct stat info;
    /* O_NONBLOCK: opening a pipe that somebody put in the file's place must not hang. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return fail(err, errno, "read", path);
    }
    enum status st = ST_OK;
    if (fstat(fd, &info) != 0) {
        st = fail(err, errno, "read", path);
    } else if (!S_ISREG(info.st_mode)) {
        st = err_set(err, ST_IO, 0, "cannot read %s: it is not a file", path);
    } else {
        st = read_all(fd, path, &content, err);
    }
    (void)close(fd); /* nothing was written */
    if (st == ST_OK) {
        *out = content;
        content = (struct bytes){0};
    }
    bytes_wipe(&content);
    return st;
}

static enum status write_all(int fd, const char *path, struct span content, struct err *err)
{
    while (content.size > 0) {
        ssize_t put = write(fd, content.data, content.size);
        if (put < 0 && errno != EINTR) {
            return fail(err, errno, "write", path);
        }
        if (put > 0) {
            content.data += put;
            content.size -= (size_t)put;
        }
    }
    return fsync(fd) == 0 ? ST_OK : fail(err, errno, "flush", path);
}

static enum status write_new(const char *path, struct span content, enum file_access access,
                             struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode_of(access));
    if (fd < 0) {
        return fail(err, errno, "create", path);
    }
    enum status st = write_all(fd, path, content, err);
    if (close(fd) != 0 && st == ST_OK) {
        st = fail(err, errno, "write", path);
    }
    if (st != ST_OK) {
        (void)unlink(path); /* half a file; the first failure is the one to tell */
    }
    return st;
}

/* A rename lasts only once the folder that holds the name is flushed, too. */
static enum status flush_folder_of(const char *path, struct err *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (length >= sizeof folder) {
        return err_set(err, ST_TOO_LARGE, 0, "the path %s is too long", path);
    }
    memcpy(folder, path, length);
    folder[length] = '\0';
    if (length == 0) {
        (void)snprintf(folder, sizeof folder, "%s", slash == NULL ? "." : "/");
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return fail(err, errno, "open", folder);
    }
    enum status st = fsync(fd) == 0 ? ST_OK : fail(err, errno, "flush", folder);
    (void)close(fd);
    return st;
}

enum status file_rename(const char *from, const char *to, struct err *err)
{
    if (rename(from, to) != 0) {
        return fail(err, errno, "replace", to);
    }
    return flush_folder_of(to, err);
}

enum status file_write(const char *path, struct span content, enum file_access access,
                       struct err *err)
{
    char beside[PATH_MAX];
    int length = snprintf(beside, sizeof beside, "%s.%ld.new", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof beside) {
        return err_set(err, ST_TOO_LARGE, 0, "the path %s is too long", path);
    }
    (void)unlink(beside); /* left by a run of the same number that was killed */
    enum status st = write_new(beside, content, access, err);
    if (st == ST_OK) {
        st = file_rename(beside, path, err);
        if (st != ST_OK) {
            (void)unlink(beside);
        }
    }
    return st;
}

enum status file_create(const char *path, struct span content, enum file_access access,
                        struct err *err)
{
    enum status st = write_new(path, content, access, err);
    return st == ST_OK ? flush_folder_of(path, err) : st;
}

static enum status open_stream(const char *path, const char *mode, FILE **out, struct err *err)
{
    FILE *file = fopen(path, mode);
    if (file == NULL) {
        return fail(err, errno, "open", path);
    }
    *out = file;
    return ST_OK;
}

enum status file_open_to_read(const char *path, FILE **out, struct err *err)
{
    return open_stream(path, "rbe", out, err);
}

enum status file_open_to_append(const char *path, FILE **out, struct err *err)
{
    return open_stream(path, "abe", out, err);
}

enum status file_close(FILE *file, const char *path, struct err *err)
{
    int error = fflush(file) == 0 && fsync(fileno(file)) == 0 ? 0 : errno;
    if (fclose(file) != 0 && error == 0) {
        error = errno;
    }
    return error == 0 ? ST_OK : fail(err, error, "write", path);
}

enum status file_remove(const char *path, struct err *err)
{
    if (unlink(path) != 0) {
        return fail(err, errno, "remove", path);
    }
    return flush_folder_of(path, err);
}

enum status file_make_folder(const char *path, struct err *err)
{
    if (mkdir(path, 0700) == 0) {
        return flush_folder_of(path, err);
    }
    int error = errno;
    struct stat info;
    if (error == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        return ST_OK;
    }
    return fail(err, error, "create", path);
}

enum status file_list(const char *folder, bool (*visit)(void *ctx, const char *name), void *ctx,
                      struct err *err)
{
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        return fail(err, errno, "list", folder);
    }
    enum status st = ST_OK;
    for (;;) {
        struct stat info;
        errno = 0; /* the only way to tell the end from a failure */
        const struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            st = errno == 0 ? ST_OK : fail(err, errno, "list", folder);
            break;
        }
        bool plain = fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                     S_ISREG(info.st_mode);
        if (plain && !visit(ctx, entry->d_name)) {
            break;
        }
    }
    (void)closedir(dir);
    return st;
}
