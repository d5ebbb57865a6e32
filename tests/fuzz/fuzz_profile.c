/* Profile: the values of a user's profiles as he may leave them, judged and classified.
 *
 * Input: a head of six bytes (version, set and expect, flags, starts, offer, of which Outlook), then heads of
 * four bytes each: 0x80 and more begins a profile (layout, default, cut short); else a value (which, type,
 * size low, size high) with as many bytes. */
#include "tests/fuzz/fuzzing.h"

#include "agent/outlook_classify.h"
#include "policy/user_state.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_BYTES = 6, VALUE_HEAD_BYTES = 4, NOW_S = 1795000000, WRITTEN_S = NOW_S - 90000 };
enum { FLAG_LIST_CUT = 1, FLAG_UNREADABLE = 2, FLAG_TIMED_OUT = 4, FLAG_RUNNING = 8 };
enum { FLAG_KNOWN = 16, FLAG_POLICY = 32, FLAG_WRITTEN = 64, FLAG_LONG = 128 };
enum { OFFER_MAPI = 1, OFFER_EXCH = 2, OFFER_EXPR = 4, OFFER_ONLINE = 8, OFFER_PREMISES = 16 };

/* ---- the input ---------------------------------------------------------------------------- */

static void begin_profile(uint8_t what, struct ag_profiles *out)
{
    if (out->count == AG_PROFILES_MOST) {
        out->cut_short = true;
        return;
    }
    out->list[out->count++] = (struct ag_profile){.layout = (enum ag_layout)((what & 3) % 3),
                                                  .is_default = (what & 4) != 0,
                                                  .cut_short = (what & 8) != 0};
}

static bool at_most_added(const struct ag_profile *before, const struct ag_profile *after)
{
    return (before->seen & ~after->seen) == 0 && (before->damaged & ~after->damaged) == 0 &&
           before->rpc_on <= after->rpc_on && before->rpc_tcp <= after->rpc_tcp &&
           before->rpc_http <= after->rpc_http && before->online <= after->online &&
           before->on_premises <= after->on_premises && before->last_online <= after->last_online &&
           before->last_premises <= after->last_premises;
}

/* A value is good, damaged or none; what is not good says nothing else. */
static void take(struct ag_profile *profile, const uint8_t *head, struct span data)
{
    struct ag_profile before = *profile;
    struct ag_profile alone = {.layout = profile->layout};
    enum ag_profile_value which = (enum ag_profile_value)(head[0] % AG_PROFILE_VALUE_COUNT);
    uint8_t *copy = malloc(data.size > 0 ? data.size : 1);
    HOLDS(copy != NULL);
    if (data.size > 0) {
        memcpy(copy, data.data, data.size);
    }
    struct span own = {.data = copy, .size = data.size};
    ag_profile_take(&alone, which, head[1], own);
    ag_profile_take(profile, which, head[1], own);
    free(copy);
    HOLDS(((alone.seen | alone.damaged) & ~(UINT32_C(1) << which)) == 0);
    HOLDS((alone.seen & alone.damaged) == 0);
    HOLDS(alone.seen != 0 || !(alone.rpc_on || alone.rpc_tcp || alone.rpc_http || alone.online ||
                               alone.on_premises || alone.last_online || alone.last_premises));
    HOLDS(at_most_added(&before, profile));
}

static void read_profiles(struct span rest, struct ag_profiles *out)
{
    while (rest.size >= VALUE_HEAD_BYTES) {
        const uint8_t *head = rest.data;
        size_t size = (size_t)head[2] | (size_t)head[3] << 8;
        rest.data += VALUE_HEAD_BYTES;
        rest.size -= VALUE_HEAD_BYTES;
        if (head[0] >= 0x80) {
            begin_profile(head[0], out);
            continue;
        }
        size = size < rest.size ? size : rest.size;
        if (out->count > 0) {
            take(&out->list[out->count - 1], head, (struct span){rest.data, size});
        }
        rest.data += size;
        rest.size -= size;
    }
}

static void read_offer(uint8_t offer, struct ag_autodiscover_files *out)
{
    if (offer != 0) {
        out->list[0].modified_s = (offer & 128) != 0 ? WRITTEN_S : NOW_S;
        out->list[0].answer =
            (struct ag_autodiscover){.mapi_http = (offer & OFFER_MAPI) != 0,
                                     .exch = (offer & OFFER_EXCH) != 0,
                                     .expr = (offer & OFFER_EXPR) != 0,
                                     .online = (offer & OFFER_ONLINE) != 0,
                                     .on_premises = (offer & OFFER_PREMISES) != 0};
        out->count = 1;
    }
}

/* ---- what must hold of profiles ------------------------------------------------------------ */

static const uint32_t MAIL =
    1U << AG_PROFILE_MAIL_INTERNAL | 1U << AG_PROFILE_MAIL_EXTERNAL | 1U << AG_PROFILE_STORE;
static const uint32_t PROXY = 1U << AG_PROFILE_RPC_PROXY;

/* All profiles together, whichever of them count. */
static struct ag_profile union_of(const struct ag_profiles *profiles)
{
    struct ag_profile all = {.seen = 0};
    for (size_t i = 0; i < profiles->count; i++) {
        const struct ag_profile *p = &profiles->list[i];
        all.seen |= p->seen;
        all.rpc_tcp = all.rpc_tcp || p->rpc_tcp;
        all.online = all.online || p->online || p->last_online;
        all.on_premises = all.on_premises || p->on_premises || p->last_premises;
    }
    return all;
}

static struct ag_configured judged(const struct ag_profiles *profiles, uint64_t version)
{
    struct ag_configured out;
    struct ag_evidence evidence = {.count = 0};
    ag_profiles_judge(profiles, version, &out, &evidence);
    return out;
}

/* Nothing is claimed that no value says. */
static void check_claims(const struct ag_profiles *profiles, struct ag_configured is)
{
    struct ag_profile all = union_of(profiles);
    bool mapi = (all.seen & MAIL) != 0;
    bool rpc = (all.seen & PROXY) != 0;
    HOLDS(is.observed != POL_OBSERVED_MAPI_HTTP || mapi);
    HOLDS(is.observed != POL_OBSERVED_RPC_HTTP || rpc);
    HOLDS(is.observed != POL_OBSERVED_RPC_TCP || all.rpc_tcp);
    HOLDS(is.observed != POL_OBSERVED_MIXED || mapi + rpc + all.rpc_tcp >= 2);
    HOLDS(is.mailbox != POL_MAILBOX_EXCHANGE_ONLINE || all.online);
    HOLDS(is.mailbox != POL_MAILBOX_ON_PREMISES || all.on_premises);
    HOLDS(is.mailbox != POL_MAILBOX_MIXED || (all.online && all.on_premises));
}

/* Damage takes claims away and makes none. */
static void check_damage(const struct ag_profiles *profiles, uint64_t version,
                         struct ag_configured is)
{
    struct ag_profiles worse = *profiles;
    for (size_t i = 0; i < worse.count; i++) {
        struct ag_profile *p = &worse.list[i];
        p->damaged |= p->seen != 0 || p->damaged != 0 ? (1U << AG_PROFILE_VALUE_COUNT) - 1 : 0;
    }
    struct ag_configured now = judged(&worse, version);
    HOLDS(now.observed == is.observed || now.observed == POL_OBSERVED_UNKNOWN);
    HOLDS(now.mailbox == is.mailbox || now.mailbox == POL_MAILBOX_UNKNOWN);
    worse = *profiles;
    worse.cut_short = true;
    now = judged(&worse, version);
    HOLDS(now.observed == is.observed || now.observed == POL_OBSERVED_UNKNOWN);
    HOLDS(now.mailbox == is.mailbox || now.mailbox == POL_MAILBOX_UNKNOWN);
    HOLDS(now.mailbox != POL_MAILBOX_ON_PREMISES);
}

/* The order of profiles means nothing, as long as they have one default at most. */
static void check_order(const struct ag_profiles *profiles, uint64_t version,
                        struct ag_configured is)
{
    struct ag_profiles turned = *profiles;
    size_t defaults = 0;
    for (size_t i = 0; i < profiles->count; i++) {
        turned.list[i] = profiles->list[profiles->count - 1 - i];
        defaults += profiles->list[i].is_default ? 1 : 0;
    }
    struct ag_configured now = judged(&turned, version);
    HOLDS(defaults > 1 || (now.observed == is.observed && now.mailbox == is.mailbox));
}

/* ---- what must hold of the whole ----------------------------------------------------------- */

static void check_evidence(const struct ag_evidence *evidence)
{
    size_t hints = 0;
    HOLDS(evidence->count <= AG_EVIDENCE_MOST);
    for (size_t i = 0; i < evidence->count; i++) {
        const char *text = evidence->items[i];
        HOLDS(memchr(text, '\0', AG_EVIDENCE_BYTES) != NULL && text[0] != '\0');
        for (const char *c = text; *c != '\0'; c++) {
            HOLDS(*c > 0x20 && *c < 0x7f);
        }
        for (size_t j = 0; j < i; j++) {
            HOLDS(strcmp(text, evidence->items[j]) != 0);
        }
        hints += strncmp(text, "hint:", 5) == 0 ? 1 : 0;
    }
    HOLDS(hints <= 1);
}

static void check_classified(const struct ag_classify_question *q, struct ag_configured configured,
                             const struct ag_classified *c)
{
    HOLDS(c->confidence != POL_CONFIDENCE_CONNECTED); /* only the server's logs say so */
    HOLDS((c->confidence == POL_CONFIDENCE_NONE) == (c->observed == POL_OBSERVED_UNKNOWN));
    HOLDS(c->confidence != POL_CONFIDENCE_CONFIGURED || c->observed == configured.observed);
    HOLDS(!c->server_other || (q->starts >= 2 && c->settled && q->set <= POL_SET_ALLOW_EXPLICIT));
    HOLDS(!c->server_other || c->offered.mapi_http != c->offered.rpc_http);
    HOLDS(!c->server_other ||
          pol_user_agrees(q->set, q->expect, c->observed, c->confidence) != POL_YES);
    if (q->sight->timed_out) {
        HOLDS(c->observed == POL_OBSERVED_UNKNOWN && c->mailbox == POL_MAILBOX_UNKNOWN);
    }
}

static void classify(const struct ag_classify_question *q, struct ag_configured configured)
{
    struct ag_classified c;
    ag_classify(q, &c);
    check_classified(q, configured, &c);
    check_evidence(&c.evidence);
    for (int state = 0; state < POL_STATE_COUNT; state++) {
        struct ag_classified hinted = c;
        ag_classify_hint(q, (enum pol_state)state, &hinted);
        check_evidence(&hinted.evidence);
        bool hint = memcmp(&hinted, &c, sizeof c) != 0;
        HOLDS(hint ==
              (state == POL_STATE_MISMATCH || (state == POL_STATE_BLOCKED && c.server_other)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const VERSIONS[] = {
        "16.0.17328.20162", "15.0.5603.1000", "14.0.7268.5000", "12.0", "", "16.0.x"};
    static const uint64_t MAJORS[] = {16, 15, 14, 12, 0, 0};
    static struct ag_sight sight;
    struct ag_client client = {.known = true};
    if (size < HEAD_BYTES) {
        return 0;
    }
    uint8_t flags = data[2];
    size_t which = data[0] % 6;
    uint64_t version = MAJORS[which] << 48;
    sight = (struct ag_sight){.at_s = NOW_S,
                              .timed_out = (flags & FLAG_TIMED_OUT) != 0,
                              .policy_value = (flags & FLAG_POLICY) != 0,
                              .profiles = {.cut_short = (flags & FLAG_LIST_CUT) != 0,
                                           .unreadable = (flags & FLAG_UNREADABLE) != 0}};
    memcpy(client.version, VERSIONS[which], strlen(VERSIONS[which]) + 1);
    read_profiles((struct span){data + HEAD_BYTES, size - HEAD_BYTES}, &sight.profiles);
    read_offer(data[4], &sight.files);
    struct ag_configured configured = judged(&sight.profiles, version);
    check_claims(&sight.profiles, configured);
    check_damage(&sight.profiles, version, configured);
    check_order(&sight.profiles, version, configured);
    struct ag_classify_question question = {
        .sight = &sight,
        .client = &client,
        .minimum = (enum pol_answer)(data[5] % 3),
        .set = (enum pol_set)(data[1] % POL_SET_COUNT),
        .expect = (enum pol_expect)(data[1] / POL_SET_COUNT % POL_EXPECT_COUNT),
        .written_at_s = (flags & FLAG_WRITTEN) != 0 ? WRITTEN_S : -1,
        .processes_known = (flags & FLAG_KNOWN) != 0,
        .running = (flags & FLAG_RUNNING) != 0,
        .started_s = (flags & FLAG_LONG) != 0 ? NOW_S - 89000 : NOW_S - 60,
        .starts = data[3] % 4,
        .now_s = NOW_S};
    classify(&question, configured);
    return 0;
}
