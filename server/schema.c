#include "server/schema.h"

#include "server/schema_sql.h"

#include <stddef.h>

static const char *const STEPS[SRV_SCHEMA_STEPS] = {
    SCHEMA_0001_INITIAL,      SCHEMA_0002_OBSERVED, SCHEMA_0003_GATES,   SCHEMA_0004_AUDIT,
    SCHEMA_0005_DOORS,        SCHEMA_0006_COUNTS,   SCHEMA_0007_HISTORY, SCHEMA_0008_LISTS,
    SCHEMA_0009_BEHIND_FLEET, SCHEMA_0010_SAID,     SCHEMA_0011_MACHINES};

const char *srv_schema_step(int step)
{
    return step >= 0 && step < SRV_SCHEMA_STEPS ? STEPS[step] : NULL;
}
