#include "admin/status_text.h"
#include "admin/table.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    LINE_BYTES = 4096,
    CELL_BYTES = 64,
    BUILDS_SHOWN = 5,
    BUILD_COLUMNS = 6,
    FEW_USERS = 20, /* fewer say nothing about a build, as with gates */
    WORKS_PERCENT = 95
};

enum status adm_status_states(const struct adm_status_view *view, const struct adm_look *look,
                              struct bytes *out)
{
    const struct adm_compliance_view *fleet = &view->fleet;
    struct bytes line = bytes_with_limit(LINE_BYTES);
    const char *between = ": ";
    enum status st = bytes_append_format(&line, "%" PRId64 " users on %" PRId64 " devices",
                                         fleet->users, fleet->devices);
    for (size_t i = POL_STATE_COUNT; st == ST_OK && i-- > 0;) {
        if (fleet->state[i] > 0) {
            st = bytes_append_format(&line, "%s%s %" PRId64, between, POL_STATE_WORDS[i],
                                     fleet->state[i]);
            between = ", ";
        }
    }
    st = st == ST_OK ? bytes_append_text(out, "\n") : st;
    st = st == ST_OK ? adm_look_append_line(look, ADM_STYLE_PLAIN, 2, bytes_text(&line), out) : st;
    bytes_clear(&line);
    if (st == ST_OK && fleet->stale_devices > 0) {
        st = bytes_append_format(&line,
                                 "%" PRId64 " devices are stale, and count in no gate:"
                                 " 'mapi-rollout devices --stale'",
                                 fleet->stale_devices);
        st = st == ST_OK ? adm_look_append_line(look, ADM_STYLE_PENDING, 2, bytes_text(&line), out)
                         : st;
    }
    bytes_free(&line);
    return st;
}

/* ---- does the brake work? -------------------------------------------------------------------- */

static void add_build(struct adm_table *table, const struct adm_build_count *build)
{
    char text[CELL_BYTES];
    int64_t percent = build->users > 0 ? build->rpc_http * 100 / build->users : 0;
    bool few = build->users < FEW_USERS;
    bool works = percent >= WORKS_PERCENT;
    (void)snprintf(text, sizeof text, "%s, %" PRId64 " %%",
                   few     ? "too few users"
                   : works ? "yes"
                           : "NO",
                   percent);
    adm_table_cell(table, build->outlook);
    adm_table_number(table, build->users);
    adm_table_number(table, build->rpc_http);
    adm_table_number(table, build->mapi_http);
    adm_table_number(table, build->other);
    adm_table_cell_in(table, few ? ADM_STYLE_PLAIN : works ? ADM_STYLE_GOOD : ADM_STYLE_BAD, text);
}

enum status adm_status_builds(const struct adm_status_view *view, const struct adm_look *look,
                              struct bytes *out)
{
    static const char *const HEAD[BUILD_COLUMNS] = {"OUTLOOK",   "VALUE 1", "RPC/HTTP",
                                                    "MAPI/HTTP", "OTHER",   "THE BRAKE WORKS"};
    const struct adm_compliance_view *fleet = &view->fleet;
    struct adm_table table = adm_table_with(BUILD_COLUMNS);
    char rest[CELL_BYTES];
    if (fleet->build_count == 0) {
        return ST_OK;
    }
    table.look = *look;
    adm_table_heading(&table, HEAD);
    for (size_t i = 0; i < fleet->build_count && i < BUILDS_SHOWN; i++) {
        add_build(&table, &fleet->builds[i]);
    }
    enum status st = bytes_append_text(out, "\n");
    st = st == ST_OK ? adm_table_write(&table, out) : st;
    adm_table_done(&table);
    if (st == ST_OK && fleet->build_count > BUILDS_SHOWN) {
        (void)snprintf(rest, sizeof rest, "%zu builds more: --json",
                       fleet->build_count - BUILDS_SHOWN);
        st = adm_look_append_line(look, ADM_STYLE_FAINT, 0, rest, out);
    }
    return st;
}
