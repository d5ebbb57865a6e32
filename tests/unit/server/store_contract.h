/* store_contract.h - what every store promises, as a list of tests.
 *
 * The tests know struct srv_store only. test_store_sqlite.c and test_store_sqlite_others.c give them a
 * store of its kind; another store brings mains of its own.
 * Effects: those of the store    Units:  none
 * Owns:    nothing               Errors: fail the test
 * Threads: one                   Source: docs/protocol.md "One server, many servers"
 */
#ifndef TESTS_UNIT_SERVER_STORE_CONTRACT_H
#define TESTS_UNIT_SERVER_STORE_CONTRACT_H

#include "server/store.h"

/* How a kind of store is opened; the folder is the test's own. */
typedef enum status (*store_opener)(const char *folder, struct srv_store *out, struct err *err);

/* Each runs its part, for which a program of its own has the time; the number of failures. The others
 * are the parts about reports, gates, the audit, who comes in, devices that are ahead; what is
 * forgotten and what has ended; counts, lists and samples. */
int store_contract_run(store_opener open_store);
int store_contract_run_others(store_opener open_store);
int store_contract_run_counts(store_opener open_store);
int store_contract_reports(void);
int store_contract_gates(void);
int store_contract_audit(void);
int store_contract_doors(void);
int store_contract_counts(void);
int store_contract_history(void);
int store_contract_behind(void);
int store_contract_lists(void);
int store_contract_samples(void);
int store_contract_ended(void);

#endif
