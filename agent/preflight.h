/* preflight.h - know for each URL that a policy asks for whether this machine gets on there.
 *
 * Decides when to ask, keeps the last answers over restarts, and says what the guard `preflight` wants
 * to know. A machine that is off the network keeps what it knew, with the time it is of.
 * Effects: one file of the vault; writes the log    Units:  _ms monotonic, _s wall seconds
 * Owns:    nothing (fixed arrays)                   Errors: those of the vault; a damaged file is
 *                                                           forgotten, all else is told in the log
 * Threads: one thread, never waits                  Source: docs/policy-format.md "Guards";
 *                                                           docs/outlook.md "Preflight"
 */
#ifndef AGENT_PREFLIGHT_H
#define AGENT_PREFLIGHT_H

#include "agent/ports.h"
#include "agent/tell.h"
#include "policy/policy.h"
#include "policy/report.h"

enum { AG_PREFLIGHT_URLS = 2 * LIMIT_PREFLIGHT_URLS, AG_PREFLIGHT_ROWS = AG_PREFLIGHT_URLS };

/* Probes are spread over so many times timing.spread_s, five minutes as a rule: a new policy reaches
 * all machines within seconds, and nobody's front ends are made for 100,000 requests in ten. */
enum { AG_PREFLIGHT_SPREAD_TIMES = 30 };

struct ag_preflight_url {
    char url[LIMIT_STRING_BYTES + 1];
    bool for_allow;
    bool for_block;
    bool planned;      /* due_ms was drawn */
    bool asked;        /* it is on its way */
    bool known;        /* it was probed, and all below is of that */
    bool aged;         /* it should have been probed again since, but there is no network */
    unsigned failures; /* in a row */
    int64_t at_s;
    struct ag_probe_result last;
    const char *auth[AG_SCHEME_COUNT]; /* literals */
    size_t auth_count;
    uint64_t due_ms;
};

struct ag_preflight {
    const struct ag_vault *vault;
    struct ag_preflight_url urls[AG_PREFLIGHT_URLS];
    size_t count;
    bool on_its_way;
    bool can_probe;
    bool network_changed;
    bool started;        /* ever in this run */
    uint64_t started_ms; /* the last time */
    struct ag_trouble file_trouble;
    struct ag_trouble probe_trouble;
};

/* Load what an earlier run knew; after a failure nothing is known, and all the same it can be used.
 * The vault must outlive it. */
enum status ag_preflight_open(struct ag_preflight *p, const struct ag_vault *vault,
                              struct err *err) MUST_USE;
void ag_preflight_done(struct ag_preflight *p);

/* This machine is on another network than before, perhaps. */
void ag_preflight_network_changed(struct ag_preflight *p);

/* Take what came, and begin what is due. policy: the one in force, NULL: none. True: something is
 * otherwise than before, for users and for the report. */
bool ag_preflight_step(struct ag_preflight *p, const struct ag_probing *probing,
                       const struct ag_clock *clock, const struct pol_policy *policy);

/* When to step again; UINT64_MAX: not before something happens. */
uint64_t ag_preflight_due_ms(const struct ag_preflight *p);

/* Does one of these URLs pass? NOT_KNOWN: none of those probed does, and some were not probed yet. */
enum pol_answer ag_preflight_answer(const struct ag_preflight *p,
                                    const struct pol_preflight *asked);

/* What is known, for the report: a row for each URL and use; texts are valid until the next step. */
size_t ag_preflight_rows(const struct ag_preflight *p, struct pol_report_probe *rows, size_t most);

#endif
