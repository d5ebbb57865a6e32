/* visible.h - copy text from outside so that nothing in it moves a cursor or turns the line around.
 *
 * Control characters, line ends of any kind, marks of direction and bytes that are no UTF-8 are
 * written as \xNN or \uNNNN; all else stays as it is, backslashes too.
 * Effects: none       Units:  bytes
 * Owns:    nothing    Errors: none; what does not fit is cut between two characters
 * Threads: safe       Source: Unicode UAX #9 (marks of direction); RFC 3629
 */
#ifndef BASE_VISIBLE_H
#define BASE_VISIBLE_H

#include <stdbool.h>
#include <stddef.h>

/* How many bytes the character takes that text begins with: 1 to 4; *plain says whether it may be
 * shown as it is. text is not empty. */
size_t visible_next(const char *text, bool *plain);

/* room: of out, its NUL included, at least 1. Returns the length of what is in out. */
size_t visible_copy(const char *text, char *out, size_t room);

#endif
