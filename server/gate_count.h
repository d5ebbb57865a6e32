/* gate_count.h - bring a gate's numbers together from the store.
 *
 * store -> [count] -> gate
 *
 * Page by page, so that whoever asks the store meanwhile waits for one page at most.
 * Effects: reads the store                     Units:  those of gate.h
 * Owns:    samples; srv_gate_counts_done()     Errors: those of the store; ST_NO_MEMORY
 * Threads: safe                                Source: docs/policy-format.md "Gate"
 */
#ifndef SERVER_GATE_COUNT_H
#define SERVER_GATE_COUNT_H

#include "server/gate.h"
#include "server/store.h"

/* row is that of the policy's version. */
enum status srv_gate_count(const struct srv_store *store, const struct pol_policy *policy,
                           const struct srv_gate_row *row, int64_t now_s,
                           struct srv_gate_counts *out, struct err *err) MUST_USE;
void srv_gate_counts_done(struct srv_gate_counts *counts);

#endif
