#include "tests/cmocka_all.h"

#include "tests/unit/server/damage_place.h"

#include "base/file.h"
#include "server/store_sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_LIMIT = 64 * 1024 * 1024 };

void damage_path_of(const struct store_place *p, const char *name, char out[DAMAGE_PATH_BYTES])
{
    (void)snprintf(out, DAMAGE_PATH_BYTES, "%s/%s", p->folder, name);
}

struct bytes damage_content(const char *path)
{
    struct bytes out = {0};
    assert_int_equal(file_read(path, FILE_LIMIT, &out, NULL), ST_OK);
    return out;
}

void damage_put(const char *path, struct span bytes)
{
    assert_int_equal(file_write(path, bytes, FILE_FOR_OWNER, NULL), ST_OK);
}

bool damage_is_there(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

/* ---- a store with something in it ------------------------------------------------------------ */

void damage_send_one(struct store_place *p, uint32_t number)
{
    char id[16];
    char sid[24];
    char body[600];
    (void)snprintf(id, sizeof id, "%u", number);
    (void)snprintf(sid, sizeof sid, "S-1-%u", number);
    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    struct pol_report_user u = store_user(sid, POL_STATE_IDLE);
    struct pol_report r = store_report(id, 'r', number, &u, 1);
    assert_int_equal(store_send(p, 1, &r, body, NULL), ST_OK);
}

int64_t damage_report_count(struct store_place *p)
{
    struct srv_history h;
    assert_int_equal(p->store.history(p->store.ctx, &h, NULL), ST_OK);
    return h.reports;
}

int damage_setup(void **state)
{
    (void)store_setup(state);
    struct store_place *p = *state;
    (void)store_enrolled(p);
    for (uint32_t i = 1; i <= DAMAGE_REPORTS; i++) {
        damage_send_one(p, i);
    }
    return 0;
}

/* The log of a server that was killed: as it is while the store is open. */
void damage_close_killed(struct store_place *p)
{
    static const char *const NAMES[] = {"store.db", "store.db-wal"};
    struct bytes kept[2];
    char path[DAMAGE_PATH_BYTES];
    for (size_t i = 0; i < 2; i++) {
        damage_path_of(p, NAMES[i], path);
        kept[i] = damage_content(path);
    }
    p->store.close(p->store.ctx);
    for (size_t i = 0; i < 2; i++) {
        damage_path_of(p, NAMES[i], path);
        damage_put(path, bytes_span(&kept[i]));
        bytes_free(&kept[i]);
    }
}

int damage_teardown(void **state)
{
    struct store_place *p = *state;
    scratch_remove(p->folder);
    free(p);
    return 0;
}

/* ---- what is said, and that nothing changes -------------------------------------------------- */

const char *damage_code_of(enum status st, const struct err *err)
{
    return st == ST_OK ? "" : st == ST_REFUSED && err->code != NULL ? err->code : "?";
}

void damage_expect_refused(struct store_place *p, const char *code, const char *word)
{
    static const char *const NAMES[] = {"store.db", "store.db-wal"};
    struct bytes before[2] = {{0}, {0}};
    char path[DAMAGE_PATH_BYTES];
    struct srv_sqlite_check check;
    struct err err = {0};
    struct srv_store store;
    for (size_t i = 0; i < 2; i++) {
        damage_path_of(p, NAMES[i], path);
        if (damage_is_there(path)) {
            before[i] = damage_content(path);
        }
    }
    enum status st = srv_store_sqlite_check(p->folder, &SRV_CHECK_ALL, &check, &err);
    assert_string_equal(damage_code_of(st, &err), code);
    assert_non_null(strstr(err.text, word));
    assert_non_null(strstr(err.text, p->folder));
    st = srv_store_sqlite_open(p->folder, &store, &err);
    if (st == ST_OK) {
        store.close(store.ctx); /* what only the check can see */
    } else {
        assert_string_equal(damage_code_of(st, &err), code);
    }
    for (size_t i = 0; i < 2 && st != ST_OK; i++) {
        damage_path_of(p, NAMES[i], path);
        if (before[i].data != NULL || damage_is_there(path)) {
            struct bytes after = damage_content(path);
            assert_int_equal(after.size, before[i].size);
            assert_true(after.size == 0 || memcmp(after.data, before[i].data, after.size) == 0);
            bytes_free(&after);
        }
    }
    bytes_free(&before[0]);
    bytes_free(&before[1]);
}

void damage_overwrite(const char *path, off_t at, const void *bytes, size_t size)
{
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseeko(f, at, SEEK_SET), 0);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}
