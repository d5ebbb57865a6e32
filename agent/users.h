/* users.h - put the list of users together, and say what is known of each.
 *
 * Effects: marks in the table of names what is wanted    Units:  none
 * Owns:    lists; ag_users_free(), ag_sid_list_done()    Errors: ST_NO_MEMORY
 * Threads: one thread for each table                     Source: agent/ports.h
 */
#ifndef AGENT_USERS_H
#define AGENT_USERS_H

#include "agent/groups.h"
#include "agent/names.h"
#include "agent/ports.h"
#include "policy/match.h"

enum { AG_USERS_MOST = 4096 }; /* what is beyond that is not looked at */

/* users may be NULL. */
void ag_users_free(struct ag_user *users, size_t count);

struct ag_sid_list {
    char **sids;
    size_t count;
};

/* Takes the text over if it returns ST_OK; beyond AG_USERS_MOST it frees it. */
enum status ag_sid_list_take(struct ag_sid_list *list, char *sid) MUST_USE;
void ag_sid_list_done(struct ag_sid_list *list);

/* What is known of accounts and groups. */
struct ag_known {
    struct ag_groups *groups;
    struct ag_names *names;
};

/* Those with a loaded hive first, then those who only have a profile, each user once and in the order
 * of SIDs; with names and groups as far as they are known. Sorts both lists. What has no name yet
 * is wanted in the table of names from then on. */
enum status ag_users_compose(struct ag_sid_list *loaded, struct ag_sid_list *profiles,
                             const struct ag_known *known, struct ag_user **out, size_t *out_count,
                             struct err *err) MUST_USE;

/* What was seen of Outlook and of the servers; changes while the agent runs. */
struct ag_seen {
    const char *outlook; /* version; "": none is installed; NULL: not known */
    enum pol_mailbox mailbox;
    enum pol_answer preflight_allow;
    enum pol_answer preflight_block;
};

/* What this agent knows about a user, for pol_prepare(); it borrows from all. Rules that ask for
 * what is not known leave the user alone. */
struct pol_facts ag_user_facts(const struct ag_user *user, const struct ag_host *host,
                               char *const *tags, size_t tag_count, const struct ag_seen *seen);

#endif
