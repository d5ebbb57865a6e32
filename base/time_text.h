/* time_text.h - turn wall times into RFC 3339 text and back.
 *
 * Only UTC with a final Z and whole seconds, years 1970 to 9999: what our documents contain.
 * Effects: none       Units:  seconds since 1970 UTC
 * Owns:    nothing    Errors: false; *out is then unchanged
 * Threads: safe       Source: RFC 3339 section 5.6
 */
#ifndef BASE_TIME_TEXT_H
#define BASE_TIME_TEXT_H

#include <stdbool.h>
#include <stdint.h>

enum { TIME_TEXT_BYTES = 21 }; /* "2026-11-22T10:00:00Z" and the NUL */

/* Times out of range are written as the nearest bound. */
void time_text_write(int64_t wall_s, char out[TIME_TEXT_BYTES]);
bool time_text_read(const char *text, int64_t *out);

#endif
