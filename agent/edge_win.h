/* edge_win.h - put Windows behind the core's ports, and run the core on them.
 *
 * Effects: those of all ports               Units:  none
 * Owns:    everything between its open      Errors: those of the ports, told by their own words
 *          and its end
 * Threads: one thread                       Source: docs/architecture.md "The agent"
 */
#ifndef AGENT_EDGE_WIN_H
#define AGENT_EDGE_WIN_H

#include "agent/settings.h"
#include "agent/trust_store.h"

enum ag_edge_mode {
    AG_EDGE_LOOP, /* until ag_control_stop(); settings that change are taken over meanwhile */
    AG_EDGE_ONCE, /* one pass, no network */
};

/* The keys to go by, as the agent would choose them (trust_store.h); ag_trust_done().
 *
 * vault   what is kept; NULL: there is no data directory yet
 * keep    make durable what is newly taken */
enum status ag_edge_read_trust(const struct ag_config *config, const struct ag_vault *vault,
                               bool keep, struct ag_trust *out, struct err *err) MUST_USE;

/* What who runs the agent wants to do on its way. */
struct ag_edge_events {
    void *ctx;
    /* Before anything is opened, with the settings that hold now: where the log goes, say. */
    enum status (*configured)(void *ctx, const struct ag_config *config, struct err *err);
    /* All that was configured is there. Both are called again each time that settings change. */
    void (*started)(void *ctx);
};

/* Run the agent with settings that were opened. */
enum status ag_edge_run(struct ag_settings *settings, enum ag_edge_mode mode,
                        const struct ag_edge_events *events, struct err *err) MUST_USE;

#endif
