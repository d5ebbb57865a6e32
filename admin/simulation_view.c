#include "admin/simulation_view.h"

#include "admin/table.h"
#include "policy/simulate_write.h"

#include <inttypes.h>

/* ---- for people --------------------------------------------------------------------------- */

static uint64_t held(const struct pol_stage_counts *counts)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < POL_BLOCKED_COUNT; i++) {
        sum += counts->blocked[i];
    }
    return sum;
}

static void put_heading(struct adm_table *table)
{
    adm_table_cell(table, "STAGE");
    for (unsigned i = 0; i < POL_OUTCOME_COUNT; i++) {
        adm_table_cell(table, pol_outcome_word(i));
    }
    adm_table_cell(table, "by guard");
    adm_table_cell(table, "changes");
}

static void put_stage(struct adm_table *table, const struct pol_stage_counts *counts, bool is_safe)
{
    adm_table_cell(table, counts->stage);
    for (unsigned i = 0; i < POL_OUTCOME_COUNT; i++) {
        adm_table_number(table, (int64_t)counts->outcomes[i]);
    }
    adm_table_number(table, (int64_t)held(counts));
    if (is_safe) {
        adm_table_cell(table, NULL);
    } else {
        adm_table_number(table, (int64_t)pol_stage_counts_moved(counts));
    }
}

static enum status put_moves(const char *stage, const uint64_t (*moves)[POL_OUTCOME_COUNT],
                             bool marks, struct bytes *out)
{
    enum status st = ST_OK;
    for (unsigned i = 0; i < POL_OUTCOME_COUNT * POL_OUTCOME_COUNT && st == ST_OK; i++) {
        unsigned from = i / POL_OUTCOME_COUNT;
        unsigned to = i % POL_OUTCOME_COUNT;
        if (pol_outcome_moves(from, to) && moves[from][to] > 0) {
            st = bytes_append_format(out, "%s: %" PRIu64 " from %s to %s%s\n", stage,
                                     moves[from][to], pol_outcome_word(from), pol_outcome_word(to),
                                     marks && pol_outcome_regresses(from, to) ? " (taken back)"
                                                                              : "");
        }
    }
    return st;
}

/* Guards and missing facts of one stage; nothing where there are none. */
static enum status put_reasons(const struct pol_stage_counts *counts, struct bytes *out)
{
    enum status st = ST_OK;
    for (size_t i = 0; i < POL_BLOCKED_COUNT && st == ST_OK; i++) {
        if (counts->blocked[i] > 0) {
            st = bytes_append_format(out, "%s: %" PRIu64 " by the guard: %s\n", counts->stage,
                                     counts->blocked[i], POL_BLOCKED_WORDS[i]);
        }
    }
    for (size_t i = 0; i < POL_FACT_COUNT && st == ST_OK; i++) {
        if (counts->missing[i] > 0) {
            st = bytes_append_format(out,
                                     "%s: %" PRIu64 " left alone, because \"%s\" is not known\n",
                                     counts->stage, counts->missing[i], POL_FACT_WORDS[i]);
        }
    }
    return st;
}

static enum status put_rows(const struct adm_simulated *s, struct bytes *out)
{
    struct adm_table table = adm_table_with(POL_OUTCOME_COUNT + 3);
    put_heading(&table);
    for (size_t i = 0; i < s->count; i++) {
        put_stage(&table, s->rows[i], i + 1 == s->count);
    }
    enum status st = adm_table_write(&table, out);
    adm_table_done(&table);
    return st;
}

/* Each stage as if it were released now: the safe policy, too. */
static enum status put_from_released(const struct adm_simulated *s, struct bytes *out)
{
    enum status st = s->released == NULL
                         ? bytes_append_text(out, "\nagainst what is released now (nothing yet):\n")
                         : bytes_append_format(
                               out, "\nagainst what is released now (%s, version %" PRId64 "):\n",
                               s->released, s->released_version);
    for (size_t i = 0; i < s->count && st == ST_OK; i++) {
        st = put_moves(s->rows[i]->stage, s->rows[i]->from_released, true, out);
    }
    return st;
}

enum status adm_simulation_text(const struct adm_simulated *s, struct bytes *out)
{
    enum status st =
        bytes_append_format(out, "rollout %s, serial %" PRIu32 ", %" PRIu64 " users\n\n",
                            s->rollout, s->serial, s->users);
    if (st == ST_OK) {
        st = put_rows(s, out);
    }
    if (st == ST_OK) {
        st = bytes_append_text(out, "\n");
    }
    for (size_t i = 0; i < s->count && st == ST_OK; i++) {
        bool is_safe = i + 1 == s->count; /* no step of the way */
        st = is_safe ? ST_OK : put_moves(s->rows[i]->stage, s->rows[i]->moves, false, out);
        st = st == ST_OK ? put_reasons(s->rows[i], out) : st;
    }
    return st == ST_OK && s->compares ? put_from_released(s, out) : st;
}

/* ---- for programs ------------------------------------------------------------------------- */

enum status adm_simulation_json(const struct pol_plan *plan,
                                const struct pol_simulation *simulation, struct bytes *out)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    pol_simulation_write(&w, plan, simulation);
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}
