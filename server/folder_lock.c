#include "server/folder_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static enum status refuse(const char *folder, int error, struct err *err)
{
    switch (error) {
    case EWOULDBLOCK: return err_set(err, ST_BUSY, 0, "another server runs on %s", folder);
    case EROFS:
        return err_refuse(err, "store_read_only", "",
                          "%s is on a file system that cannot be written: mount it for writing",
                          folder);
    case EACCES:
    case EPERM:
        return err_refuse(err, "store_denied", "",
                          "%s cannot be written by uid %u: give it to that user, or start the "
                          "server as its owner",
                          folder, (unsigned)geteuid());
    case ENOSPC:
        return err_refuse(err, "store_full", "", "the disk of %s is full: make room on it", folder);
    default:
        return err_set(err, ST_IO, (uint32_t)error, "cannot lock %s: %s", folder, strerror(error));
    }
}

enum status srv_folder_lock(const char *folder, int *out, struct err *err)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/server.lock", folder);
    if (length < 0 || (size_t)length >= sizeof path) {
        return err_set(err, ST_TOO_LARGE, 0, "the path %s is too long", folder);
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        *out = fd;
        return ST_OK;
    }
    int error = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    return refuse(folder, error, err);
}

void srv_folder_unlock(int lock)
{
    if (lock >= 0) {
        (void)close(lock);
    }
}
