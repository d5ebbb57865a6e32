#include "tests/fakes/fake_outlook.h"

#include <string.h>

static enum status refresh(void *ctx, struct err *err)
{
    const struct fake_outlook *outlook = ctx;
    return outlook->unknown ? err_set(err, ST_DENIED, 5, "cannot list processes") : ST_OK;
}

static struct ag_outlook_view find(void *ctx, const char *sid)
{
    const struct fake_outlook *outlook = ctx;
    bool running = outlook->sid != NULL && strcmp(outlook->sid, sid) == 0;
    if (outlook->unknown) {
        return (struct ag_outlook_view){.known = false};
    }
    return (struct ag_outlook_view){
        .known = true, .running = running, .started_s = running ? outlook->started_s : 0};
}

struct ag_outlook fake_outlook_port(struct fake_outlook *outlook)
{
    return (struct ag_outlook){.ctx = outlook, .refresh = refresh, .find = find};
}
