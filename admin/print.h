/* print.h - put finished text on standard output, and notice when that fails.
 *
 * Effects: writes standard output and standard error    Units:  bytes
 * Owns:    nothing                                       Errors: ST_IO: a full disk, a closed pipe
 * Threads: one thread                                    Source: docs/protocol.md "Command lines"
 */
#ifndef ADMIN_PRINT_H
#define ADMIN_PRINT_H

#include "base/bytes.h"
#include "base/err.h"

enum { ADM_PRINT_BYTES = 64 * 1024 * 1024 };

/* Write out->data and flush. st is how it was made: anything but ST_OK is told instead. */
enum status adm_print(const struct bytes *text, enum status st, struct err *err) MUST_USE;

/* One line on standard error: "mapi-rollout: warning: ...", control characters escaped. */
void adm_print_warning(const char *text);

#endif
