/* simulated.h - what a simulation counted, here or at a server.
 *
 * Effects: asks the server for the fleet's                        Units:  users
 * Owns:    struct adm_fleet_counts; adm_fleet_counts_done()       Errors: those of answer.h
 * Threads: one thread                                             Source: docs/protocol.md
 *                                                                  "Simulating at the server"
 */
#ifndef ADMIN_SIMULATED_H
#define ADMIN_SIMULATED_H

#include "admin/answer.h"
#include "policy/simulate.h"

/* Borrowed from a simulation, or from what a server answered. */
struct adm_simulated {
    const char *rollout;
    uint32_t serial;
    uint64_t users;
    bool compares;        /* with what is released now: */
    const char *released; /* its stage; NULL: nothing is released */
    int64_t released_version;
    const struct pol_stage_counts *rows[LIMIT_STAGES + 1]; /* the last is the safe policy */
    size_t count;
};

void adm_simulated_of(const struct pol_plan *plan, const struct pol_simulation *simulation,
                      struct adm_simulated *out);

/* What a server counted of its fleet for a plan. Starts zeroed. */
struct adm_fleet_counts {
    struct adm_answer answer; /* as it came; texts point into it */
    struct pol_stage_counts *rows;
    struct adm_simulated simulated;
};

/* plan: the document. */
enum status adm_fleet_counts_ask(struct adm_client *client, struct span plan,
                                 struct adm_fleet_counts *out, struct err *err) MUST_USE;
enum status adm_fleet_counts_read(struct adm_fleet_counts *counts, struct err *err) MUST_USE;
void adm_fleet_counts_done(struct adm_fleet_counts *counts);

#endif
