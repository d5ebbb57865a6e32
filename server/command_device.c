#include "base/clock.h"
#include "base/time_text.h"
#include "policy/json_write.h"
#include "server/commands.h"
#include "server/control.h"
#include "server/store_sqlite.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_BYTES = 4096, PAGE = 500, DAY_S = 86400, DAYS_MOST = 3650 };

struct listing {
    bool json;
    int64_t silent_since_s; /* only those in service that were not seen since; -1: all */
    enum status st;
    int64_t last_key;
    size_t rows;
};

static enum status print_json(const struct srv_device_row *row)
{
    struct bytes line = bytes_with_limit(LINE_BYTES);
    struct pol_json_writer w = pol_json_write_start(&line);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "device_id", row->device_id);
    pol_json_text(&w, "name", row->name);
    pol_json_text(&w, "domain", row->domain);
    pol_json_integer(&w, "effective", row->effective);
    pol_json_text(&w, "duplicate_of", row->duplicate_of);
    pol_json_time(&w, "enrolled_at", row->enrolled_s);
    pol_json_time(&w, "seen_at", row->seen_s);
    pol_json_time(&w, "retired_at", row->retired_s);
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    if (st == ST_OK && printf("%s\n", bytes_text(&line)) < 0) {
        st = ST_IO;
    }
    bytes_free(&line);
    return st;
}

/* A machine names itself: nothing in it may move a terminal's cursor. */
static enum status print_name(const char *name)
{
    int printed = 0;
    for (const char *p = name; *p != '\0' && printed >= 0; p++) {
        printed = putchar(*p >= ' ' && *p < 0x7f ? *p : '?');
    }
    return printed >= 0 ? ST_OK : ST_IO;
}

static enum status print_row(const struct srv_device_row *row)
{
    char seen[TIME_TEXT_BYTES] = "never";
    if (row->seen_s >= 0) {
        time_text_write(row->seen_s, seen);
    }
    if (printf("%s  %7" PRId64 "  %-20s  %s", row->device_id, row->effective, seen,
               row->retired_s >= 0         ? "retired  "
               : row->duplicate_of != NULL ? "duplicate  "
                                           : "") < 0 ||
        print_name(row->name) != ST_OK || putchar('\n') < 0) {
        return ST_IO;
    }
    return ST_OK;
}

static bool is_wanted(const struct listing *l, const struct srv_device_row *row)
{
    int64_t heard_s = row->seen_s > row->enrolled_s ? row->seen_s : row->enrolled_s;
    return l->silent_since_s < 0 || (row->retired_s < 0 && heard_s < l->silent_since_s);
}

static bool print_device(void *v, const struct srv_device_row *row)
{
    struct listing *l = v;
    l->last_key = row->key;
    l->rows++;
    if (is_wanted(l, row)) {
        l->st = l->json ? print_json(row) : print_row(row);
    }
    return l->st == ST_OK;
}

enum status srv_command_device_list(const struct srv_options *o, struct err *err)
{
    struct srv_store store;
    struct listing l = {.json = o->json, .silent_since_s = -1, .st = ST_OK};
    const char *stale = o->flags[SRV_FLAG_STALE_DAYS];
    int64_t days = 0;
    if (stale != NULL && !srv_option_number(stale, 1, DAYS_MOST, &days)) {
        return err_refuse(err, "out_of_range", "", "--stale-days takes 1 to %d", DAYS_MOST);
    }
    if (stale != NULL) {
        l.silent_since_s = clock_wall_s() - days * DAY_S;
    }
    enum status st = srv_store_sqlite_open(o->flags[SRV_FLAG_DATA], &store, err);
    if (st != ST_OK) {
        return st;
    }
    do {
        struct srv_filter filter = {
            .after = l.last_key, .text = o->flags[SRV_FLAG_NAME], .limit = PAGE};
        l.rows = 0;
        st = store.devices(store.ctx, &filter, print_device, &l, err);
    } while (st == ST_OK && l.st == ST_OK && l.rows == PAGE);
    store.close(store.ctx);
    return st == ST_OK && l.st != ST_OK ? err_set(err, l.st, 0, "cannot print the list") : st;
}

enum status srv_command_device_retire(const struct srv_options *o, struct err *err)
{
    char actor[SRV_NAME_BYTES];
    struct srv_store store;
    struct srv_write w = {.kind = SRV_WRITE_RETIRE, .now_s = clock_wall_s()};
    const char *folder = o->flags[SRV_FLAG_DATA];
    (void)snprintf(actor, sizeof actor, "local uid %u", (unsigned)getuid());
    w.u.device_id = o->flags[SRV_FLAG_DEVICE];
    w.audit = (struct srv_audit){.who = SRV_WHO_LOCAL,
                                 .name = actor,
                                 .what = "device_retire",
                                 .before = o->flags[SRV_FLAG_DEVICE]};
    enum status st = srv_store_sqlite_open(folder, &store, err);
    if (st != ST_OK) {
        return st;
    }
    st = srv_store_write(&store, &w, err);
    store.close(store.ctx);
    if (st == ST_NOT_FOUND) {
        return err_set(err, st, 0, "no device of that id is in service");
    }
    if (st == ST_OK) {
        st = srv_control_tell(folder, err);
    }
    return st;
}

enum status srv_command_safe(const struct srv_options *o, struct err *err)
{
    return srv_control_safe(o->flags[SRV_FLAG_DATA], o->flags[SRV_FLAG_REASON], err);
}
