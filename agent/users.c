#include "agent/users.h"

#include <stdlib.h>

void ag_users_free(struct ag_user *users, size_t count)
{
    for (size_t i = 0; users != NULL && i < count; i++) {
        for (size_t k = 0; users[i].groups != NULL && k < users[i].group_count; k++) {
            free(users[i].groups[k]);
        }
        free(users[i].groups);
        free(users[i].account);
        free(users[i].sid);
    }
    free(users);
}

struct pol_facts ag_user_facts(const struct ag_user *user, const struct ag_host *host,
                               char *const *tags, size_t tag_count)
{
    return (struct pol_facts){
        .sid = user->sid,
        .account = user->account,
        .groups = (const char *const *)user->groups,
        .group_count = user->group_count,
        .host = host->name,
        .tags = (const char *const *)tags,
        .tag_count = tag_count,
        .mailbox = POL_MAILBOX_UNKNOWN,
    };
}
