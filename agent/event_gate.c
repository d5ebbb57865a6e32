#include "agent/event_gate.h"

/* FNV-1a. Two messages of one print within ten minutes: the second stays in the log, no harm. */
static uint64_t print_of(const char *message)
{
    uint64_t print = 14695981039346656037U;
    for (const unsigned char *p = (const unsigned char *)message; *p != '\0'; p++) {
        print = (print ^ *p) * 1099511628211U;
    }
    return print != 0 ? print : 1;
}

static int is_recent(const struct ag_event_gate *gate, uint64_t print, uint64_t now_ms)
{
    for (size_t i = 0; i < AG_EVENT_RECENT; i++) {
        if (gate->recent[i].print == print && now_ms - gate->recent[i].at_ms < AG_EVENT_QUIET_MS) {
            return 1;
        }
    }
    return 0;
}

enum ag_event_passage ag_event_gate_ask(struct ag_event_gate *gate, const struct ag_event *event,
                                        const char *message, uint64_t now_ms)
{
    size_t kind = (size_t)(event - AG_EVENTS);
    uint64_t print = print_of(message);
    if (is_recent(gate, print, now_ms)) {
        return AG_EVENT_IS_KEPT;
    }
    if (gate->kinds[kind].count == 0 || now_ms - gate->kinds[kind].since_ms >= AG_EVENT_QUIET_MS) {
        gate->kinds[kind].since_ms = now_ms;
        gate->kinds[kind].count = 0;
    }
    if (gate->kinds[kind].count == AG_EVENT_MOST) {
        return AG_EVENT_IS_KEPT;
    }
    gate->kinds[kind].count++;
    gate->recent[gate->next].print = print;
    gate->recent[gate->next].at_ms = now_ms;
    gate->next = (gate->next + 1) % AG_EVENT_RECENT;
    return gate->kinds[kind].count == AG_EVENT_MOST ? AG_EVENT_IS_LAST : AG_EVENT_PASSES;
}
