/* event.h - which lines of the log also go into Windows' event log, and under which number.
 *
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: agent/messages.mc; docs/operations.md "Events"
 */
#ifndef AGENT_EVENT_H
#define AGENT_EVENT_H

#include <stdint.h>

struct ag_event {
    const char *name; /* behind "event=" */
    uint32_t id; /* with its severity in the two highest bits; the low 16 are what people see */
};

enum { AG_EVENT_COUNT = 27 };
extern const struct ag_event AG_EVENTS[AG_EVENT_COUNT];

/* The event that a message of the log is; NULL: it stays in the log. */
const struct ag_event *ag_event_find(const char *message);

/* What stands behind the event's name; "" if nothing does. */
const char *ag_event_details(const char *message);

#endif
