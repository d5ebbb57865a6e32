/* simulator.h - find out what a plan or a stage would do to the fleet, one question at a time.
 *
 * On a thread of its own, so that whoever waits for a million users keeps nobody else from an
 * answer; within a bounded time, and with memory that does not grow with the users.
 * Effects: one thread; reads the store           Units:  _ms from now
 * Owns:    struct srv_simulator;                 Errors: in the question
 *          srv_simulator_free()
 * Threads: safe                                  Source: docs/protocol.md "Simulating"
 */
#ifndef SERVER_SIMULATOR_H
#define SERVER_SIMULATOR_H

#include "policy/problems.h"
#include "server/fleet.h"
#include "server/rollout.h"

/* All must outlive the simulator. */
struct srv_simulator_parts {
    const struct srv_store *store;
    struct srv_rollout *rollout;
    int64_t (*now_s)(void);
    unsigned limit_ms; /* for one question */
};

/* Good from srv_simulator_take() until done() was called, once, from the simulator's thread. */
struct srv_question {
    struct span body; /* a plan, or which stage */
    void (*done)(struct srv_question *question);
    void *ctx;

    /* The answer: JSON, or why there is none; of a plan that is refused all problems. */
    enum status st;
    struct err err;
    bool was_next; /* it was the next stage that was asked for */
    struct pol_problems problems;
    struct pol_problems warnings;
    struct bytes text; /* bytes_free() frees it */
};

struct srv_simulator;

enum status srv_simulator_open(const struct srv_simulator_parts *parts, struct srv_simulator **out,
                               struct err *err) MUST_USE;
/* ST_BUSY: another question is being answered; ST_CANCELLED: the server ends. */
enum status srv_simulator_take(struct srv_simulator *simulator,
                               struct srv_question *question) MUST_USE;
/* Answer the question under way at once, and take no more. NULL is fine, here and below. */
void srv_simulator_stop(struct srv_simulator *simulator);
void srv_simulator_free(struct srv_simulator *simulator);

/* Answer in this thread; simulator.c does nothing else in its own. */
void srv_question_answer(struct srv_question *question, const struct srv_simulator_parts *parts,
                         const struct srv_patience *patience);

#endif
