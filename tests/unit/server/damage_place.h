/* damage_place.h - a store with something in it, whose files are then made worse.
 *
 * Effects: files in the test's directory     Units:  bytes
 * Owns:    struct store_place, from          Errors: fail the test
 *          damage_setup() on
 * Threads: one                               Source: docs/operations-server.md "The store"
 */
#ifndef TESTS_UNIT_SERVER_DAMAGE_PLACE_H
#define TESTS_UNIT_SERVER_DAMAGE_PLACE_H

#include "tests/unit/server/store_place.h"

#include <sys/types.h>

enum { DAMAGE_PATH_BYTES = SCRATCH_PATH_BYTES + 64, DAMAGE_REPORTS = 40, DAMAGE_PAGE = 4096 };

/* Fixtures of cmocka: a device and its reports; the test closes the store. */
int damage_setup(void **state);
int damage_teardown(void **state);

void damage_send_one(struct store_place *p, uint32_t number);
int64_t damage_report_count(struct store_place *p);

void damage_path_of(const struct store_place *p, const char *name, char out[DAMAGE_PATH_BYTES]);
bool damage_is_there(const char *path);
struct bytes damage_content(const char *path); /* bytes_free() frees it */
void damage_put(const char *path, struct span bytes);
void damage_overwrite(const char *path, off_t at, const void *bytes, size_t size);
/* Close the store and leave its files as a killed server leaves them. */
void damage_close_killed(struct store_place *p);

/* "" for ST_OK, "?" for a failure without a code. */
const char *damage_code_of(enum status st, const struct err *err);
/* Neither looking nor opening takes it; both say why with that code and name the folder, and change
 * no byte. */
void damage_expect_refused(struct store_place *p, const char *code, const char *word);

#endif
