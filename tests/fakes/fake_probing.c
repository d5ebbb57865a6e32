#include "tests/fakes/fake_probing.h"

#include <stdio.h>
#include <string.h>

static enum status start(void *ctx, const char *const *urls, size_t count, struct err *err)
{
    struct fake_probing *probing = ctx;
    if (probing->refuses != ST_OK) {
        return err_set(err, probing->refuses, 0, "cannot begin to probe");
    }
    if (probing->running) {
        return err_set(err, ST_BUSY, 0, "still probing");
    }
    probing->count = count;
    for (size_t i = 0; i < count; i++) {
        probing->asked[i] = (struct ag_probed){.url = ""};
        (void)snprintf(probing->asked[i].url, sizeof probing->asked[i].url, "%s", urls[i]);
    }
    probing->starts++;
    probing->running = true;
    probing->done = false;
    return ST_OK;
}

static bool take(void *ctx, struct ag_probed *out, size_t most, size_t *out_count)
{
    struct fake_probing *probing = ctx;
    if (!probing->running || !probing->done) {
        return false;
    }
    *out_count = probing->count < most ? probing->count : most;
    memcpy(out, probing->asked, *out_count * sizeof *out);
    probing->running = false;
    return true;
}

static bool off_network(void *ctx)
{
    const struct fake_probing *probing = ctx;
    return probing->off_network;
}

struct ag_probing fake_probing_port(struct fake_probing *probing)
{
    return (struct ag_probing){
        .ctx = probing, .start = start, .take = take, .off_network = off_network};
}

void fake_probing_answer(struct fake_probing *probing, enum pol_verdict verdict)
{
    for (size_t i = 0; i < probing->count; i++) {
        probing->asked[i].result = (struct ag_probe_result){
            .verdict = verdict,
            .http = verdict == POL_VERDICT_UNREACHABLE ? 0 : 401,
            .schemes = verdict == POL_VERDICT_READY ? AG_SCHEME_BIT(AG_SCHEME_NEGOTIATE) : 0,
        };
    }
    probing->done = true;
}

void fake_probing_answer_but(struct fake_probing *probing, const char *url,
                             const struct ag_probe_result *result)
{
    fake_probing_answer(probing, POL_VERDICT_READY);
    for (size_t i = 0; i < probing->count; i++) {
        if (strcmp(probing->asked[i].url, url) == 0) {
            probing->asked[i].result = *result;
        }
    }
}
