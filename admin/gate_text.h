/* gate_text.h - draw for people how a gate stands and what it waits for.
 *
 * Effects: none                                Units:  those of gate_view.h
 * Owns:    nothing; out belongs to the caller  Errors: ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: safe                                Source: docs/policy-format.md "Gate"
 */
#ifndef ADMIN_GATE_TEXT_H
#define ADMIN_GATE_TEXT_H

#include "admin/gate_view.h"
#include "admin/look.h"

/* One line of who holds the gates, if somebody does. */
enum status adm_hold_text(const struct adm_hold_view *hold, const struct adm_look *look,
                          struct bytes *out) MUST_USE;
/* A sentence, and each number beside what it must be; nothing if there is no gate. */
enum status adm_gate_text(const struct adm_gate_view *gate, const struct adm_look *look,
                          struct bytes *out) MUST_USE;
/* The sentence alone. */
enum status adm_gate_sentence(const struct adm_gate_view *gate, struct bytes *out) MUST_USE;

#endif
