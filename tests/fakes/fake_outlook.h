/* fake_outlook.h - one machine's Outlooks, as a test wants them. */
#ifndef TESTS_FAKES_FAKE_OUTLOOK_H
#define TESTS_FAKES_FAKE_OUTLOOK_H

#include "agent/ports.h"

struct fake_outlook {
    const char *sid; /* whose Outlook runs; NULL: nobody's */
    int64_t started_s;
    bool unknown; /* processes cannot be listed */
};

struct ag_outlook fake_outlook_port(struct fake_outlook *outlook);

#endif
