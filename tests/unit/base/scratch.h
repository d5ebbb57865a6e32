/* scratch.h - a folder of its own for each test.
 *
 * Effects: makes and removes folders and files    Owns:   the folder, until scratch_remove()
 * Errors:  fails the running test                 Units:  none
 * Threads: one thread                             Source: docs/architecture.md "Layout"
 */
#ifndef TESTS_UNIT_BASE_SCRATCH_H
#define TESTS_UNIT_BASE_SCRATCH_H

#include "base/bytes.h"

enum { SCRATCH_PATH_BYTES = 512 };

/* cmocka set-up and tear-down of a test. */
int scratch_make(void **state);
int scratch_remove(void **state);

/* The path of a name in the folder; good until the next call. NULL is the folder itself. */
const char *scratch_path(const char *name);

/* What a file of the folder holds; free it with bytes_free(). */
struct bytes scratch_content(const char *name);
void scratch_put(const char *name, const char *content);

/* Send stderr to a file of the folder, and back. */
void scratch_stderr_to(const char *name);
void scratch_stderr_back(void);

#endif
