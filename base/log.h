/* log.h - one line for each event, to the one sink the program chose.
 *
 * A message is "event=NAME key=value ..."; control characters, marks of direction and bytes that
 * are no UTF-8 are escaped, so that hostile input cannot forge a line. To stderr and to a file go
 * lines "time=... level=... MESSAGE", the time in UTC. Nothing secret is ever passed in.
 * Effects: writes to the sink          Units:  none
 * Owns:    the sink (the one global)   Errors: none; a line that cannot be written is lost
 * Threads: safe; what opens and closes Source: docs/architecture.md "Ownership"
 *          the log runs alone
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

enum { LOG_MESSAGE_BYTES = 2048 }; /* the longest message, its NUL included */

/* Who keeps messages in another way. take() is called from any thread with every message, whatever
 * its level; escaped, without a line end. */
struct log_sink {
    void *ctx;
    void (*take)(void *ctx, enum log_level level, const char *message);
};

/* Lines go to the file, appended, readable by others while it is open. NULL is stderr, which is
 * also where lines go before this is called. */
enum status log_open(const char *path, enum log_level most, struct err *err) MUST_USE;
/* Messages go to the sink, which decides by itself what it keeps. */
void log_open_sink(const struct log_sink *to);
/* What the sink would drop anyway is not even spelled out; after log_open_sink(). */
void log_set_most(enum log_level most);
/* Does anybody read messages of that level? */
bool log_takes(enum log_level level);
void log_close(void);
bool log_level_find(const char *name, enum log_level *out); /* error, warning, info, debug */

void log_write(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/* A value from outside, so that it neither ends early nor begins another key: for key="VALUE" its
 * quotation marks become apostrophes, for key=VALUE what parts words is written as \xNN. Cut if it
 * does not fit; room is at least 1. */
void log_quotable(const char *text, char *out, size_t room);
void log_word(const char *text, char *out, size_t room);

/* "event=EVENT code=... pointer=... os_code=... reason="..."": what happened, and why by err. The
 * code of a failure that is no refusal is its status_name(); an empty pointer is left out. */
void log_failure(enum log_level level, const char *event, const struct err *err);

#endif
