/* groups.h - remember in which groups each user's last token was.
 *
 * A token is to be had only while somebody is logged on; what it said is kept for afterwards and
 * over a restart, until the next one says something else. When there is no more room, those go whose
 * token was not seen for longest: a user without groups here is one whose groups are not known.
 * Effects: one file of the vault              Units:  bytes
 * Owns:    struct ag_groups;                  Errors: ST_NO_MEMORY and the vault's; a table that
 *          ag_groups_done() frees                     cannot be read is an empty one
 * Threads: one thread                         Source: docs/policy-format.md "Rings"
 */
#ifndef AGENT_GROUPS_H
#define AGENT_GROUPS_H

#include "agent/ports.h"

enum {
    AG_GROUPS_USERS = 4096,
    AG_GROUPS_EACH = 2048,             /* Windows itself ends at some 1,000 */
    AG_GROUPS_BYTES = 4 * 1024 * 1024, /* of the file, and of what is held */
};

/* The groups of one user: SIDs in order, each once. */
struct ag_kept_groups {
    char *sid;
    size_t count;
    char *text; /* the SIDs, a NUL behind each */
    size_t size;
    uint64_t seen; /* the higher the later */
};

struct ag_groups {
    struct ag_kept_groups *users; /* by SID */
    size_t count;
    size_t bytes;
    uint64_t seen;
    bool changed;
};

/* Whatever it returns, the table can be used. */
enum status ag_groups_load(struct ag_groups *groups, const struct ag_vault *vault,
                           struct err *err) MUST_USE;
/* Writes only if something differs from the file. */
enum status ag_groups_save(struct ag_groups *groups, const struct ag_vault *vault,
                           struct err *err) MUST_USE;
void ag_groups_done(struct ag_groups *groups);

/* What a token said. A user in more groups than there is room for is forgotten: part of a list would
 * be an untruth. The texts are copied; their order does not matter. */
enum status ag_groups_keep(struct ag_groups *groups, const char *sid, const char *const *list,
                           size_t count) MUST_USE;

/* NULL: not known. Valid until the table changes. */
const struct ag_kept_groups *ag_groups_find(const struct ag_groups *groups, const char *sid);

/* The next SID of a user's groups: NULL for the first, NULL after the last. */
const char *ag_groups_next(const struct ag_kept_groups *user, const char *before);

#endif
