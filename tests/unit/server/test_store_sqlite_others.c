/* test_store_sqlite_others.c - the other half of what every store promises, of the one in SQLite. */
#include "server/store_sqlite.h"
#include "tests/unit/server/store_contract.h"

int main(void)
{
    return store_contract_run_others(srv_store_sqlite_open);
}
