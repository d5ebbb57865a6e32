#include "tests/sim/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char TIMING[] = "{\"poll_s\":900,\"wait_s\":240,\"spread_s\":10,\"report_s\":86400}";

_Static_assert(SIM_POLL_S == 900 && SIM_WAIT_S == 240 && SIM_SPREAD_S == 10 &&
                   SIM_REPORT_S == 86400,
               "the paper computes with the plan's timing");

static const char STAGES[] =
    "[{\"name\":\"observe\",\"rules\":[],\"otherwise\":\"leave\",\"expect\":\"any\"},"
    "{\"name\":\"hold-back\",\"rules\":[{\"ring\":\"exceptions\",\"set\":\"leave\"}],"
    "\"otherwise\":\"block\",\"expect\":\"any\"},"
    "{\"name\":\"pilot\",\"rules\":[{\"ring\":\"exceptions\",\"set\":\"leave\"},"
    "{\"ring\":\"pilot\",\"set\":\"allow\"}],\"otherwise\":\"block\"},"
    "{\"name\":\"quarter\",\"rules\":[{\"ring\":\"exceptions\",\"set\":\"leave\"},"
    "{\"ring\":\"pilot\",\"set\":\"allow\"},{\"ring\":\"quarter\",\"set\":\"allow\"}],"
    "\"otherwise\":\"block\"},"
    "{\"name\":\"everyone\",\"rules\":[{\"ring\":\"exceptions\",\"set\":\"leave\"}],"
    "\"otherwise\":\"allow\","
    "\"apply\":{\"when\":\"outlook_closed\",\"deadline_s\":14400,\"spread_s\":1800}},"
    "{\"name\":\"finish\",\"rules\":[],\"otherwise\":\"release\"}]";

static const struct {
    uint32_t serial;
    unsigned position; /* version = serial * 1000 + position; 999 is the safe policy's */
    const char *stage;
} SIGNED[SIM_RELEASES] = {
    {7, 1, "observe"},  {7, 2, "hold-back"}, {7, 3, "pilot"},    {7, 4, "quarter"},
    {7, 5, "everyone"}, {7, 999, "safe"},    {8, 5, "everyone"}, {8, 6, "finish"},
};

static void append(struct bytes *text, const char *words)
{
    if (bytes_append_text(text, words) != ST_OK) {
        abort();
    }
}

/* Exceptions by SID, the pilot by host, a quarter by chance. */
static struct bytes write_rings(const struct sim_fleet *fleet)
{
    struct bytes text = bytes_with_limit(LIMIT_PLAN_BYTES);
    const char *comma = "\"";
    append(&text, "{\"exceptions\":{\"user\":[");
    for (size_t i = 0; i < fleet->count; i++) {
        const struct sim_hives *hives = &fleet->machines[i].hives;
        for (size_t u = 0; u < hives->count; u++) {
            if (hives->users[u].traits.exception) {
                append(&text, comma);
                append(&text, hives->users[u].sid);
                append(&text, "\"");
                comma = ",\"";
            }
        }
    }
    append(&text, "]},\"pilot\":{\"host\":[\"PC-0000*\"]},"
                  "\"quarter\":{\"percent\":25,\"of\":\"user\",\"salt\":\"fleet\"}}");
    return text;
}

void sim_plan_sign(struct sim_fleet *fleet)
{
    struct bytes rings = write_rings(fleet);
    for (size_t i = 0; i < SIM_RELEASES; i++) {
        struct fake_plan plan = {.rollout = "mapihttp",
                                 .serial = SIGNED[i].serial,
                                 .issued_at = "2026-11-17T12:00:00Z",
                                 .expires_at = "2027-02-20T10:00:00Z",
                                 .timing = TIMING,
                                 .rings = bytes_text(&rings),
                                 .stages = STAGES};
        struct sim_release *release = &fleet->releases[i];
        release->version = (int64_t)SIGNED[i].serial * 1000 + SIGNED[i].position;
        release->stage = SIGNED[i].stage;
        release->envelope = fake_signer_envelope(&fleet->signer, &plan, SIGNED[i].stage);
        (void)snprintf(release->etag, sizeof release->etag, "\"%" PRId64 "-0123456789abcdef\"",
                       release->version);
    }
    bytes_free(&rings);
}

void sim_plan_done(struct sim_fleet *fleet)
{
    for (size_t i = 0; i < SIM_RELEASES; i++) {
        bytes_free(&fleet->releases[i].envelope);
    }
}
