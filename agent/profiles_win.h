/* profiles_win.h - read a user's MAPI profiles out of his hive, or see cheaply that none changed.
 *
 * registry -> [profile values] -> classify
 *
 * With the service's own rights, through the door of registry_win.h. The key of a profile's accounts,
 * which holds passwords, is never opened, and only the values that AG_PROFILE_VALUE_NAMES names are
 * read. A key that goes while it is looked at is no failure; what denies or breaks is told in what
 * was found.
 * Effects: reads below HKEY_USERS\<SID>    Units:  ms
 * Owns:    nothing                         Errors: ST_NOT_FOUND: no such hive (any more); ST_DENIED,
 *                                                  ST_IO: nothing of it can be read
 * Threads: safe                            Source: docs/outlook.md "Profiles"
 */
#ifndef AGENT_PROFILES_WIN_H
#define AGENT_PROFILES_WIN_H

#include "agent/outlook_profile.h"
#include "base/err.h"

enum {
    /* So often all is read, whatever the times of the keys say: a user may set those. */
    AG_PROFILES_REREAD_MS = 10 * 60 * 1000,
};

/* What the last look at a user left behind; zeroed: there was none. */
struct ag_profiles_mark {
    uint64_t print; /* of the names and times of all keys; 0: too new to be relied upon */
    uint64_t read_ms;
};

struct ag_profiles_time {
    int64_t wall_ms; /* since 1970 UTC */
    uint64_t monotonic_ms;
};

struct ag_profiles_found {
    struct ag_profiles profiles;
    bool policy_value; /* Software\Policies\Microsoft\Exchange has MapiHttpDisabled */
};

/* *changed false: everything is as the mark says, and out is left as it is. */
enum status ag_profiles_win_look(const char *sid, const struct ag_profiles_time *now,
                                 struct ag_profiles_mark *mark, bool *changed,
                                 struct ag_profiles_found *out, struct err *err) MUST_USE;

#endif
