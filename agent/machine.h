/* machine.h - keep what is known of this machine beside its users: its Outlook, and where it gets to.
 *
 * Effects: those of the ports and of preflight.h    Units:  _ms monotonic
 * Owns:    nothing                                  Errors: those of preflight.h
 * Threads: one thread                               Source: docs/protocol.md "The report"
 */
#ifndef AGENT_MACHINE_H
#define AGENT_MACHINE_H

#include "agent/preflight.h"

struct ag_machine {
    bool known; /* the client below */
    struct ag_client client;
    enum pol_answer minimum; /* is it new enough for MAPI/HTTP? */
    struct ag_preflight preflight;
    uint32_t changes; /* rises with each that a report would show */
};

/* Load what an earlier run knew; after a failure nothing is known, and all the same it can be used. */
enum status ag_machine_open(struct ag_machine *machine, const struct ag_vault *vault,
                            struct err *err) MUST_USE;
void ag_machine_done(struct ag_machine *machine);

/* Take what the port found meanwhile. policy: in force, or NULL. */
void ag_machine_look(struct ag_machine *machine, const struct ag_sights *sights,
                     const struct pol_policy *policy);

/* Probe what is due for the policy in force (NULL: none). True: there is news for decisions. */
bool ag_machine_probe(struct ag_machine *machine, const struct ag_ports *ports,
                      const struct pol_policy *policy);

/* For decisions; NULL: not known. */
const struct ag_client *ag_machine_client(const struct ag_machine *machine);

#endif
