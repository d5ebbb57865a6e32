/* user_view.h - one user on one machine, as the server tells it, in words for a table.
 *
 * Effects: none                                   Units:  none
 * Owns:    nothing; texts live as long as the     Errors: wrong members become problems of the
 *          answer they were read from                     answer
 * Threads: one thread                             Source: docs/protocol.md "The report"
 */
#ifndef ADMIN_USER_VIEW_H
#define ADMIN_USER_VIEW_H

#include "policy/json_read.h"

enum { ADM_VALUE_BYTES = 32 };

/* NULL: the server does not know. */
struct adm_user_view {
    const char *sid;
    const char *account;
    const char *host;
    const char *set;
    const char *state;
    const char *blocked_by;
    const char *observed;
    const char *confidence;
    const char *hint; /* what may be behind a contradiction that lasts: "recreate_profile", ... */
    const char *error;
    char value[ADM_VALUE_BYTES]; /* "1", "0", "absent", another type's name, "-" */
    int64_t version;             /* 0: none in force */
};

void adm_user_read(const struct pol_at *at, struct adm_user_view *out);

/* The most telling of what is said: what failed, what held it back, what may be wrong; or NULL. */
const char *adm_user_why(const struct adm_user_view *user);

#endif
