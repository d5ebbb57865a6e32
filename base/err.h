/* err.h - say once, where the cause is known, what went wrong.
 *
 * One sentence for people, a status for the caller, and for refusals a stable code with the JSON
 * pointer of the place. A NULL err is allowed everywhere: then only the status travels.
 * Effects: none                      Units:  none
 * Owns:    nothing (fixed arrays)    Errors: none; text that does not fit is cut
 * Threads: one thread                Source: docs/architecture.md "Errors"
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/status.h"

#include <stdint.h>

enum { ERR_POINTER_BYTES = 256, ERR_TEXT_BYTES = 512 };

struct err {
    enum status st;
    const char *code; /* a string literal such as "version_rollback"; NULL unless ST_REFUSED */
    uint32_t os_code; /* GetLastError() or errno; 0 if there is none */
    char pointer[ERR_POINTER_BYTES]; /* RFC 6901, "" for the whole document */
    char text[ERR_TEXT_BYTES];       /* UTF-8, one sentence without the final stop */
};

/* Fill err with a failure that is not a refusal. Returns st, so that `st = err_set(...)` reads. */
enum status err_set(struct err *err, enum status st, uint32_t os_code, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Fill err with a refusal. code is a string literal from docs/policy-format.md "Codes". */
enum status err_refuse(struct err *err, const char *code, const char *pointer, const char *format,
                       ...) PRINTF_LIKE(4, 5);

/* Print "PROGRAM: CODE at POINTER: sentence" as one line on stderr, control characters escaped.
 * The code of a failure that is no refusal is its status_name(). */
void err_print(const char *program, const struct err *err);

#endif
