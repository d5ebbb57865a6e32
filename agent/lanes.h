/* lanes.h - keep the three conversations with the server going: policy, enrolling, reports.
 *
 * Each lane runs on its own, so that a held poll delays neither of the others, nor they it.
 * Effects: those of the http port and the vault    Units:  _ms monotonic
 * Owns:    nothing                                 Errors: none: told in the log, and tried again
 * Threads: one thread                              Source: docs/protocol.md "Agents", "No herd"
 */
#ifndef AGENT_LANES_H
#define AGENT_LANES_H

#include "agent/loop.h"

/* If the way to the server changed or this machine slept, drop what runs: its connections may be dead
 * without anybody saying so. Once for each step, before starting. */
void ag_lanes_renew(struct ag_loop *l);

/* Start whatever is due in a free lane. */
void ag_lanes_start(struct ag_loop *l);

/* When the next free lane has something to do; UINT64_MAX: not before an answer comes. */
uint64_t ag_lanes_due_ms(struct ag_loop *l);

/* An exchange ended. The answer stays the caller's. */
void ag_lanes_take(struct ag_loop *l, enum ag_lane lane, const struct ag_answer *answer);

void ag_lanes_cancel(struct ag_loop *l);

#endif
