/* gate_json.h - tell administrators how the gate stands, with its numbers.
 *
 * Effects: none       Units:  those of gate.h
 * Owns:    nothing    Errors: those of the writer
 * Threads: safe       Source: docs/protocol.md "Administrators"
 */
#ifndef SERVER_GATE_JSON_H
#define SERVER_GATE_JSON_H

#include "policy/json_write.h"
#include "server/keeper.h"

/* The members "gate" and "hold" of GET /v1/rollout. "gate" is null while nothing, or the safe policy,
 * is released, and for the moment until somebody has looked. */
void srv_gate_write(struct pol_json_writer *w, const struct srv_rollout_view *rollout,
                    const struct srv_gate_view *gate);

#endif
