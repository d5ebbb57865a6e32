/* device_list.h - devices as rows of a table, and one device whole.
 *
 * Effects: none             Units:  none
 * Owns:    nothing          Errors: wrong members become problems of the answer; ST_TOO_LARGE,
 *                                   ST_NO_MEMORY
 * Threads: one thread       Source: docs/protocol.md "Administrators" (GET /v1/devices)
 */
#ifndef ADMIN_DEVICE_LIST_H
#define ADMIN_DEVICE_LIST_H

#include "admin/listing.h"

struct adm_device_filter {
    const char *host;
    const char *text;
    const char *stage;
    const char *version;
    const char *seen_before;
    const char *seen_after;
    bool stale;
    bool duplicate;
    bool failed;
    bool retired;
};

/* All of the listing but query and most. filter: borrowed. */
struct adm_listing adm_device_listing(const struct adm_device_filter *filter, bool json);

/* Append "host=PC-1&stale=1". */
enum status adm_device_query(const struct adm_device_filter *filter, struct bytes *out) MUST_USE;

/* Each thing that is known of it, a line each; then what its probes found. */
enum status adm_device_text(const struct pol_at *device, const struct adm_look *look,
                            struct bytes *out) MUST_USE;

#endif
