/* test_setting.c - the contract of struct ag_setting, kept by the fake: what the units of the agent
 * stand on is worth something only if it behaves like the registry. */
#include "tests/contract/setting_contract.h"

#include "tests/fakes/fake_hives.h"

#include <string.h>

static struct fake_hives hives;

static void reset(void *ctx)
{
    struct ag_hive *hive = ctx;
    memset(hive->marker, 0, sizeof hive->marker);
    hive->value = (struct ag_value){.present = false};
}

int main(void)
{
    fake_hives_init(&hives);
    const struct setting_subject subject = {
        .setting = fake_hives_setting(&hives),
        .sid = "S-1-5-21-1-2-3-1001",
        .missing_sid = "S-1-5-21-1-2-3-4004",
        .ctx = fake_hives_add(&hives, "S-1-5-21-1-2-3-1001"),
        .reset = reset,
    };
    return setting_contract_run("setting (fake)", &subject);
}
