/* facts.h - read what is known about a user from a line of JSON, and prepare it for evaluate.h.
 *
 * A line is one user on one host. A missing key or null is a fact that is not known; an Outlook
 * version of "" is no Outlook. What a person wrote by hand is read as strictly as any document.
 * Effects: none                                        Units:  bytes
 * Owns:    struct pol_fact_line; pol_fact_line_free()  Errors: ST_REFUSED with code and pointer;
 *          struct pol_preparation;                             ST_NO_MEMORY
 *          pol_preparation_done()
 * Threads: one thread for each                         Source: docs/protocol.md "Facts"
 */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include "base/bytes.h"
#include "base/err.h"
#include "policy/match.h"

struct pol_fact_line;

/* At most LIMIT_FACTS_BYTES. */
enum status pol_fact_line_parse(struct span line, struct pol_fact_line **out,
                                struct err *err) MUST_USE;
const struct pol_facts *pol_fact_line_facts(const struct pol_fact_line *line);
void pol_fact_line_free(struct pol_fact_line *line);

/* What is computed once for each user and policy, so that a decision takes no time and no memory:
 * buckets and an index of the groups. Starts zeroed; its memory serves one user after the other. */
struct pol_preparation {
    struct pol_facts facts; /* what pol_evaluate() takes; borrows what known has */
    struct pol_text_index index;
    uint32_t *buckets;
    size_t bucket_capacity;
    struct pol_text_mark *marks;
    size_t mark_capacity;
    uint32_t *slots;
    size_t slot_capacity;
};

/* known and p, which is not copied, must live as long as p->facts is used. Policies that share their draws, as the stages of one
 * plan do (plan.h), share the preparation. */
enum status pol_prepare(struct pol_preparation *p, const struct pol_policy *policy,
                        const struct pol_facts *known) MUST_USE;
void pol_preparation_done(struct pol_preparation *p);

#endif
