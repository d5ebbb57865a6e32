/* sight_same.h - tell whether two looks saw the same; when they were taken does not count.
 *
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: agent/sight.h
 */
#ifndef AGENT_SIGHT_SAME_H
#define AGENT_SIGHT_SAME_H

#include "agent/sight.h"

bool ag_sight_same(const struct ag_sight *a, const struct ag_sight *b);
bool ag_client_same(const struct ag_client *a, const struct ag_client *b);

#endif
