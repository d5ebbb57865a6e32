/* rollout_show.h - print what the server says of the rollout after a change.
 *
 * Effects: prints on stdout    Units:  none
 * Owns:    nothing             Errors: those of rollout_view.h and print.h
 * Threads: one thread          Source: docs/protocol.md "Administrators"
 */
#ifndef ADMIN_ROLLOUT_SHOW_H
#define ADMIN_ROLLOUT_SHOW_H

#include "admin/rollout_view.h"

/* The answer as it came for programs, or what write makes of it for people. */
enum status adm_rollout_show(const struct adm_answer *answer, bool json,
                             enum status (*write)(const struct adm_rollout_view *now,
                                                  struct bytes *out),
                             struct err *err) MUST_USE;

#endif
