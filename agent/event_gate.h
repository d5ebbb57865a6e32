/* event_gate.h - keep a flood out of Windows' event log.
 *
 * The same message is let through once in ten minutes, and of each event twenty different ones; the
 * log itself has all of them.
 * Effects: none                       Units:  ms, monotonic
 * Owns:    nothing                    Errors: none
 * Threads: one at a time              Source: docs/operations.md "Events"
 */
#ifndef AGENT_EVENT_GATE_H
#define AGENT_EVENT_GATE_H

#include "agent/event.h"

#include <stddef.h>

enum {
    AG_EVENT_QUIET_MS = 10 * 60 * 1000,
    AG_EVENT_MOST = 20,   /* of one kind within that time */
    AG_EVENT_RECENT = 64, /* messages that are remembered */
};

enum ag_event_passage {
    AG_EVENT_PASSES,
    AG_EVENT_IS_LAST, /* it passes, and the next of its kind will not */
    AG_EVENT_IS_KEPT, /* out */
};

/* All zero is an open gate. */
struct ag_event_gate {
    struct {
        uint64_t print; /* of the message; 0: none */
        uint64_t at_ms;
    } recent[AG_EVENT_RECENT];
    size_t next;
    struct {
        uint64_t since_ms;
        unsigned count;
    } kinds[AG_EVENT_COUNT];
};

/* event: of AG_EVENTS. */
enum ag_event_passage ag_event_gate_ask(struct ag_event_gate *gate, const struct ag_event *event,
                                        const char *message, uint64_t now_ms);

#endif
