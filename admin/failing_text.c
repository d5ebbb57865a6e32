#include "admin/failing.h"
#include "admin/state_part.h"
#include "admin/table.h"

#include <inttypes.h>
#include <stdio.h>

enum { SHOWN_MOST = 5, WHO_COLUMNS = 5, CELL_BYTES = 2 * ADM_WHO_BYTES, LINE_BYTES = 1024 };

static void add_reason(struct adm_table *table, const struct adm_reason *reason)
{
    const char *state = POL_STATE_WORDS[reason->state];
    adm_table_cell_in(table, adm_state_style(state), state);
    adm_table_cell(table, reason->why);
    adm_table_number(table, reason->users);
    adm_table_cell(table, reason->account[0] != '\0' ? reason->account : reason->sid);
    adm_table_cell(table, reason->host[0] != '\0' ? reason->host : NULL);
}

static enum status append_table(const struct adm_failing *failing, const struct adm_look *look,
                                struct bytes *out)
{
    static const char *const HEAD[WHO_COLUMNS] = {"FAILING", "WHY", "USERS", "FOR EXAMPLE", "ON"};
    struct adm_table table = adm_table_with(WHO_COLUMNS);
    table.look = *look;
    table.spare[WHO_COLUMNS - 1] = 1;
    adm_table_heading(&table, HEAD);
    for (size_t i = 0; i < failing->count && i < SHOWN_MOST; i++) {
        add_reason(&table, &failing->reasons[i]);
    }
    enum status st = adm_table_write(&table, out);
    adm_table_done(&table);
    return st;
}

/* "mapi-rollout users --state error (450, the first 200 counted)" for each state there is. */
static enum status append_commands(const struct adm_failing *failing,
                                   const struct adm_compliance_view *fleet, struct bytes *out)
{
    enum status st = bytes_append_text(out, "all of them: mapi-rollout users");
    bool first = true;
    for (size_t i = 0; st == ST_OK && i < POL_STATE_COUNT; i++) {
        if (failing->looked[i] == 0) {
            continue;
        }
        st = bytes_append_format(out, "%s --state %s (%" PRId64, first ? "" : ", or",
                                 POL_STATE_WORDS[i], fleet->state[i]);
        first = false;
        if (st == ST_OK && fleet->state[i] > failing->looked[i]) {
            st = bytes_append_format(out, ", the first %" PRId64 " are counted here",
                                     failing->looked[i]);
        }
        st = st == ST_OK ? bytes_append_text(out, ")") : st;
    }
    return st;
}

enum status adm_failing_text(const struct adm_failing *failing,
                             const struct adm_compliance_view *fleet, const struct adm_look *look,
                             struct bytes *out)
{
    char rest[CELL_BYTES];
    struct bytes line = bytes_with_limit(LINE_BYTES);
    if (failing->count == 0) {
        return ST_OK;
    }
    enum status st = bytes_append_text(out, "\n");
    st = st == ST_OK ? append_table(failing, look, out) : st;
    if (st == ST_OK && failing->count > SHOWN_MOST) {
        (void)snprintf(rest, sizeof rest, "%zu%s reasons more", failing->count - SHOWN_MOST,
                       failing->more ? " or more" : "");
        st = adm_look_append_line(look, ADM_STYLE_PLAIN, 0, rest, out);
    }
    st = st == ST_OK ? append_commands(failing, fleet, &line) : st;
    st = st == ST_OK ? adm_look_append_line(look, ADM_STYLE_FAINT, 0, bytes_text(&line), out) : st;
    bytes_free(&line);
    return st;
}

void adm_failing_json(const struct adm_failing *failing, struct pol_json_writer *w, const char *key)
{
    pol_json_array(w, key);
    for (size_t i = 0; i < failing->count; i++) {
        const struct adm_reason *r = &failing->reasons[i];
        pol_json_object(w, NULL);
        pol_json_text(w, "state", POL_STATE_WORDS[r->state]);
        pol_json_text(w, "why", r->why);
        pol_json_integer(w, "users", r->users);
        pol_json_text(w, "account", r->account[0] != '\0' ? r->account : NULL);
        pol_json_text(w, "sid", r->sid);
        pol_json_text(w, "host", r->host);
        pol_json_close_object(w);
    }
    pol_json_close_array(w);
}
