/* loop.h - the state of a running agent, and the steps that need no network.
 *
 * run.c calls the steps in order; loop_pass.c has the one over all users, lanes.c those with the server.
 * Effects: those of the ports; writes the log    Units:  _ms monotonic
 * Owns:    struct ag_loop; ag_loop_close()       Errors: ST_NO_MEMORY and ST_BUG end the loop, all
 *                                                        else is told in the log and tried again
 * Threads: one thread                            Source: docs/architecture.md "The agent"
 */
#ifndef AGENT_LOOP_H
#define AGENT_LOOP_H

#include "agent/cycle.h"
#include "agent/poll.h"
#include "agent/reports.h"
#include "agent/run.h"
#include "agent/source_file.h"
#include "agent/tell.h"

struct ag_loop {
    const struct ag_config *config;
    const struct ag_host *host;
    const struct ag_ports *ports;

    struct ag_standing standing;
    struct ag_ledger ledger;
    struct ag_source_file file;
    struct ag_enroll enroll;
    struct ag_reports reports;
    struct ag_schedule schedule;
    struct ag_poll poll;

    bool on_its_way[AG_LANE_COUNT];
    unsigned poll_generation;   /* of the token that the poll on its way carries */
    unsigned report_generation; /* the same of the report */
    uint64_t token_since_ms;    /* start, or when the token came in this run */
    uint64_t awaited_ms;        /* when the step before wanted to go on; 0: there was none */
    uint64_t step_ms;           /* how long it took: a sleep may begin in the middle of one */
    bool renew_wanted;          /* the way to the server changed, or this machine slept */
    uint64_t renewed_ms;        /* when the lanes began anew last; 0: never */
    bool act_pending; /* a policy was accepted that no pass has brought to the users yet */
    uint64_t pass_due_ms;
    uint64_t passed_ms;
    uint64_t retry_ms; /* until the next pass after one in which a user failed; 0: none did */
    uint64_t file_due_ms;
    enum status worst; /* of the users in the last pass */
    bool paused;       /* by machine policy, in the last pass */
    int64_t turn_at_s; /* when the next user may be written to who waits for that; -1: nobody */

    struct ag_away away; /* the server */
    bool stale;          /* was told of the policy in force */

    struct ag_trouble pass_trouble;
    struct ag_trouble mark_trouble;
    struct ag_trouble mirror_trouble;
    struct ag_trouble file_trouble;
    struct ag_trouble pending_trouble;
    struct ag_trouble ledger_trouble;
    struct ag_trouble poll_trouble;
    struct ag_trouble enroll_trouble;
    struct ag_trouble build_trouble;
    struct ag_trouble report_trouble;
};

/* Load everything that an earlier run left. */
enum status ag_loop_open(struct ag_loop *l, const struct ag_config *config,
                         const struct ag_host *host, const struct ag_ports *ports,
                         const struct ag_trust *trust, struct err *err) MUST_USE;
void ag_loop_close(struct ag_loop *l);

uint64_t ag_loop_now_ms(const struct ag_loop *l);
int64_t ag_loop_now_s(const struct ag_loop *l);
uint32_t ag_loop_chance(const struct ag_loop *l);

/* What ends the loop, as against what is told and tried again. */
bool ag_loop_is_fatal(enum status st);

/* Count what an earlier process left behind when it ended while it looked after somebody. */
void ag_loop_take_mark(struct ag_loop *l);

/* Let others see where we stand. */
void ag_loop_show(struct ag_loop *l);

/* evaluate -> apply -> observe, for everybody. Only what is fatal is returned. */
enum status ag_loop_run_pass(struct ag_loop *l) MUST_USE;

/* Watchers saw something: a pass is due; or the network is another one. */
void ag_loop_look_for_changes(struct ag_loop *l);

/* Probe the servers that the policy in force asks for, as far as it is due. */
void ag_loop_probe(struct ag_loop *l);

/* A policy was offered and settled; an accepted one is acted on after delay_ms. */
void ag_loop_take_offer(struct ag_loop *l, const char *source, enum ag_offer offer,
                        uint32_t delay_ms, const struct err *why);
void ag_loop_look_for_file(struct ag_loop *l);
void ag_loop_look_for_pending(struct ag_loop *l);

#endif
