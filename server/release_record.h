/* release_record.h - remember what is released where neither a full disk nor a busy store is in the
 * way.
 *
 * A small file of two slots, made in full when the server starts; a release overwrites the older
 * slot in place, so that a power cut leaves at least the release before it.
 * Effects: reads and writes one file    Units:  none
 * Owns:    struct srv_record            Errors: ST_IO, ST_DENIED, ST_NO_SPACE (at its making only);
 *                                               after a failed write the old release still holds
 * Threads: one at a time                Source: docs/protocol.md "Limits at the door"
 */
#ifndef SERVER_RELEASE_RECORD_H
#define SERVER_RELEASE_RECORD_H

#include "server/store.h"

struct srv_record;

/* Open or make the record; *out_release is what it says (version 0: nothing released yet). */
enum status srv_record_open(const char *folder, struct srv_record **out,
                            struct srv_release *out_release, struct err *err) MUST_USE;
enum status srv_record_write(struct srv_record *record, const struct srv_release *release,
                             struct err *err) MUST_USE;
void srv_record_close(struct srv_record *record); /* NULL is fine */

/* A copy of one release in another folder, on another file system: for as long as the record itself
 * cannot be written. It belongs to this very record, by its inode, and to no later one of its name. */
enum status srv_record_spare_write(const struct srv_record *record, const char *folder,
                                   const struct srv_release *release, struct err *err) MUST_USE;
/* Version 0 if there is none that is whole. */
void srv_record_spare_read(const struct srv_record *record, const char *folder,
                           struct srv_release *out);
void srv_record_spare_remove(const struct srv_record *record, const char *folder);

#endif
