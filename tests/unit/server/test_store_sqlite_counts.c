/* test_store_sqlite_counts.c - counters, lists and samples as every store promises them, of the one in SQLite. */
#include "server/store_sqlite.h"
#include "tests/unit/server/store_contract.h"

int main(void)
{
    return store_contract_run_counts(srv_store_sqlite_open);
}
