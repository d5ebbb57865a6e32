/* status_text.h - draw the state of a rollout for people.
 *
 * Effects: none                                Units:  seconds since 1970 UTC, users
 * Owns:    nothing; out belongs to the caller  Errors: ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: safe                                Source: docs/protocol.md "Command lines" (status)
 */
#ifndef ADMIN_STATUS_TEXT_H
#define ADMIN_STATUS_TEXT_H

#include "admin/compliance_view.h"
#include "admin/rollout_view.h"

/* What is released and stored, each stage with a bar of the users who have it in effect, how the gate
 * stands, and how many users are in which state. */
enum status adm_status_text(const struct adm_rollout_view *rollout,
                            const struct adm_compliance_view *fleet, int64_t now_s,
                            struct bytes *out) MUST_USE;

#endif
