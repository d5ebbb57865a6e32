/* outlook_classify.h - say what Outlook does, and how sure that is, from all that was seen.
 *
 * fetch -> verify -> evaluate -> apply -> [observe] -> report
 *
 * Never from the setting itself: it is an intent, and newer clients may ignore it.
 * Effects: none       Units:  seconds since 1970 UTC
 * Owns:    nothing    Errors: none: what is not known is UNKNOWN, with evidence of why
 * Threads: safe       Source: docs/outlook.md "Evidence"; docs/policy-format.md "State of one user"
 */
#ifndef AGENT_OUTLOOK_CLASSIFY_H
#define AGENT_OUTLOOK_CLASSIFY_H

#include "agent/evidence.h"
#include "agent/sight.h"

struct ag_classify_question {
    const struct ag_sight *sight;   /* NULL: nobody looked, or nobody may */
    const struct ag_client *client; /* NULL: not known */
    enum pol_answer minimum;        /* is the client new enough for MAPI/HTTP? */
    enum pol_set set;
    enum pol_expect expect;
    int64_t written_at_s; /* -1: nothing had to be written */
    bool processes_known; /* whether Outlook runs could be seen */
    bool running;
    int64_t started_s;   /* of the oldest one running */
    bool settled_before; /* it was already, since then, when it was last looked at */
    uint32_t starts;     /* seen later than written_at_s; with -1, all that were seen */
    int64_t now_s;
};

struct ag_classified {
    enum pol_observed observed;
    enum pol_confidence confidence;
    enum pol_mailbox mailbox;
    bool settled;      /* two starts since the write, or a day of running: Outlook had its time */
    bool server_other; /* two starts, and the server still offers the other protocol alone */
    struct ag_offered offered;
    struct ag_evidence evidence;
};

void ag_classify(const struct ag_classify_question *question, struct ag_classified *out);

/* Once the state is named: what may be behind a contradiction that lasts, for who is to do something
 * about it: one "hint:..." at most, the likeliest. */
void ag_classify_hint(const struct ag_classify_question *question, enum pol_state state,
                      struct ag_classified *classified);

#endif
