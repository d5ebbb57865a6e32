/* fake_hives.h - users and their hives in memory: counts what is written, and dies on demand. */
#ifndef TESTS_FAKES_FAKE_HIVES_H
#define TESTS_FAKES_FAKE_HIVES_H

#include "agent/ports.h"

enum { FAKE_HIVES_MOST = 300 };

struct ag_hive {
    char sid[64];
    const char *account;
    const char *const *groups; /* NULL: not known */
    size_t group_count;
    bool loaded;
    struct ag_value value;
    struct ag_value marker[AG_MARKER_PARTS];
    bool marker_dirty; /* written and not flushed */
    unsigned opened;   /* open handles */
    bool broken;       /* every read and write fails */
};

struct fake_hives {
    struct ag_hive hives[FAKE_HIVES_MOST];
    size_t count;
    unsigned value_writes;
    unsigned marker_writes;
    unsigned flushes;
    unsigned rash_writes; /* values written while the marker was not flushed: must stay 0 */
    unsigned calls;
    unsigned dies_after; /* so many calls succeed, then nothing does any more; 0: lives for ever */
};

void fake_hives_init(struct fake_hives *hives);
/* A user with a loaded hive, without value and marker. */
struct ag_hive *fake_hives_add(struct fake_hives *hives, const char *sid);
void fake_hives_set_dword(struct ag_hive *hive, uint32_t dword);
bool fake_hives_has_dword(const struct ag_hive *hive, uint32_t dword);
bool fake_hives_has_marker(const struct ag_hive *hive);

struct ag_users fake_hives_users(struct fake_hives *hives);
struct ag_setting fake_hives_setting(struct fake_hives *hives);

#endif
