#include "agent/outlook_profile.h"

#include "policy/outlook_version.h"

enum { MAPI_HTTP = 1, RPC_HTTP = 2, RPC_TCP = 4, ANY_PROTOCOL = MAPI_HTTP | RPC_HTTP | RPC_TCP };

#define BIT(which) (UINT32_C(1) << (which))
static const uint32_t MAIL =
    BIT(AG_PROFILE_MAIL_INTERNAL) | BIT(AG_PROFILE_MAIL_EXTERNAL) | BIT(AG_PROFILE_STORE);
static const uint32_t BOOK = BIT(AG_PROFILE_BOOK_INTERNAL) | BIT(AG_PROFILE_BOOK_EXTERNAL);
static const uint32_t LAST_GOOD = BIT(AG_PROFILE_LAST_GOOD);
static const uint32_t PROXY = BIT(AG_PROFILE_RPC_PROXY);
static const uint32_t FLAGS = BIT(AG_PROFILE_RPC_FLAGS);
static const uint32_t SERVER = BIT(AG_PROFILE_HOME_SERVER);
static const uint32_t BINDINGS = BIT(AG_PROFILE_BINDINGS);

/* ---- one profile: over what? --------------------------------------------------------------- */

/* What it is configured for without doubt, and what it may be configured for: the same, and whatever
 * unreadable values might add. */
struct protocols {
    unsigned sure;
    unsigned possible;
};

/* Any good URL of a mailbox is enough: internal, external and that of the store in use are of one
 * mailbox, so a damaged one beside it changes nothing. */
static struct protocols mapi_http_of(const struct ag_profile *p)
{
    bool sure = (p->seen & MAIL) != 0;
    bool possible = sure || (p->damaged & MAIL) != 0 || p->cut_short;
    return (struct protocols){sure ? MAPI_HTTP : 0, possible ? MAPI_HTTP : 0};
}

/* The proxy's host, and flags that do not switch it off. The flags stand in the global section and in
 * the store's: one that says "on" is enough, "off" must be all there is to read. */
static struct protocols rpc_http_of(const struct ag_profile *p)
{
    bool proxy = (p->seen & PROXY) != 0;
    bool flags = (p->seen & FLAGS) != 0;
    bool more_flags = (p->damaged & FLAGS) != 0 || p->cut_short;
    bool off = flags && !p->rpc_on && !more_flags;
    bool sure = proxy && (p->rpc_on || (!flags && !more_flags));
    bool possible = !off && (proxy || (p->damaged & PROXY) != 0 || p->cut_short);
    return (struct protocols){sure ? RPC_HTTP : 0, possible ? RPC_HTTP : 0};
}

/* A binding over TCP, where nothing at all speaks of HTTP. */
static struct protocols rpc_tcp_of(const struct ag_profile *p)
{
    bool http = (p->seen & PROXY) != 0 || p->rpc_http;
    bool more = (p->damaged & (PROXY | BINDINGS)) != 0 || p->cut_short;
    bool more_bindings = (p->damaged & BINDINGS) != 0 || p->cut_short;
    bool sure = p->rpc_tcp && !http && !more;
    bool possible = !http && (p->rpc_tcp || more_bindings);
    return (struct protocols){sure ? RPC_TCP : 0, possible ? RPC_TCP : 0};
}

static void join(struct protocols *all, struct protocols more)
{
    all->sure |= more.sure;
    all->possible |= more.possible;
}

static struct protocols protocols_of(const struct ag_profile *p)
{
    struct protocols all = mapi_http_of(p);
    join(&all, rpc_http_of(p));
    join(&all, rpc_tcp_of(p));
    return all;
}

static enum pol_observed observed_of(struct protocols protocols)
{
    if (protocols.sure == 0) {
        return POL_OBSERVED_UNKNOWN;
    }
    if ((protocols.sure & (protocols.sure - 1)) != 0) {
        return POL_OBSERVED_MIXED;
    }
    if (protocols.possible != protocols.sure) {
        return POL_OBSERVED_UNKNOWN;
    }
    if (protocols.sure == MAPI_HTTP) {
        return POL_OBSERVED_MAPI_HTTP;
    }
    return protocols.sure == RPC_HTTP ? POL_OBSERVED_RPC_HTTP : POL_OBSERVED_RPC_TCP;
}

/* ---- one profile: where? ------------------------------------------------------------------- */

struct places {
    bool online;
    bool on_premises;
    bool doubt; /* something unreadable could add another */
};

static bool says_nothing_better(const struct ag_profile *p)
{
    return !p->online && !p->on_premises;
}

/* A damaged value casts doubt where no good one of its kind stands beside it. */
static struct places places_of(const struct ag_profile *p)
{
    bool last = says_nothing_better(p);
    bool mail = (p->seen & MAIL) != 0;
    bool book = mail || (p->seen & BOOK) != 0;
    uint32_t open = p->damaged & ~p->seen;
    uint32_t doubtful = (mail ? 0 : MAIL) | (book ? 0 : BOOK) | PROXY | SERVER;
    doubtful |= last ? LAST_GOOD : 0;
    return (struct places){.online = p->online || (last && p->last_online),
                           .on_premises = p->on_premises || (last && p->last_premises),
                           .doubt = p->cut_short || (open & doubtful) != 0};
}

static enum pol_mailbox mailbox_of(struct places places)
{
    if (places.online) {
        return places.on_premises ? POL_MAILBOX_MIXED : POL_MAILBOX_EXCHANGE_ONLINE;
    }
    return places.on_premises && !places.doubt ? POL_MAILBOX_ON_PREMISES : POL_MAILBOX_UNKNOWN;
}

/* ---- which profiles count ------------------------------------------------------------------ */

struct jury {
    const struct ag_profiles *profiles;
    enum ag_layout layout;
    const struct ag_profile *decider; /* over the protocol; NULL: all that count */
    bool doubt;                       /* there may be others that would decide */
};

/* Flags alone are in profiles without Exchange, too. */
static bool has_exchange(const struct ag_profile *p)
{
    return ((p->seen | p->damaged) & ~FLAGS) != 0 || p->cut_short;
}

static bool counts(const struct jury *jury, const struct ag_profile *p)
{
    return p->layout == jury->layout && has_exchange(p);
}

static bool decides(const struct jury *jury, const struct ag_profile *p)
{
    return jury->decider != NULL ? p == jury->decider : counts(jury, p);
}

static enum ag_layout layout_of(const struct ag_profiles *profiles, uint64_t version)
{
    uint32_t major = pol_outlook_version_major(version);
    enum ag_layout newest = AG_LAYOUT_COUNT;
    if (version != 0) {
        enum ag_layout older = major == 15 ? AG_LAYOUT_15 : AG_LAYOUT_14;
        return major >= 16 ? AG_LAYOUT_16 : older;
    }
    for (size_t i = 0; i < profiles->count; i++) {
        const struct ag_profile *p = &profiles->list[i];
        newest = has_exchange(p) && p->layout < newest ? p->layout : newest;
    }
    return newest;
}

static struct jury summon(const struct ag_profiles *profiles, uint64_t version)
{
    struct jury jury = {.profiles = profiles, .layout = layout_of(profiles, version)};
    for (size_t i = profiles->count; i > 0; i--) {
        const struct ag_profile *p = &profiles->list[i - 1];
        jury.decider = p->is_default && counts(&jury, p) ? p : jury.decider;
    }
    bool more = profiles->cut_short || profiles->unreadable;
    bool newer = version == 0 && jury.layout != AG_LAYOUT_16;
    jury.doubt = more && (jury.decider == NULL || newer);
    return jury;
}

/* ---- evidence ------------------------------------------------------------------------------ */

static void add_values(uint32_t values, const char *prefix, struct ag_evidence *evidence)
{
    for (unsigned i = 0; i < AG_PROFILE_VALUE_COUNT; i++) {
        if ((values & BIT(i)) != 0) {
            ag_evidence_add(evidence, "%s%s", prefix, AG_PROFILE_VALUE_NAMES[i]);
        }
    }
}

static uint32_t used_of(const struct ag_profile *p)
{
    uint32_t idle = 0;
    idle |= (p->seen & MAIL) != 0 ? BOOK : 0;
    idle |= (p->seen & PROXY) == 0 ? FLAGS : 0;
    idle |= !p->rpc_tcp && !p->rpc_http ? BINDINGS : 0;
    idle |= says_nothing_better(p) ? 0 : LAST_GOOD;
    return p->seen & ~idle;
}

/* Does a profile that does not decide say otherwise than the one that does? */
static bool differs(const struct jury *jury, const struct ag_profile *p)
{
    if (jury->decider == NULL || p == jury->decider || !counts(jury, p)) {
        return false;
    }
    struct protocols protocols = protocols_of(p);
    struct places places = places_of(p);
    struct places decided = places_of(jury->decider);
    return (protocols.sure != 0 && protocols.sure != protocols_of(jury->decider).sure) ||
           (places.online && !decided.online) || (places.on_premises && !decided.on_premises);
}

static void explain_profile(const struct jury *jury, const struct ag_profile *p,
                            struct ag_evidence *evidence)
{
    if (counts(jury, p)) {
        add_values(p->damaged, "profile:damaged:", evidence);
        if (p->cut_short) {
            ag_evidence_add(evidence, "profile:too_many_sections");
        }
    } else if (has_exchange(p)) {
        ag_evidence_add(evidence, "profile:left_over");
    }
    if (differs(jury, p)) {
        ag_evidence_add(evidence, "profile:other_differs");
    }
}

static void explain(const struct jury *jury, struct ag_evidence *evidence)
{
    const struct ag_profiles *profiles = jury->profiles;
    size_t counting = 0;
    for (size_t i = 0; i < profiles->count; i++) {
        const struct ag_profile *p = &profiles->list[i];
        counting += counts(jury, p) ? 1 : 0;
        add_values(decides(jury, p) ? used_of(p) : 0, "profile:", evidence);
    }
    for (size_t i = 0; i < profiles->count; i++) {
        explain_profile(jury, &profiles->list[i], evidence);
    }
    if (profiles->cut_short) {
        ag_evidence_add(evidence, "profile:too_many");
    }
    if (profiles->unreadable) {
        ag_evidence_add(evidence, "profile:unreadable");
    } else if (counting == 0) {
        ag_evidence_add(evidence, "profile:none");
    }
}

/* ---- all together -------------------------------------------------------------------------- */

void ag_profiles_judge(const struct ag_profiles *profiles, uint64_t version,
                       struct ag_configured *out, struct ag_evidence *evidence)
{
    struct jury jury = summon(profiles, version);
    struct protocols protocols = {0};
    struct places places = {.doubt = profiles->cut_short || profiles->unreadable};
    for (size_t i = 0; i < profiles->count; i++) {
        const struct ag_profile *p = &profiles->list[i];
        if (decides(&jury, p)) {
            join(&protocols, protocols_of(p));
        }
        if (counts(&jury, p)) {
            struct places more = places_of(p);
            places.online = places.online || more.online;
            places.on_premises = places.on_premises || more.on_premises;
            places.doubt = places.doubt || more.doubt;
        }
    }
    explain(&jury, evidence);
    out->observed = jury.doubt ? POL_OBSERVED_UNKNOWN : observed_of(protocols);
    out->mailbox = mailbox_of(places);
    if (out->mailbox != POL_MAILBOX_UNKNOWN) {
        ag_evidence_add(evidence, "mailbox:%s", POL_MAILBOX_WORDS[out->mailbox]);
    }
}
