/* status.h - every kind of outcome a call can have.
 *
 * Four classes say what the caller does next: try later (back off, change nothing), refused (keep
 * the last good and report), machine (report it for that user, go on) and bug (end the pass).
 * Effects: none        Units:  none
 * Owns:    nothing     Errors: this is the list of them
 * Threads: safe        Source: docs/architecture.md "Errors"
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#define MUST_USE __attribute__((warn_unused_result))
#if defined(__clang__)
#define PRINTF_LIKE(format_index, first) __attribute__((format(printf, format_index, first)))
#else
/* gnu_printf: on Windows, too, stdio is mingw's own, which knows %zu. */
#define PRINTF_LIKE(format_index, first) __attribute__((format(gnu_printf, format_index, first)))
#endif

enum status {
    ST_OK = 0,
    /* try later */
    ST_UNREACHABLE, /* no answer from the other side */
    ST_TIMED_OUT,
    ST_BUSY,      /* asked to come back later, or in use by somebody else */
    ST_CANCELLED, /* we were told to stop */
    /* refused */
    ST_REFUSED, /* err.code holds the stable code */
    /* this machine */
    ST_NOT_FOUND,
    ST_EXISTS,
    ST_DENIED,
    ST_TOO_LARGE,
    ST_IO,
    ST_NO_SPACE,
    ST_NO_MEMORY,
    /* our own mistake */
    ST_BUG,
};

enum status_class { STATUS_FINE, STATUS_TRY_LATER, STATUS_REFUSED, STATUS_MACHINE, STATUS_BUG };

enum status_class status_class(enum status st);

/* A stable lower-case word such as "not_found"; never NULL. */
const char *status_name(enum status st);

#endif
