/* test_store_sqlite.c - the SQLite store keeps the promises of every store. */
#include "tests/cmocka_all.h"

#include "server/store_sqlite.h"
#include "tests/unit/server/store_contract.h"

int main(void)
{
    return store_contract_run(srv_store_sqlite_open);
}
