/* marker.h - remember in a user's own hive what was there before us and what we wrote.
 *
 * The marker roams, rolls back and dies with the profile, and its owner can write anything into it:
 * what is read is checked in full, and a forged one harms nobody but its owner.
 * Effects: none in here but marker_read, which reads through the port
 * Owns:    nothing                               Errors: those of the port; nonsense in the hive is
 *                                                        no error: that part counts as not there
 * Threads: one thread                            Units:  bytes
 * Source:  docs/policy-format.md "The marker"
 */
#ifndef AGENT_MARKER_H
#define AGENT_MARKER_H

#include "agent/ports.h"

/* One remembered state of the value. */
struct ag_marked {
    bool there;            /* false: the part is missing or nonsense */
    bool lost;             /* something was there, too large to keep */
    struct ag_value value; /* present may be false: the value was absent */
};

struct ag_marker {
    struct ag_marked pre_image;
    struct ag_marked written;
    struct ag_marked previous;
};

/* Encode a state: present (0, 1, or 2 for "lost"), type little-endian, data. value->size is at most
 * AG_PRE_IMAGE_BYTES; a larger or truncated one is encoded as lost. */
void ag_marker_encode(const struct ag_value *value, struct ag_value *out);

/* Hostile input; a part that is not exactly what encode() makes gives there = false. */
struct ag_marked ag_marker_decode(const struct ag_value *raw);

enum status ag_marker_read(const struct ag_setting *setting, struct ag_hive *hive,
                           struct ag_marker *out, struct err *err) MUST_USE;

/* Was a marker made for this user? */
bool ag_marker_is_there(const struct ag_marker *marker);

/* Is what is there now what we wrote last, or the one before? A kill between marker and value
 * leaves the latter. */
bool ag_marker_is_ours(const struct ag_marker *marker, const struct ag_value *now);

/* Same presence, type and bytes; what was cut is like nothing. */
bool ag_value_same(const struct ag_value *a, const struct ag_value *b);

#endif
