/* What is known of users: files of groups and names. What is read is written again, and then the same. */
#include "tests/fuzz/fuzzing.h"

#include "agent/groups.h"
#include "agent/names.h"
#include "tests/fuzz/one_file.h"

#include <string.h>

static bool is_whole_or_forgotten(enum status st, size_t count)
{
    HOLDS(st == ST_OK || st == ST_IO || st == ST_TOO_LARGE);
    HOLDS(st == ST_OK || count == 0);
    return st == ST_OK;
}

static void check_groups(const struct ag_groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        const struct ag_kept_groups *user = &groups->users[i];
        size_t count = 0;
        HOLDS(ag_groups_find(groups, user->sid) == user);
        for (const char *g = ag_groups_next(user, NULL); g != NULL; g = ag_groups_next(user, g)) {
            HOLDS(strncmp(g, "S-1-", 4) == 0);
            count++;
        }
        HOLDS(count == user->count && count <= AG_GROUPS_EACH);
    }
}

static void read_groups(void)
{
    struct ag_groups groups;
    struct ag_groups again;
    if (is_whole_or_forgotten(ag_groups_load(&groups, &ONE_FILE_VAULT, NULL), groups.count)) {
        check_groups(&groups);
        groups.changed = true;
        HOLDS(ag_groups_save(&groups, &ONE_FILE_VAULT, NULL) == ST_OK);
        HOLDS(ag_groups_load(&again, &ONE_FILE_VAULT, NULL) == ST_OK);
        HOLDS(again.count == groups.count && again.bytes == groups.bytes);
        check_groups(&again);
        ag_groups_done(&again);
    }
    ag_groups_done(&groups);
}

static void read_names(void)
{
    struct ag_names names;
    struct ag_names again;
    if (is_whole_or_forgotten(ag_names_load(&names, &ONE_FILE_VAULT, 0, NULL), names.count)) {
        const char *keys[AG_NAMES_BATCH];
        names.changed = true;
        HOLDS(ag_names_save(&names, &ONE_FILE_VAULT, NULL) == ST_OK);
        HOLDS(ag_names_load(&again, &ONE_FILE_VAULT, 0, NULL) == ST_OK);
        HOLDS(again.count == names.count);
        size_t count = ag_names_due(&names, UINT64_MAX, keys);
        for (size_t i = 0; i < count; i++) {
            const char *name = ag_names_find(&again, keys[i]);
            HOLDS(name != NULL && fuzz_is_utf8(name) && strpbrk(name, "\r\n\x7f") == NULL);
            HOLDS(strcmp(name, ag_names_find(&names, keys[i])) == 0);
        }
        ag_names_done(&again);
    }
    ag_names_done(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    one_file_put(data, size);
    read_groups();
    one_file_put(data, size);
    read_names();
    one_file_drop();
    return 0;
}
