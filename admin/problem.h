/* problem.h - turn the server's refusal into ours.
 *
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: always one: ST_REFUSED with the server's code, or what its HTTP status
 *                             says when it gave none that we know
 * Threads: safe       Source: docs/protocol.md "Administrators"; RFC 9457
 */
#ifndef ADMIN_PROBLEM_H
#define ADMIN_PROBLEM_H

#include "base/bytes.h"
#include "base/err.h"

/* http: 400 to 599 (anything else is told as an answer that is not ours); body: application/
 * problem+json, or whatever came. token_file is named where the token is at fault. */
enum status adm_problem_read(long http, struct span body, const char *token_file,
                             struct err *err) MUST_USE;

/* Our own copy of a code from the wire, which lives for ever; "refused" for one that we do not know. */
const char *adm_problem_code(const char *code);

#endif
