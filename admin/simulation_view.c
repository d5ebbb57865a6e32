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

static enum status put_moves(const struct pol_stage_counts *counts, struct bytes *out)
{
    enum status st = ST_OK;
    for (unsigned i = 0; i < POL_OUTCOME_COUNT * POL_OUTCOME_COUNT && st == ST_OK; i++) {
        unsigned from = i / POL_OUTCOME_COUNT;
        unsigned to = i % POL_OUTCOME_COUNT;
        if (pol_outcome_moves(from, to) && counts->moves[from][to] > 0) {
            st = bytes_append_format(out, "%s: %" PRIu64 " from %s to %s\n", counts->stage,
                                     counts->moves[from][to], pol_outcome_word(from),
                                     pol_outcome_word(to));
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

enum status adm_simulation_text(const struct pol_plan *plan,
                                const struct pol_simulation *simulation, struct bytes *out)
{
    size_t rows = pol_simulation_stage_count(simulation);
    struct adm_table table = adm_table_with(POL_OUTCOME_COUNT + 3);
    enum status st = bytes_append_format(
        out, "rollout %s, serial %" PRIu32 ", %" PRIu64 " users\n\n", pol_plan_rollout(plan),
        pol_plan_serial(plan), pol_simulation_users(simulation));
    put_heading(&table);
    for (size_t i = 0; i < rows; i++) {
        put_stage(&table, pol_simulation_stage(simulation, i), i + 1 == rows);
    }
    if (st == ST_OK) {
        st = adm_table_write(&table, out);
    }
    adm_table_done(&table);
    if (st == ST_OK) {
        st = bytes_append_text(out, "\n");
    }
    for (size_t i = 0; i < rows && st == ST_OK; i++) {
        const struct pol_stage_counts *counts = pol_simulation_stage(simulation, i);
        bool is_safe = i + 1 == rows; /* no step of the way */
        st = is_safe ? ST_OK : put_moves(counts, out);
        st = st == ST_OK ? put_reasons(counts, out) : st;
    }
    return st;
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
