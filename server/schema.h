/* schema.h - the steps from an empty store to today's shape.
 *
 * The steps are the files of server/schema, in order; one that was ever released never changes.
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: docs/architecture.md "Layout"
 */
#ifndef SERVER_SCHEMA_H
#define SERVER_SCHEMA_H

/* Behind step SRV_SCHEMA_CHAIN the store chains the audit rows of the steps before it; behind
 * SRV_SCHEMA_COUNTS it counts the rows there are. Files with fewer steps than SRV_SCHEMA_SHRINKING
 * never shrink by themselves. */
enum {
    SRV_SCHEMA_STEPS = 11,
    SRV_SCHEMA_CHAIN = 3,
    SRV_SCHEMA_COUNTS = 5,
    SRV_SCHEMA_SHRINKING = 7
};

/* SQL of one step; 0 is the first. */
const char *srv_schema_step(int step);

#endif
