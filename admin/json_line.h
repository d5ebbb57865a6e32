/* json_line.h - print one JSON value as one line.
 *
 * Effects: writes standard output    Units:  none
 * Owns:    nothing                   Errors: those of print.h
 * Threads: one thread                Source: docs/protocol.md "Command lines" (--json)
 */
#ifndef ADMIN_JSON_LINE_H
#define ADMIN_JSON_LINE_H

#include "policy/json_read.h"

enum status adm_json_line_print(const struct pol_at *value, struct err *err) MUST_USE;

#endif
