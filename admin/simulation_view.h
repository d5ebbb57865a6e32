/* simulation_view.h - lay out what a simulation counted, for people and for programs.
 *
 * Effects: none                       Units:  users
 * Owns:    nothing; text is appended  Errors: ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: one thread                 Source: docs/policy-format.md "Simulating"
 */
#ifndef ADMIN_SIMULATION_VIEW_H
#define ADMIN_SIMULATION_VIEW_H

#include "admin/simulated.h"

enum status adm_simulation_text(const struct adm_simulated *simulated, struct bytes *out) MUST_USE;
enum status adm_simulation_json(const struct pol_plan *plan,
                                const struct pol_simulation *simulation,
                                struct bytes *out) MUST_USE;

#endif
