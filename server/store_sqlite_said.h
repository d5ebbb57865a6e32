/* store_sqlite_said.h - one number for all that a report says of a machine, or of one of its users.
 *
 * Rows keep the number of what was written last: a report that says the same again need not be compared
 * column by column. Two that differ may have the same number once in 2^64 times, or if a machine wants its
 * own rows to be stale.
 * Effects: none       Units:  none
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: docs/architecture.md "Layout"
 */
#ifndef SERVER_STORE_SQLITE_SAID_H
#define SERVER_STORE_SQLITE_SAID_H

#include "policy/report.h"

int64_t sqlite_said_of_machine(const struct pol_report *r);
int64_t sqlite_said_of_user(const struct pol_report *r, const struct pol_report_user *u);

#endif
