/* setting_contract.h - what every struct ag_setting must keep to, whatever stands behind it.
 *
 * Fill struct setting_subject and return setting_contract_run() from main(): test_setting.c does so
 * for the fake, test_setting_win.c for the registry. Each test opens the user's hive afresh; `reset`
 * removes value and marker before each.
 */
#ifndef TESTS_CONTRACT_SETTING_CONTRACT_H
#define TESTS_CONTRACT_SETTING_CONTRACT_H

#include "agent/ports.h"

struct setting_subject {
    struct ag_setting setting;
    const char *sid;         /* of a user whose hive is loaded */
    const char *missing_sid; /* well formed, and nobody has it */
    void *ctx;
    void (*reset)(void *ctx); /* no value, no marker; the keys may stay or go */
};

/* Runs the suite under that name; the number of failed tests. */
int setting_contract_run(const char *name, const struct setting_subject *subject);

#endif
