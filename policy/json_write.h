/* json_write.h - append JSON to a buffer, commas and escapes included.
 *
 * The first failure sticks: later calls do nothing, and pol_json_write_end() tells it, so that the
 * middle of a document needs no checks.
 * Effects: none                                      Units:  bytes
 * Owns:    nothing; the buffer is the caller's       Errors: ST_TOO_LARGE, ST_NO_MEMORY; ST_BUG if
 *                                                            brackets do not match
 * Threads: one thread                                Source: RFC 8259
 */
#ifndef POLICY_JSON_WRITE_H
#define POLICY_JSON_WRITE_H

#include "base/bytes.h"

struct pol_json_writer {
    struct bytes *out;
    enum status st;
    unsigned depth;
    bool comma; /* the next value needs one before it */
};

struct pol_json_writer pol_json_write_start(struct bytes *out);
enum status pol_json_write_end(const struct pol_json_writer *w) MUST_USE;

/* key is NULL for elements of an array and for the document itself. */
void pol_json_object(struct pol_json_writer *w, const char *key);
void pol_json_array(struct pol_json_writer *w, const char *key);
void pol_json_close_object(struct pol_json_writer *w);
void pol_json_close_array(struct pol_json_writer *w);
void pol_json_text(struct pol_json_writer *w, const char *key, const char *value); /* NULL: null */
void pol_json_integer(struct pol_json_writer *w, const char *key, int64_t value);
void pol_json_boolean(struct pol_json_writer *w, const char *key, bool value);
void pol_json_null(struct pol_json_writer *w, const char *key);
/* RFC 3339; a negative time is null. */
void pol_json_time(struct pol_json_writer *w, const char *key, int64_t wall_s);
/* A finished JSON value. */
void pol_json_raw(struct pol_json_writer *w, const char *key, struct span json);

#endif
