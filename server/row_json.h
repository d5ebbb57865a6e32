/* row_json.h - show a stored user and a stored device as JSON.
 *
 * Effects: none                    Units:  seconds since 1970 UTC
 * Owns:    nothing                 Errors: those of json_write.h
 * Threads: safe                    Source: docs/protocol.md "Lists"
 */
#ifndef SERVER_ROW_JSON_H
#define SERVER_ROW_JSON_H

#include "policy/json_write.h"
#include "server/store.h"

/* An object, as the element of a list. */
void srv_user_write(struct pol_json_writer *w, const struct srv_user_row *row);
/* The members of an object that is open. */
void srv_device_write(struct pol_json_writer *w, const struct srv_device_row *row,
                      int64_t silent_since_s);

#endif
