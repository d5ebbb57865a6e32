/* store_place.h - a store in a directory of its own, and words for what is done to it.
 *
 * Effects: files in that directory                          Units:  seconds since 1970 UTC
 * Owns:    struct store_place, from store_setup() on        Errors: fail the test, or as returned
 * Threads: one                                              Source: server/store.h
 */
#ifndef TESTS_UNIT_SERVER_STORE_PLACE_H
#define TESTS_UNIT_SERVER_STORE_PLACE_H

#include "tests/unit/server/scratch.h"
#include "tests/unit/server/store_contract.h"

/* Set before the first fixture runs. */
extern store_opener store_open_it;

/* A store in a directory of its own. */
struct store_place {
    char folder[SCRATCH_PATH_BYTES];
    struct srv_store store;
};

/* What a walk over users saw: how many, and the last one. */
struct store_seen {
    size_t count;
    char state[32];
    char sid[64];
    struct pol_report_value value;
    uint32_t corrections;
    char outlook[32];
    char evidence[128];
    enum pol_answer running;
    int64_t started_s;
    uint32_t starts;
};

/* Fixtures of cmocka. */
int store_setup(void **state);
int store_teardown(void **state);
void store_reopen(struct store_place *p);

/* Enroll PC-1 at 1000 with a token of that byte; again at 2000, the old one ending at 3000. */
enum status store_enroll(struct store_place *p, const char *guid, uint8_t token,
                         struct srv_write *w);
enum status store_enroll_again(struct store_place *p, uint8_t old, uint8_t token,
                               struct srv_write *w);
/* The device of PC-1, enrolled with the token 1; and once its first report was taken. */
int64_t store_enrolled(struct store_place *p);
int64_t store_enrolled_with(struct store_place *p, const struct pol_report *first);

/* id names the report, run (also when it started) and seq order it. */
struct pol_report_user store_user(const char *sid, enum pol_state state);
struct pol_report store_report(const char *id, char run, uint32_t seq,
                               const struct pol_report_user *users, size_t count);
enum status store_send(struct store_place *p, int64_t device, const struct pol_report *r,
                       const char *body, bool *repeated);
/* The same at another time than 5000. */
enum status store_send_at(struct store_place *p, int64_t device, const struct pol_report *r,
                          int64_t now_s);

struct store_seen store_look(struct store_place *p, const struct srv_filter *filter);
struct store_seen store_look_at_all(struct store_place *p);
int64_t store_count(struct store_place *p, const char *kind, const char *name);
int64_t store_count_part(struct store_place *p, const struct srv_count_question *question,
                         const char *kind, const char *name, const char *part);

#endif
