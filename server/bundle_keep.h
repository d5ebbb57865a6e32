/* bundle_keep.h - a copy of the stored bundles beside the store, for the day on which the store is lost.
 *
 * Nothing here is believed: whoever reads a copy verifies it against trust, as an upload, and takes it
 * only where the store has nothing of that serial.
 * Effects: reads, writes and removes files bundle-SERIAL.json of the data directory
 * Units:   none                                   Owns:    said at each function
 * Errors:  those of base/file.h; what cannot be   Threads: one at a time
 *          written is told in the log             Source:  docs/protocol.md "Administrators"
 */
#ifndef SERVER_BUNDLE_KEEP_H
#define SERVER_BUNDLE_KEEP_H

#include "base/bytes.h"
#include "base/err.h"

/* The released bundle, the newest one, and what a kill left of those before. */
enum { SRV_BUNDLE_COPIES_MAX = 8 };

struct srv_bundle_copies {
    uint32_t serials[SRV_BUNDLE_COPIES_MAX]; /* rising; the highest ones */
    size_t count;
};

/* The store has this bundle; the same bytes again need no disk. */
void srv_bundle_copy(const char *folder, uint32_t serial, struct span raw);
/* The store has dropped those of lower serials. */
void srv_bundle_copies_drop(const char *folder, uint32_t keep_from);

void srv_bundle_copies_list(const char *folder, struct srv_bundle_copies *out);
/* bytes_free() frees *out. */
enum status srv_bundle_copy_read(const char *folder, uint32_t serial, struct bytes *out,
                                 struct err *err) MUST_USE;

#endif
