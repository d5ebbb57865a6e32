/* privileges.h - stop being root.
 *
 * Effects: on the whole process, for good     Units:  none
 * Owns:    nothing                            Errors: ST_NOT_FOUND: no such user; ST_DENIED: not
 *                                                     all was given up, and the process must end
 * Threads: before the first thread starts     Source: credentials(7), prctl(2)
 */
#ifndef SERVER_PRIVILEGES_H
#define SERVER_PRIVILEGES_H

#include "base/err.h"

#include <stdbool.h>

bool srv_is_root(void);

/* New programs get no more rights than this one has, whatever their files say. */
enum status srv_privileges_fix(struct err *err) MUST_USE;

/* Become a user for good: groups, group, user; proves that there is no way back, and lets nobody
 * read this process's memory. */
enum status srv_privileges_drop(const char *user, struct err *err) MUST_USE;

/* The data directory of a server that runs as that user: made for it, or refused if it is somebody
 * else's. */
enum status srv_privileges_own(const char *user, const char *folder, struct err *err) MUST_USE;

/* A command that root runs on another one's data directory works as its owner, so that nothing in it
 * becomes root's, and nothing in it leads root anywhere. Not root, or none there: nothing happens. */
enum status srv_privileges_follow(const char *folder, struct err *err) MUST_USE;

#endif
