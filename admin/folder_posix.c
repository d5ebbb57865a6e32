#include "admin/folder.h"

#include "base/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static enum status status_of(int error)
{
    switch (error) {
    case ENOENT: return ST_NOT_FOUND;
    case ENOTDIR:
    case EEXIST:
    case ENOTEMPTY: return ST_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS: return ST_DENIED;
    default: return ST_IO;
    }
}

enum status adm_folder_remove(const char *path, struct err *err)
{
    if (rmdir(path) == 0) {
        return ST_OK;
    }
    int error = errno;
    enum status st = status_of(error);
    if (st == ST_EXISTS) {
        return err_set(err, st, (uint32_t)error,
                       "%s is there already: name a folder that is empty or not there yet", path);
    }
    return err_set(err, st, (uint32_t)error, "cannot remove %s: %s", path, strerror(error));
}

enum status adm_folder_make_room(const char *path, struct err *err)
{
    enum status st = adm_folder_remove(path, err);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status adm_folder_move(const char *from, const char *to, struct err *err)
{
    return file_rename(from, to, err);
}
