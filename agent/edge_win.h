/* edge_win.h - put Windows behind the core's ports, and run the core on them.
 *
 * Effects: those of all ports               Units:  none
 * Owns:    everything between its open      Errors: those of the ports, told by their own words
 *          and its end
 * Threads: one thread                       Source: docs/architecture.md "The agent"
 */
#ifndef AGENT_EDGE_WIN_H
#define AGENT_EDGE_WIN_H

#include "agent/config.h"
#include "agent/trust_store.h"

enum ag_edge_mode {
    AG_EDGE_LOOP, /* until ag_control_stop() */
    AG_EDGE_ONCE, /* one pass, no network */
};

/* The keys to go by, as the agent would choose them (trust_store.h); ag_trust_done().
 *
 * vault   what is kept; NULL: there is no data directory yet
 * keep    make durable what is newly taken */
enum status ag_edge_read_trust(const struct ag_config *config, const struct ag_vault *vault,
                               bool keep, struct ag_trust *out, struct err *err) MUST_USE;

/* Run the agent. started (may be NULL) is called once all that was configured is there. */
enum status ag_edge_run(const struct ag_config *config, enum ag_edge_mode mode,
                        void (*started)(void), struct err *err) MUST_USE;

#endif
