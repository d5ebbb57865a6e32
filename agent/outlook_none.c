#include "agent/outlook_none.h"

#include <stddef.h>

static enum status refresh(void *ctx, struct err *err)
{
    (void)ctx;
    (void)err;
    return ST_OK;
}

static struct ag_outlook_view find(void *ctx, const char *sid)
{
    (void)ctx;
    (void)sid;
    return (struct ag_outlook_view){.known = false};
}

struct ag_outlook ag_outlook_none(void)
{
    return (struct ag_outlook){.ctx = NULL, .refresh = refresh, .find = find};
}
