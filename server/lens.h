/* lens.h - say what a policy decides for a user, as far as his last report tells.
 *
 * fleet -> [lens] -> effect, simulator
 *
 * The same evaluation as on the agents. A report names those of a user's groups that the policy then
 * in force asks for: any other group is not known, and neither is anything of which no policy is at
 * hand any more, unless the report has it.
 * Effects: none                                Units:  none
 * Owns:    struct srv_lens; srv_lens_done()    Errors: ST_NO_MEMORY; ST_REFUSED if the store holds
 *          struct srv_sight; srv_sight_done()          what no report could have brought
 * Threads: one thread for each                 Source: docs/policy-format.md "Rules", "Simulating"
 */
#ifndef SERVER_LENS_H
#define SERVER_LENS_H

#include "policy/evaluate.h"
#include "policy/facts.h"
#include "server/rollout.h"

/* Policies that reports may have been made under: of what is released and of the newest bundle. */
enum { SRV_KNOWN_MAX = 2 * (LIMIT_STAGES + 1) };

struct srv_known {
    const struct pol_policy *policies[SRV_KNOWN_MAX];
    size_t count;
};

/* They live as long as the view. */
void srv_known_list(const struct srv_rollout_view *view, struct srv_known *out);

/* One of the lists of a row, read. */
struct srv_texts {
    const char **items;
    size_t count;
    size_t room;
};

struct srv_column;

/* What is in the lists of a row; one after the other uses the same memory. Of many rows a list is the
 * same, so each is read once and remembered, as far as there is room. Starts zeroed. */
struct srv_sight {
    struct srv_column *columns[3]; /* what was read: groups, tags, probes */
    const struct srv_texts *groups;
    const struct srv_texts *tags;
    const struct srv_texts *ready; /* URLs that answered, and those that did not */
    const struct srv_texts *failed;
};

/* Until the next call, and as long as the row. with_probes: somebody asks how servers answered. */
enum status srv_sight_read(struct srv_sight *sight, const struct srv_user_row *row,
                           bool with_probes) MUST_USE;
void srv_sight_done(struct srv_sight *sight);

/* Which of a policy's texts are groups that another policy asks for, too. */
struct srv_named {
    int64_t version;
    bool *named;
};

struct srv_lens {
    const struct pol_policy *policy; /* NULL: nobody is managed */
    const struct srv_known *known;
    size_t text_count; /* that may be groups; 0: it asks for none */
    struct srv_named found[SRV_KNOWN_MAX + 1];
    size_t found_count;
    struct pol_preparation preparation;
};

/* In place; policy and known must outlive it. */
void srv_lens_init(struct srv_lens *lens, const struct pol_policy *policy,
                   const struct srv_known *known);
void srv_lens_done(struct srv_lens *lens);
/* Does it matter to the policy how servers answered? */
bool srv_lens_asks_probes(const struct srv_lens *lens);

/* The facts as the policy may use them; they borrow from all three. */
enum status srv_lens_facts(struct srv_lens *lens, const struct srv_user_row *row,
                           const struct srv_sight *sight, struct pol_facts *out) MUST_USE;
enum status srv_lens_decide(struct srv_lens *lens, const struct srv_user_row *row,
                            const struct srv_sight *sight, struct pol_decision *out) MUST_USE;

#endif
