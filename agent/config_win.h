/* config_win.h - read how this agent was set up from the machine's registry.
 *
 * HKLM\SOFTWARE\Policies\MapiRollout is stronger than HKLM\SOFTWARE\MapiRollout\Agent, value by
 * value. One of the wrong type or size, or in the wrong place, is refused by its name, never passed
 * over.
 * Effects: reads the registry                Units:  none
 * Owns:    *out; ag_config_done() frees      Errors: ST_REFUSED: wrong_type, too_large,
 *                                                    out_of_range, unknown_field;
 *                                                    ST_DENIED, ST_NO_MEMORY
 * Threads: one thread                        Source: docs/protocol.md "Command lines"
 */
#ifndef AGENT_CONFIG_WIN_H
#define AGENT_CONFIG_WIN_H

#include "agent/config.h"

/* What is set nowhere gets its default: the data directory below ProgramData, level info. */
enum status ag_config_win_read(struct ag_config *out, struct err *err) MUST_USE;

#endif
