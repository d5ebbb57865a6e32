/* run.h - keep this machine in step with the policy until told to stop.
 *
 * [fetch -> verify -> evaluate -> apply -> observe -> report], over and over
 *
 * One thread, one loop: the stored policy is applied before the network is awaited; then a held
 * poll, enrolling and reports run side by side in the lanes of the http port. Whoever sets
 * ports->stopping or ports->hives_changed wakes http.wait() afterwards.
 * Effects: those of the ports; writes the log    Units:  none
 * Owns:    nothing after it returned             Errors: ST_NO_MEMORY, ST_BUG: the loop could not go
 *                                                        on; ST_OK: it was told to stop
 * Threads: one thread                            Source: docs/architecture.md "The agent"
 */
#ifndef AGENT_RUN_H
#define AGENT_RUN_H

#include "agent/config.h"
#include "agent/ports.h"
#include "agent/trust_store.h"

/* Everything given is borrowed until it returns. config->server_url NULL: signed files alone. */
enum status ag_run(const struct ag_config *config, const struct ag_host *host,
                   const struct ag_ports *ports, const struct ag_trust *trust,
                   struct err *err) MUST_USE;

/* One pass without the network (`once`): take policy.jws if it is there, else the stored policy,
 * and look after every user. A status of class STATUS_MACHINE if a user could not be looked after. */
enum status ag_run_once(const struct ag_config *config, const struct ag_host *host,
                        const struct ag_ports *ports, const struct ag_trust *trust,
                        struct err *err) MUST_USE;

/* ---- the same in pieces, for who keeps time himself ----------------------------------------- */

struct ag_loop;

/* Do all that is due now, and sleep not at all. Only what is fatal is returned. */
enum status ag_run_step(struct ag_loop *l) MUST_USE;

/* When the next step has something to do, if no answer comes before (ag_lanes_take()). */
uint64_t ag_run_due_ms(struct ag_loop *l);

#endif
