/* random.h - unpredictable bytes from the operating system.
 *
 * Effects: reads the system's generator    Units:  bytes
 * Owns:    nothing                         Errors: ST_IO; out is then undefined
 * Threads: safe                            Source: getrandom(2); BCryptGenRandom
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum status random_bytes(void *out, size_t size) MUST_USE;

#endif
