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
