/* clock.h - tell the time.
 *
 * Wall time for what people and documents say, monotonic time for waits: the two never mix.
 * Effects: reads the system's clocks    Units:  _s wall seconds since 1970 UTC, _ms monotonic
 * Owns:    nothing                      Errors: none
 * Threads: safe                         Source: docs/architecture.md "Names"
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_s(void);
int64_t clock_wall_ms(void); /* the same, in milliseconds */

/* Counts on from an arbitrary start and never jumps back; includes time asleep where the system
 * offers that. */
uint64_t clock_monotonic_ms(void);

#endif
