/* keeper.h - look at the gate of the released stage again and again, and do what it says.
 *
 * store -> tally -> gate -> [keeper] -> rollout
 *
 * It goes through the same doors as operators do, under the name "gate". All that it must not forget
 * is in the store: after a restart it goes on where it was. Between two looks it takes the samples of
 * the counters that are due.
 * Effects: one thread; reads the store, writes    Units:  _s wall seconds since 1970 UTC, _ms from
 *          the gate's memory, changes the rollout         now
 * Owns:    struct srv_keeper; srv_keeper_close()  Errors: ST_NO_MEMORY; later ones are logged, and
 *                                                         it looks again
 * Threads: safe                                   Source: docs/policy-format.md "Gate"
 */
#ifndef SERVER_KEEPER_H
#define SERVER_KEEPER_H

#include "server/ahead.h"
#include "server/gate.h"
#include "server/rollout.h"

/* All must outlive the keeper. */
struct srv_keeper_parts {
    const struct srv_store *store;
    struct srv_rollout *rollout;
    int64_t (*now_s)(void);
    unsigned pause_ms; /* between two looks, at least */
};

/* What the last look saw. */
struct srv_gate_view {
    int64_t version; /* 0: there is no gate, or nobody looked yet */
    int64_t at_s;
    int64_t released_s;
    struct srv_gate_answer answer;
    struct srv_gate_counts counts;
    char refusal[ERR_TEXT_BYTES]; /* of SRV_GATE_REFUSED; "" otherwise */
    struct srv_ahead ahead;       /* counted with each look, whether there is a gate or not */
};

struct srv_keeper;

extern const char SRV_KEEPER_ACTOR[];

enum status srv_keeper_open(const struct srv_keeper_parts *parts, struct srv_keeper **out,
                            struct err *err) MUST_USE;
/* After a look that is under way. NULL is fine. */
void srv_keeper_close(struct srv_keeper *keeper);

/* Something changed: look now. */
void srv_keeper_wake(struct srv_keeper *keeper);
/* ST_NO_MEMORY or ST_OK; srv_gate_view_done() frees what is in *out. */
enum status srv_keeper_see(struct srv_keeper *keeper, struct srv_gate_view *out) MUST_USE;
void srv_gate_view_done(struct srv_gate_view *view);

/* One look and what follows from it; the thread does nothing else. *again: look at once. */
enum status srv_keeper_look(const struct srv_keeper_parts *parts, struct srv_gate_view *out,
                            bool *again, struct err *err) MUST_USE;

#endif
