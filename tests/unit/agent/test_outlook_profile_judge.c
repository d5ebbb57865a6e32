/* test_outlook_profile_judge.c - ag_profiles_judge(): which profiles count, what they say together, and
 * what unreadable values take away. */
#include "tests/cmocka_all.h"

#include "agent/outlook_profile.h"

#include <string.h>

#define BIT(which) (1U << AG_PROFILE_##which)

static const uint64_t OUTLOOK_16 = UINT64_C(16) << 48;
static const uint64_t OUTLOOK_15 = UINT64_C(15) << 48;
static const uint64_t OUTLOOK_12 = UINT64_C(12) << 48;
static const uint64_t OUTLOOK_17 = UINT64_C(17) << 48;
static const uint64_t NOT_KNOWN = 0;

static const struct ag_profile MAPI = {
    .layout = AG_LAYOUT_16, .seen = BIT(MAIL_INTERNAL), .on_premises = true};
static const struct ag_profile RPC = {.layout = AG_LAYOUT_16,
                                      .seen = BIT(RPC_PROXY) | BIT(RPC_FLAGS),
                                      .rpc_on = true,
                                      .on_premises = true};
static const struct ag_profile TCP = {.layout = AG_LAYOUT_16,
                                      .seen = BIT(HOME_SERVER) | BIT(BINDINGS),
                                      .rpc_tcp = true,
                                      .on_premises = true};
/* A mailbox that is not Exchange's: just the global section. */
static const struct ag_profile OTHER = {.layout = AG_LAYOUT_16, .seen = BIT(RPC_FLAGS)};

static struct ag_evidence evidence;

static struct ag_configured judged(const struct ag_profiles *profiles, uint64_t version)
{
    struct ag_configured out = {.observed = POL_OBSERVED_COUNT, .mailbox = POL_MAILBOX_COUNT};
    evidence = (struct ag_evidence){.count = 0};
    ag_profiles_judge(profiles, version, &out, &evidence);
    return out;
}

static void assert_judged(const struct ag_profiles *profiles, uint64_t version,
                          enum pol_observed observed, enum pol_mailbox mailbox)
{
    struct ag_configured is = judged(profiles, version);
    assert_string_equal(POL_OBSERVED_WORDS[is.observed], POL_OBSERVED_WORDS[observed]);
    assert_string_equal(POL_MAILBOX_WORDS[is.mailbox], POL_MAILBOX_WORDS[mailbox]);
}

static void assert_one(struct ag_profile profile, enum pol_observed observed,
                       enum pol_mailbox mailbox)
{
    struct ag_profiles profiles = {.list = {profile}, .count = 1};
    assert_judged(&profiles, OUTLOOK_16, observed, mailbox);
}

static bool says(const char *text)
{
    for (size_t i = 0; i < evidence.count; i++) {
        if (strcmp(evidence.items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static struct ag_profile with_damaged(struct ag_profile profile, uint32_t bits)
{
    profile.damaged |= bits;
    return profile;
}

static struct ag_profile with_seen(struct ag_profile profile, uint32_t bits)
{
    profile.seen |= bits;
    return profile;
}

static struct ag_profile of_default(struct ag_profile profile)
{
    profile.is_default = true;
    return profile;
}

static struct ag_profile of_layout(struct ag_profile profile, enum ag_layout layout)
{
    profile.layout = layout;
    return profile;
}

/* ---- one profile -------------------------------------------------------------------------- */

static void judge__one_protocol__is_named_with_the_values_that_say_so(void **state)
{
    (void)state;
    assert_one(MAPI, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_ON_PREMISES);
    assert_string_equal(evidence.items[0], "profile:001f6652");
    assert_string_equal(evidence.items[1], "mailbox:on_premises");
    assert_int_equal(evidence.count, 2);
    assert_one(RPC, POL_OBSERVED_RPC_HTTP, POL_MAILBOX_ON_PREMISES);
    assert_true(says("profile:001f6622") && says("profile:00036623") && evidence.count == 3);
    assert_one(TCP, POL_OBSERVED_RPC_TCP, POL_MAILBOX_ON_PREMISES);
    assert_true(says("profile:101e6613") && says("profile:001f662a") && evidence.count == 3);
}

static void judge__flags__switch_the_proxy_off_but_not_on(void **state)
{
    (void)state;
    struct ag_profile p = RPC;
    p.seen = BIT(RPC_PROXY); /* no flags anywhere */
    p.rpc_on = false;
    assert_one(p, POL_OBSERVED_RPC_HTTP, POL_MAILBOX_ON_PREMISES);
    p.seen |= BIT(RPC_FLAGS);
    assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_ON_PREMISES);
    p.seen |= BIT(MAIL_EXTERNAL); /* a proxy that is off is no second protocol */
    assert_one(p, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_ON_PREMISES);
    p.seen |= BIT(BINDINGS); /* nor is a binding beside it */
    p.rpc_tcp = true;
    assert_one(p, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_ON_PREMISES);
    p = RPC;
    p.seen = BIT(RPC_FLAGS); /* on, and no proxy */
    assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_UNKNOWN);
}

static void judge__tcp__is_where_nothing_speaks_of_http(void **state)
{
    (void)state;
    struct ag_profile p = TCP;
    p.rpc_http = true;
    assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_ON_PREMISES);
    p = with_seen(TCP, BIT(RPC_PROXY));
    assert_one(p, POL_OBSERVED_RPC_HTTP, POL_MAILBOX_ON_PREMISES);
    p = with_seen(TCP, BIT(RPC_PROXY) | BIT(RPC_FLAGS));
    assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_ON_PREMISES);
    p = with_damaged(with_seen(TCP, BIT(RPC_FLAGS)), BIT(RPC_PROXY)); /* off, but there */
    assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_UNKNOWN);
}

static void judge__both_sets_of_values__is_mixed(void **state)
{
    (void)state;
    struct ag_profile p = with_seen(RPC, BIT(STORE));
    assert_one(p, POL_OBSERVED_MIXED, POL_MAILBOX_ON_PREMISES);
    p = with_seen(TCP, BIT(MAIL_EXTERNAL));
    assert_one(p, POL_OBSERVED_MIXED, POL_MAILBOX_ON_PREMISES);
}

static void judge__the_address_book__says_where_and_not_how(void **state)
{
    (void)state;
    struct ag_profile p = {
        .layout = AG_LAYOUT_16, .seen = BIT(BOOK_INTERNAL) | BIT(BOOK_EXTERNAL), .online = true};
    assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_EXCHANGE_ONLINE);
    assert_true(says("profile:001f6654") && says("profile:001f6655"));
}

/* ---- where -------------------------------------------------------------------------------- */

static void judge__places__are_joined_over_all_profiles_that_count(void **state)
{
    (void)state;
    struct ag_profile cloud = MAPI;
    cloud.online = true;
    assert_one(cloud, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_MIXED);
    assert_true(says("mailbox:mixed"));
    cloud.on_premises = false;
    assert_one(cloud, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_EXCHANGE_ONLINE);
    struct ag_profiles profiles = {.list = {of_default(MAPI), cloud}, .count = 2};
    assert_judged(&profiles, OUTLOOK_16, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_MIXED);
    assert_true(says("profile:other_differs"));
    profiles.list[1].layout = AG_LAYOUT_15;
    assert_judged(&profiles, OUTLOOK_16, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_ON_PREMISES);
    assert_false(says("profile:other_differs"));
}

static void judge__the_last_good_autodiscover__counts_where_nothing_else_speaks(void **state)
{
    (void)state;
    struct ag_profile p = {
        .layout = AG_LAYOUT_16, .seen = BIT(LAST_GOOD) | BIT(HOME_SERVER), .last_online = true};
    assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_EXCHANGE_ONLINE);
    assert_true(says("profile:001f664a"));
    p.last_premises = true;
    assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_MIXED);
    p.on_premises = true;
    assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_ON_PREMISES);
    assert_false(says("profile:001f664a"));
    /* Where it counts, a damaged one might have said more; beside a good server it would not. */
    p = (struct ag_profile){
        .layout = AG_LAYOUT_16, .seen = BIT(HOME_SERVER), .damaged = BIT(LAST_GOOD)};
    p.on_premises = true;
    assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_ON_PREMISES);
    /* In a profile where nothing else speaks it might have said more to another one's. */
    p.on_premises = false;
    struct ag_profiles profiles = {.list = {of_default(MAPI), p}, .count = 2};
    assert_judged(&profiles, OUTLOOK_16, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_UNKNOWN);
}

/* ---- which profiles ----------------------------------------------------------------------- */

static void judge__the_default__decides_alone_if_it_has_exchange(void **state)
{
    (void)state;
    struct ag_profiles profiles = {.list = {MAPI, of_default(RPC), TCP}, .count = 3};
    assert_judged(&profiles, OUTLOOK_16, POL_OBSERVED_RPC_HTTP, POL_MAILBOX_ON_PREMISES);
    assert_true(says("profile:other_differs") && !says("profile:001f6652"));
    profiles.list[1].is_default = false;
    assert_judged(&profiles, OUTLOOK_16, POL_OBSERVED_MIXED, POL_MAILBOX_ON_PREMISES);
    assert_true(!says("profile:other_differs") && says("profile:001f6652"));
    profiles.list[1] = of_default(OTHER);
    profiles.list[2] = MAPI;
    assert_judged(&profiles, OUTLOOK_16, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_ON_PREMISES);
}

static void judge__a_profile_that_says_nothing__does_not_disagree(void **state)
{
    (void)state;
    struct ag_profile silent = {.layout = AG_LAYOUT_16, .seen = BIT(HOME_SERVER)};
    struct ag_profiles profiles = {.list = {silent, MAPI, OTHER}, .count = 3};
    assert_judged(&profiles, OUTLOOK_16, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_ON_PREMISES);
    profiles.list[0] = of_default(silent); /* but if Outlook starts with it, it decides */
    assert_judged(&profiles, OUTLOOK_16, POL_OBSERVED_UNKNOWN, POL_MAILBOX_ON_PREMISES);
    assert_true(says("profile:other_differs"));
}

static void judge__generations__count_by_the_version_that_is_used(void **state)
{
    (void)state;
    struct ag_profiles profiles = {.list = {of_default(of_layout(TCP, AG_LAYOUT_14)),
                                            of_default(of_layout(RPC, AG_LAYOUT_15)), MAPI},
                                   .count = 3};
    assert_judged(&profiles, OUTLOOK_17, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_ON_PREMISES);
    assert_judged(&profiles, OUTLOOK_16, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_ON_PREMISES);
    assert_true(says("profile:left_over"));
    assert_judged(&profiles, OUTLOOK_15, POL_OBSERVED_RPC_HTTP, POL_MAILBOX_ON_PREMISES);
    assert_judged(&profiles, OUTLOOK_12, POL_OBSERVED_RPC_TCP, POL_MAILBOX_ON_PREMISES);
    assert_judged(&profiles, NOT_KNOWN, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_ON_PREMISES);
    profiles.list[2] = OTHER;
    assert_judged(&profiles, NOT_KNOWN, POL_OBSERVED_RPC_HTTP, POL_MAILBOX_ON_PREMISES);
    assert_judged(&profiles, OUTLOOK_16, POL_OBSERVED_UNKNOWN, POL_MAILBOX_UNKNOWN);
    assert_true(says("profile:left_over") && says("profile:none"));
}

static void judge__no_profiles__says_so(void **state)
{
    (void)state;
    struct ag_profiles profiles = {.count = 0};
    assert_judged(&profiles, OUTLOOK_16, POL_OBSERVED_UNKNOWN, POL_MAILBOX_UNKNOWN);
    assert_true(says("profile:none") && evidence.count == 1);
    profiles = (struct ag_profiles){.list = {OTHER}, .count = 1};
    assert_judged(&profiles, NOT_KNOWN, POL_OBSERVED_UNKNOWN, POL_MAILBOX_UNKNOWN);
    assert_true(says("profile:none") && !says("profile:left_over"));
    profiles.unreadable = true;
    assert_judged(&profiles, OUTLOOK_16, POL_OBSERVED_UNKNOWN, POL_MAILBOX_UNKNOWN);
    assert_true(says("profile:unreadable") && !says("profile:none"));
}

/* ---- what could not be read --------------------------------------------------------------- */

/* For each protocol: what a damaged value of each kind makes of the claim. */
static void judge__damaged_values__take_what_they_could_have_changed(void **state)
{
    (void)state;
    enum { ALL = AG_PROFILE_VALUE_COUNT };
    /* M mail, B book, S store, L last good, P proxy, F flags, H home server, b bindings;
     * "." changes nothing, "p" takes the protocol, "m" the mailbox, "x" both. */
    static const struct {
        const struct ag_profile *profile;
        enum pol_observed observed;
        const char *takes; /* MMBBSLPFHb */
    } ROWS[] = {
        /* Beside a good URL of the mailbox others are of no account; a proxy may be a second protocol
         * and elsewhere, bindings a second protocol, flags without a proxy are nothing. */
        {&MAPI, POL_OBSERVED_MAPI_HTTP, "......x.mp"},
        /* A URL may be a second protocol, and elsewhere; flags that are on anywhere are on; a proxy
         * rules bindings out. */
        {&RPC, POL_OBSERVED_RPC_HTTP, "xxmmx...m."},
        /* A proxy or a binding over HTTP would have been against it. */
        {&TCP, POL_OBSERVED_RPC_TCP, "xxmmx.x..p"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        for (unsigned which = 0; which < ALL; which++) {
            struct ag_profile p = with_damaged(*ROWS[i].profile, 1U << which);
            char takes = ROWS[i].takes[which];
            bool protocol = takes == 'p' || takes == 'x';
            bool mailbox = takes == 'm' || takes == 'x';
            assert_one(p, protocol ? POL_OBSERVED_UNKNOWN : ROWS[i].observed,
                       mailbox ? POL_MAILBOX_UNKNOWN : POL_MAILBOX_ON_PREMISES);
            assert_true(strncmp(evidence.items[evidence.count - (mailbox ? 1 : 2)],
                                "profile:damaged:", 16) == 0);
        }
    }
}

static void judge__damaged_flags__leave_open_whether_a_proxy_is_used(void **state)
{
    (void)state;
    struct ag_profile p = RPC;
    p.seen = BIT(RPC_PROXY);
    p.damaged = BIT(RPC_FLAGS);
    p.rpc_on = false;
    assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_ON_PREMISES);
    p.seen |= BIT(RPC_FLAGS); /* off in one section; on in the other? */
    assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_ON_PREMISES);
    p.seen |= BIT(MAIL_INTERNAL);
    assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_ON_PREMISES);
    p.rpc_on = true;
    assert_one(p, POL_OBSERVED_MIXED, POL_MAILBOX_ON_PREMISES);
    /* Switched off for sure, a damaged proxy is none. */
    p = with_seen(MAPI, BIT(RPC_FLAGS));
    p.damaged = BIT(RPC_PROXY);
    assert_one(p, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_UNKNOWN);
}

static void judge__what_stands_in_spite_of_doubt__is_mixed_and_online(void **state)
{
    (void)state;
    struct ag_profile p = with_seen(RPC, BIT(MAIL_INTERNAL));
    p.cut_short = true;
    p.damaged = BIT(HOME_SERVER) | BIT(STORE);
    assert_one(p, POL_OBSERVED_MIXED, POL_MAILBOX_UNKNOWN);
    p.online = true;
    assert_one(p, POL_OBSERVED_MIXED, POL_MAILBOX_MIXED);
    p.on_premises = false;
    assert_one(p, POL_OBSERVED_MIXED, POL_MAILBOX_EXCHANGE_ONLINE);
}

static void judge__a_profile_cut_short__proves_nothing(void **state)
{
    (void)state;
    static const struct ag_profile *const PROFILES[] = {&MAPI, &RPC, &TCP, &OTHER};
    for (size_t i = 0; i < 4; i++) {
        struct ag_profile p = *PROFILES[i];
        p.cut_short = true;
        assert_one(p, POL_OBSERVED_UNKNOWN, POL_MAILBOX_UNKNOWN);
        assert_true(says("profile:too_many_sections") && !says("profile:none"));
        /* If it is another one than Outlook starts with, that is of no account to the protocol. */
        struct ag_profiles profiles = {.list = {of_default(MAPI), p}, .count = 2};
        assert_judged(&profiles, OUTLOOK_16, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_UNKNOWN);
    }
}

static void judge__a_list_cut_short__leaves_the_default_to_decide(void **state)
{
    (void)state;
    for (int unreadable = 0; unreadable < 2; unreadable++) {
        struct ag_profiles profiles = {.list = {of_layout(MAPI, AG_LAYOUT_15)}, .count = 1};
        profiles.unreadable = unreadable;
        profiles.cut_short = !unreadable;
        assert_judged(&profiles, OUTLOOK_15, POL_OBSERVED_UNKNOWN, POL_MAILBOX_UNKNOWN);
        assert_true(says(unreadable ? "profile:unreadable" : "profile:too_many"));
        profiles.list[0].is_default = true;
        assert_judged(&profiles, OUTLOOK_15, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_UNKNOWN);
        /* Unless a newer Outlook may be the one that is used, whose profiles are among the rest. */
        assert_judged(&profiles, NOT_KNOWN, POL_OBSERVED_UNKNOWN, POL_MAILBOX_UNKNOWN);
        profiles.list[0].layout = AG_LAYOUT_16;
        assert_judged(&profiles, NOT_KNOWN, POL_OBSERVED_MAPI_HTTP, POL_MAILBOX_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge__one_protocol__is_named_with_the_values_that_say_so),
        cmocka_unit_test(judge__flags__switch_the_proxy_off_but_not_on),
        cmocka_unit_test(judge__tcp__is_where_nothing_speaks_of_http),
        cmocka_unit_test(judge__both_sets_of_values__is_mixed),
        cmocka_unit_test(judge__the_address_book__says_where_and_not_how),
        cmocka_unit_test(judge__places__are_joined_over_all_profiles_that_count),
        cmocka_unit_test(judge__the_last_good_autodiscover__counts_where_nothing_else_speaks),
        cmocka_unit_test(judge__the_default__decides_alone_if_it_has_exchange),
        cmocka_unit_test(judge__a_profile_that_says_nothing__does_not_disagree),
        cmocka_unit_test(judge__generations__count_by_the_version_that_is_used),
        cmocka_unit_test(judge__no_profiles__says_so),
        cmocka_unit_test(judge__damaged_values__take_what_they_could_have_changed),
        cmocka_unit_test(judge__damaged_flags__leave_open_whether_a_proxy_is_used),
        cmocka_unit_test(judge__what_stands_in_spite_of_doubt__is_mixed_and_online),
        cmocka_unit_test(judge__a_profile_cut_short__proves_nothing),
        cmocka_unit_test(judge__a_list_cut_short__leaves_the_default_to_decide),
    };
    return cmocka_run_group_tests_name("outlook_profile_judge", tests, NULL, NULL);
}
