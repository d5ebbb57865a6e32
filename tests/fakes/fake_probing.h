/* fake_probing.h - servers that answer what a test wants, when it wants. */
#ifndef TESTS_FAKES_FAKE_PROBING_H
#define TESTS_FAKES_FAKE_PROBING_H

#include "agent/preflight.h"

struct fake_probing {
    struct ag_probed asked[AG_PREFLIGHT_URLS]; /* the last ones, with what they will answer */
    size_t count;
    unsigned starts;
    bool running; /* begun and not taken */
    bool done;
    bool off_network;
    enum status refuses; /* of the next starts; ST_OK: none */
};

struct ag_probing fake_probing_port(struct fake_probing *probing);

/* All that were asked answer this. */
void fake_probing_answer(struct fake_probing *probing, enum pol_verdict verdict);
/* All that were asked answer READY, and this one something else. */
void fake_probing_answer_but(struct fake_probing *probing, const char *url,
                             const struct ag_probe_result *result);

#endif
