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

static void want(void *ctx, const struct ag_user *users, size_t count)
{
    (void)ctx;
    (void)users;
    (void)count;
}

static bool find_sight(void *ctx, const char *sid, struct ag_sight *out)
{
    (void)ctx;
    (void)sid;
    (void)out;
    return false;
}

static bool find_client(void *ctx, struct ag_client *out)
{
    (void)ctx;
    (void)out;
    return false;
}

struct ag_sights ag_sights_none(void)
{
    return (struct ag_sights){
        .want = want, .find = find_sight, .client = find_client, .never = true};
}
