#include "policy/simulate_write.h"

static void write_counts(struct pol_json_writer *w, const char *key, const char *const *words,
                         const uint64_t *counts, size_t count)
{
    pol_json_object(w, key);
    for (size_t i = 0; i < count; i++) {
        if (words[i] != NULL && counts[i] > 0) {
            pol_json_integer(w, words[i], (int64_t)counts[i]);
        }
    }
    pol_json_close_object(w);
}

void pol_stage_counts_write(struct pol_json_writer *w, const struct pol_stage_counts *counts)
{
    const char *outcomes[POL_OUTCOME_COUNT];
    for (unsigned i = 0; i < POL_OUTCOME_COUNT; i++) {
        outcomes[i] = pol_outcome_word(i);
    }
    write_counts(w, "outcomes", outcomes, counts->outcomes, POL_OUTCOME_COUNT);
    write_counts(w, "blocked_by", POL_BLOCKED_WORDS, counts->blocked, POL_BLOCKED_COUNT);
    write_counts(w, "unknown_facts", POL_FACT_WORDS, counts->missing, POL_FACT_COUNT);
}

void pol_moves_write(struct pol_json_writer *w, const char *key,
                     const uint64_t (*moves)[POL_OUTCOME_COUNT])
{
    pol_json_array(w, key);
    for (unsigned from = 0; from < POL_OUTCOME_COUNT; from++) {
        for (unsigned to = 0; to < POL_OUTCOME_COUNT; to++) {
            if (!pol_outcome_moves(from, to) || moves[from][to] == 0) {
                continue;
            }
            pol_json_object(w, NULL);
            pol_json_text(w, "from", pol_outcome_word(from));
            pol_json_text(w, "to", pol_outcome_word(to));
            pol_json_integer(w, "users", (int64_t)moves[from][to]);
            pol_json_close_object(w);
        }
    }
    pol_json_close_array(w);
}

static void write_stage(struct pol_json_writer *w, const char *key,
                        const struct pol_stage_counts *counts, bool compares)
{
    pol_json_object(w, key);
    pol_json_text(w, "stage", counts->stage);
    pol_json_integer(w, "version", counts->version);
    pol_stage_counts_write(w, counts);
    if (key == NULL) {
        pol_moves_write(w, "changes", counts->moves);
    }
    if (compares) {
        pol_moves_write(w, "from_released", counts->from_released);
        pol_json_integer(w, "regressing", (int64_t)pol_moves_regressing(counts->from_released));
    }
    pol_json_close_object(w);
}

void pol_simulation_write(struct pol_json_writer *w, const struct pol_plan *plan,
                          const struct pol_simulation *simulation)
{
    size_t rows = pol_simulation_stage_count(simulation);
    bool compares = pol_simulation_compares(simulation);
    pol_json_text(w, "rollout", pol_plan_rollout(plan));
    pol_json_integer(w, "serial", pol_plan_serial(plan));
    pol_json_integer(w, "users", (int64_t)pol_simulation_users(simulation));
    pol_json_array(w, "stages");
    for (size_t i = 0; i + 1 < rows; i++) {
        write_stage(w, NULL, pol_simulation_stage(simulation, i), compares);
    }
    pol_json_close_array(w);
    write_stage(w, "safe", pol_simulation_stage(simulation, rows - 1), compares);
}
