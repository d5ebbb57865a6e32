/* outlook_none.h - the port for who may not look at Outlook (Observe = none): nothing is known.
 *
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: docs/operations.md "Agent settings"
 */
#ifndef AGENT_OUTLOOK_NONE_H
#define AGENT_OUTLOOK_NONE_H

#include "agent/ports.h"

struct ag_outlook ag_outlook_none(void);

/* The same for who may see processes but no profiles (Observe = process): nobody is looked at. */
struct ag_sights ag_sights_none(void);

#endif
