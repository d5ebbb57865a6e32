#include "admin/simulated.h"

#include "admin/counts_read.h"

#include <stdlib.h>
#include <string.h>

void adm_simulated_of(const struct pol_plan *plan, const struct pol_simulation *simulation,
                      struct adm_simulated *out)
{
    *out = (struct adm_simulated){.rollout = pol_plan_rollout(plan),
                                  .serial = pol_plan_serial(plan),
                                  .users = pol_simulation_users(simulation),
                                  .count = pol_simulation_stage_count(simulation)};
    for (size_t i = 0; i < out->count; i++) {
        out->rows[i] = pol_simulation_stage(simulation, i);
    }
}

/* ---- what a server says ------------------------------------------------------------------- */

static void read_stage(const struct pol_at *at, bool is_safe, struct pol_stage_counts *out)
{
    if (!pol_at_is_object(at)) {
        pol_at_problem(at, "wrong_type", "an object is expected");
        return;
    }
    out->stage = "";
    (void)pol_read_text(at, "stage", POL_REQUIRED, LIMIT_NAME_BYTES, &out->stage);
    (void)pol_read_integer(at, "version", POL_REQUIRED, 0, VERSION_MOST, &out->version);
    adm_stage_counts_read(at, out);
    adm_moves_read(at, "from_released", out->from_released);
    if (!is_safe) {
        adm_moves_read(at, "changes", out->moves);
    }
}

static void add_row(struct adm_fleet_counts *counts, const struct pol_at *at, bool is_safe)
{
    struct pol_stage_counts *row = &counts->rows[counts->simulated.count];
    read_stage(at, is_safe, row);
    counts->simulated.rows[counts->simulated.count++] = row;
}

static void read_rows(struct adm_fleet_counts *counts, const struct pol_at *root)
{
    struct pol_at stages;
    struct pol_at item;
    struct pol_at safe;
    size_t count = 0;
    if (!pol_read_array(root, "stages", POL_REQUIRED, LIMIT_STAGES, &stages, &count)) {
        return;
    }
    for (bool more = pol_first(&stages, &item); more && counts->simulated.count < LIMIT_STAGES;
         more = pol_next(&item)) {
        add_row(counts, &item, false);
    }
    if (pol_read_member(root, "safe", POL_REQUIRED, &safe)) {
        add_row(counts, &safe, true);
    }
}

static void read_released(struct adm_simulated *out, const struct pol_at *root)
{
    struct pol_at released;
    out->compares = true;
    if (!pol_read_member(root, "released", POL_OPTIONAL, &released)) {
        return;
    }
    if (!pol_at_is_object(&released)) {
        pol_at_problem(&released, "wrong_type", "an object is expected");
        return;
    }
    (void)pol_read_text(&released, "stage", POL_REQUIRED, LIMIT_NAME_BYTES, &out->released);
    (void)pol_read_integer(&released, "version", POL_REQUIRED, 0, VERSION_MOST,
                           &out->released_version);
}

enum status adm_fleet_counts_read(struct adm_fleet_counts *counts, struct err *err)
{
    struct adm_simulated *out = &counts->simulated;
    struct pol_at root = adm_answer_root(&counts->answer);
    int64_t serial = 0;
    counts->rows = calloc(LIMIT_STAGES + 1, sizeof *counts->rows);
    if (counts->rows == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the numbers");
    }
    *out = (struct adm_simulated){.rollout = ""};
    if (!pol_at_is_object(&root)) {
        pol_at_problem(&root, "wrong_type", "an object was expected");
    } else {
        (void)pol_read_text(&root, "rollout", POL_REQUIRED, LIMIT_NAME_BYTES, &out->rollout);
        (void)pol_read_integer(&root, "serial", POL_REQUIRED, 1, LIMIT_SERIAL, &serial);
        out->serial = (uint32_t)serial;
        out->users = adm_users_read(&root, "users");
        read_released(out, &root);
        read_rows(counts, &root);
    }
    return adm_answer_check(&counts->answer, err);
}

static bool is_code(const struct err *err, const char *code)
{
    return err->code != NULL && strcmp(err->code, code) == 0;
}

enum status adm_fleet_counts_ask(struct adm_client *client, struct span plan,
                                 struct adm_fleet_counts *out, struct err *err)
{
    const struct adm_request request = {.method = "POST", .path = "/v1/simulate", .body = plan};
    struct err cause = {0};
    enum status st = adm_answer_ask(client, &request, &out->answer, &cause);
    if (st == ST_OK) {
        return adm_fleet_counts_read(out, err);
    }
    if (is_code(&cause, "unsupported") || is_code(&cause, "not_found")) {
        return err_refuse(err, "unsupported", NULL,
                          "the server is too old to simulate: give --facts FACTS.jsonl");
    }
    if (err != NULL) {
        *err = cause;
    }
    return st;
}

void adm_fleet_counts_done(struct adm_fleet_counts *counts)
{
    adm_answer_done(&counts->answer);
    free(counts->rows);
    counts->rows = NULL;
}
