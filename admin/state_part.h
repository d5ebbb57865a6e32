/* state_part.h - which part of a bar a user's state belongs to.
 *
 * As gates count: healthy; failing; no subject (apart); all that is still open (pending).
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: docs/policy-format.md "Gate"
 */
#ifndef ADMIN_STATE_PART_H
#define ADMIN_STATE_PART_H

#include "admin/look.h"

/* A state that a newer server has is pending. */
enum adm_bar_part adm_state_part(const char *state);

/* How a state is drawn; NULL: plain. */
enum adm_style adm_state_style(const char *state);

#endif
