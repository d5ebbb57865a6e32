/* report_shape.h - read the shapes that come again and again in a report.
 *
 * Effects: none                            Units:  none
 * Owns:    nothing                         Errors: go to the cursor's problems
 * Threads: safe                            Source: docs/protocol.md "The report"
 */
#ifndef POLICY_REPORT_SHAPE_H
#define POLICY_REPORT_SHAPE_H

#include "policy/json_read.h"
#include "policy/words.h"

/* Cursor to a member that is an object of these members; false if it is absent, null or wrong. */
bool pol_shape_object(const struct pol_at *at, const char *key, enum pol_need need,
                      const char *const *members, size_t member_count, struct pol_at *out);

/* Cursor to an optional array of at most `most` elements; false if it is absent, null or wrong. */
bool pol_shape_list(const struct pol_at *at, const char *key, size_t most, struct pol_at *out,
                    size_t *out_count);

/* Is text a SID as Windows prints it: "S-1-", then numbers with one dash between? */
bool pol_shape_is_sid(const char *text);

/* An optional boolean. */
enum pol_answer pol_shape_answer(const struct pol_at *at, const char *key);

/* A number of 32 bits; *out keeps its value where there is none. */
void pol_shape_count(const struct pol_at *at, const char *key, enum pol_need need, uint32_t *out);

/* Room for all the lists of texts of one report; the texts themselves live in the document. */
struct pol_shape_room {
    const char **texts;
    size_t count;
};

/* An optional list of texts. *out stays NULL where it is null: not known is not the same as empty. */
void pol_shape_texts(const struct pol_at *at, const char *key, struct pol_shape_room *room,
                     const char *const **out, size_t *out_count);

#endif
