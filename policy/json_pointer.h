/* json_pointer.h - write down where in a document something is wrong.
 *
 * What does not fit is cut, at the end of a whole character: pointers travel in reports, which are
 * strict UTF-8.
 * Effects: none       Units:  bytes
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: RFC 6901
 */
#ifndef POLICY_JSON_POINTER_H
#define POLICY_JSON_POINTER_H

#include "base/err.h"

#include <stddef.h>

/* Both append one reference token. key: valid UTF-8, needs no NUL. */
void pol_pointer_append_key(char pointer[ERR_POINTER_BYTES], const char *key, size_t size);
void pol_pointer_append_index(char pointer[ERR_POINTER_BYTES], size_t index);

#endif
