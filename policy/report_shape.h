/* report_shape.h - hold the parts of a report that are not kept against their documented shape.
 *
 * A report is strict in full, also where nobody reads the values yet.
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: go to the cursor's problems
 * Threads: safe       Source: docs/protocol.md "The report"
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

/* An optional list of texts. */
void pol_shape_texts(const struct pol_at *at, const char *key);

/* `outlook` and `preflight` of the report. */
void pol_shape_outlook(const struct pol_at *report);
void pol_shape_preflight(const struct pol_at *report);

#endif
