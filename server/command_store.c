#include "base/clock.h"
#include "server/commands.h"
#include "server/folder_lock.h"
#include "server/store_sqlite.h"

#include <stdio.h>
#include <unistd.h>

enum status srv_command_backup(const struct srv_options *o, struct err *err)
{
    struct srv_store store;
    enum status st = srv_store_sqlite_open(o->flags[SRV_FLAG_DATA], &store, err);
    if (st == ST_OK) {
        st = store.backup(store.ctx, o->file, err);
        store.close(store.ctx);
    }
    return st;
}

/* The audit of the store that is there now says where it comes from. */
static enum status note_restore(const char *folder, const char *backup, struct err *err)
{
    char actor[SRV_NAME_BYTES];
    struct srv_store store;
    struct srv_write w = {.kind = SRV_WRITE_AUDIT, .now_s = clock_wall_s()};
    (void)snprintf(actor, sizeof actor, "local uid %u", (unsigned)getuid());
    w.audit = (struct srv_audit){
        .who = SRV_WHO_LOCAL, .name = actor, .what = "store_restore", .after = backup};
    enum status st = srv_store_sqlite_open(folder, &store, err);
    if (st == ST_OK) {
        st = srv_store_write(&store, &w, err);
        store.close(store.ctx);
    }
    return st;
}

enum status srv_command_restore(const struct srv_options *o, struct err *err)
{
    const char *folder = o->flags[SRV_FLAG_DATA];
    char aside[SRV_ASIDE_BYTES];
    int lock = -1;
    enum status st = srv_folder_lock(folder, &lock, err);
    if (st == ST_OK) {
        st = srv_store_sqlite_restore(folder, o->file, clock_wall_s(), aside, err);
    }
    if (st == ST_OK) {
        st = note_restore(folder, o->file, err);
    }
    if (st == ST_OK && aside[0] != '\0' &&
        (printf("%s/%s\n", folder, aside) < 0 || fflush(stdout) != 0)) {
        st = err_set(err, ST_IO, 0, "cannot say where the store from before is");
    }
    srv_folder_unlock(lock);
    return st;
}
