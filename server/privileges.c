#include "server/privileges.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_BYTES = 16384 };

struct owner {
    uid_t uid;
    gid_t gid;
};

bool srv_is_root(void)
{
    return geteuid() == 0;
}

static enum status fail(struct err *err, const char *what)
{
    int error = errno;
    return err_set(err, ST_DENIED, (uint32_t)error, "cannot %s: %s", what, strerror(error));
}

static enum status find_user(const char *name, struct owner *out, struct err *err)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char *names = malloc(NAMES_BYTES);
    if (names == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot look up the user");
    }
    int code = getpwnam_r(name, &entry, names, NAMES_BYTES, &found);
    if (found != NULL) {
        *out = (struct owner){.uid = entry.pw_uid, .gid = entry.pw_gid};
    }
    free(names);
    if (found == NULL) {
        return err_set(err, ST_NOT_FOUND, (uint32_t)code, "there is no user %s here", name);
    }
    return out->uid != 0
               ? ST_OK
               : err_refuse(err, "out_of_range", "", "%s is root: name another user", name);
}

enum status srv_privileges_fix(struct err *err)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? ST_OK : fail(err, "give up new rights");
}

/* Each of the three may succeed in part on an odd kernel: so what holds afterwards is what counts. */
static enum status become(const struct owner *who, struct err *err)
{
    uid_t uid[3];
    gid_t gid[3];
    if (setgroups(0, NULL) != 0 || setresgid(who->gid, who->gid, who->gid) != 0 ||
        setresuid(who->uid, who->uid, who->uid) != 0) {
        return fail(err, "become another user");
    }
    if (getresuid(&uid[0], &uid[1], &uid[2]) != 0 || getresgid(&gid[0], &gid[1], &gid[2]) != 0) {
        return fail(err, "tell which user this is");
    }
    for (size_t i = 0; i < 3; i++) {
        if (uid[i] != who->uid || gid[i] != who->gid) {
            return err_set(err, ST_DENIED, 0, "rights were not given up in full");
        }
    }
    if (getgroups(0, NULL) != 0) {
        return err_set(err, ST_DENIED, 0, "groups were not given up");
    }
    if (setuid(0) == 0 || (who->gid != 0 && setgid(0) == 0)) {
        return err_set(err, ST_DENIED, 0, "there is a way back to root");
    }
    return ST_OK;
}

enum status srv_privileges_drop(const char *user, struct err *err)
{
    struct owner who;
    enum status st = find_user(user, &who, err);
    if (st == ST_OK) {
        st = become(&who, err);
    }
    if (st == ST_OK && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        st = fail(err, "keep others from reading this process");
    }
    return st;
}

static bool stop_at_once(void *ctx, const char *name)
{
    bool *empty = ctx;
    (void)name;
    *empty = false;
    return false;
}

static bool is_empty(const char *folder)
{
    bool empty = true;
    struct err ignored;
    return file_list(folder, stop_at_once, &empty, &ignored) == ST_OK && empty;
}

/* One that was just made is root's and empty. Through a descriptor, so that it is the same directory
 * all the time. */
static enum status own(int fd, const struct owner *who, const char *folder, struct err *err)
{
    struct stat seen;
    if (fstat(fd, &seen) != 0) {
        return fail(err, "look at the data directory");
    }
    if (seen.st_uid == who->uid) {
        return ST_OK;
    }
    if (seen.st_uid != 0 || !is_empty(folder)) {
        return err_set(err, ST_DENIED, 0,
                       "%s belongs to another user: chown -R it, or choose another", folder);
    }
    return fchown(fd, who->uid, who->gid) == 0 ? ST_OK : fail(err, "give the data directory away");
}

enum status srv_privileges_own(const char *user, const char *folder, struct err *err)
{
    struct owner who;
    enum status st = find_user(user, &who, err);
    if (st == ST_OK) {
        st = file_make_folder(folder, err);
    }
    if (st != ST_OK) {
        return st;
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return fail(err, "open the data directory");
    }
    st = own(fd, &who, folder, err);
    (void)close(fd); /* read only */
    return st;
}

enum status srv_privileges_follow(const char *folder, struct err *err)
{
    struct stat seen;
    if (!srv_is_root() || stat(folder, &seen) != 0 || seen.st_uid == 0) {
        return ST_OK;
    }
    const struct owner who = {.uid = seen.st_uid, .gid = seen.st_gid};
    return become(&who, err);
}
