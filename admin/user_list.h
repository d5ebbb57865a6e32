/* user_list.h - users as rows of a table.
 *
 * Effects: none             Units:  none
 * Owns:    nothing          Errors: wrong members become problems of the answer
 * Threads: one thread       Source: docs/protocol.md "Administrators" (GET /v1/users)
 */
#ifndef ADMIN_USER_LIST_H
#define ADMIN_USER_LIST_H

#include "admin/listing.h"
#include "admin/user_filter.h"

/* All of the listing but query and most. filter: borrowed; NULL for users that nothing was asked
 * about. */
struct adm_listing adm_user_listing(const struct adm_user_filter *filter, bool json);

#endif
