/* one_look.h - one user whose Outlook is looked at, and what is made of it, for tests of the classifier.
 *
 * Each test program has its own: these are definitions.
 */
#ifndef TESTS_UNIT_AGENT_ONE_LOOK_H
#define TESTS_UNIT_AGENT_ONE_LOOK_H

#include "tests/cmocka_all.h"

#include "agent/outlook_classify.h"

#include <string.h>

#define BIT(which) (1U << AG_PROFILE_##which)

enum { NOW_S = 1795000000, DAY_S = 86400, WRITTEN_S = NOW_S - 3 * DAY_S };

static struct ag_sight sight;
static struct ag_client client;
static struct ag_classify_question question;
static struct ag_classified out;

/* A user who is allowed, whose Outlook was started once since and does as it should. */
static inline int set_up(void **state)
{
    (void)state;
    sight = (struct ag_sight){.at_s = NOW_S};
    sight.profiles = (struct ag_profiles){
        .list = {{.layout = AG_LAYOUT_16, .seen = BIT(MAIL_INTERNAL), .on_premises = true}},
        .count = 1};
    client = (struct ag_client){.known = true, .version = "16.0.17328.20162"};
    question = (struct ag_classify_question){.sight = &sight,
                                             .client = &client,
                                             .minimum = POL_YES,
                                             .set = POL_SET_ALLOW,
                                             .expect = POL_EXPECT_MAPI_HTTP,
                                             .written_at_s = WRITTEN_S,
                                             .processes_known = true,
                                             .running = true,
                                             .started_s = NOW_S - 60,
                                             .starts = 1,
                                             .now_s = NOW_S};
    return 0;
}

static inline void profile_says(uint32_t seen)
{
    sight.profiles.list[0].seen = seen;
    sight.profiles.list[0].on_premises = true;
}

static inline struct ag_autodiscover *offer(int64_t modified_s)
{
    struct ag_autodiscover_file *file = &sight.files.list[sight.files.count++];
    *file = (struct ag_autodiscover_file){.modified_s = modified_s};
    file->answer.on_premises = true;
    return &file->answer;
}

static inline void offer_mapi(void)
{
    offer(NOW_S - 1)->mapi_http = true;
}

static inline void offer_rpc(void)
{
    struct ag_autodiscover *answer = offer(NOW_S - 1);
    answer->exch = true;
    answer->expr = true;
}

static inline void classify(void)
{
    memset(&out, 0xff, sizeof out);
    ag_classify(&question, &out);
}

static inline bool says(const char *text)
{
    for (size_t i = 0; i < out.evidence.count; i++) {
        if (strcmp(out.evidence.items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

#endif
