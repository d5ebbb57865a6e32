/* exchange.h - one request on its way between a simulated machine and the server.
 *
 * Effects: none       Units:  _ms of virtual time
 * Owns:    the answer's body, until the machine takes it
 * Errors:  none       Threads: one thread    Source: agent/ports.h
 */
#ifndef TESTS_SIM_EXCHANGE_H
#define TESTS_SIM_EXCHANGE_H

#include "agent/ports.h"

struct sim_exchange {
    unsigned machine; /* who asked */
    bool busy;
    bool held; /* by the server, until at_ms or a release */
    uint32_t wait_s;
    uint64_t started_ms;
    uint64_t at_ms; /* when the answer comes */
    struct ag_answer answer;
};

#endif
