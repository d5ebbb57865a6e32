/* log.h - one line for each event, to the one sink the program chose.
 *
 * Lines are key=value text with the time in UTC, the level and the message; control characters are
 * escaped, so that hostile input cannot forge a line. Nothing secret is ever passed in.
 * Effects: writes to the sink          Units:  none
 * Owns:    the sink (the one global)   Errors: none; a line that cannot be written is lost
 * Threads: safe                        Source: docs/architecture.md "Ownership"
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* Lines go to the file, appended, readable by others while it is open. NULL is stderr, which is
 * also where lines go before this is called. */
enum status log_open(const char *path, enum log_level most, struct err *err) MUST_USE;
void log_close(void);
bool log_level_find(const char *name, enum log_level *out); /* error, warning, info, debug */

void log_write(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/* What happened, and why by err. */
void log_failure(enum log_level level, const char *what, const struct err *err);

#endif
