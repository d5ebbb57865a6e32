/* sight.h - what one look at a user's Outlook brought, and what is installed on this machine.
 *
 * Raw facts, without any judgement: that depends on what was written and when (outlook_classify.h).
 * Effects: none                       Units:  seconds since 1970 UTC
 * Owns:    nothing (fixed arrays)     Errors: none
 * Threads: copied between threads     Source: docs/outlook.md "What is looked at"
 */
#ifndef AGENT_SIGHT_H
#define AGENT_SIGHT_H

#include "agent/outlook_autodiscover.h"
#include "agent/outlook_profile.h"

struct ag_sight {
    int64_t at_s;      /* -1: nobody looked yet */
    bool timed_out;    /* it took too long: nothing below is known */
    bool left_out;     /* an earlier look at him brought the agent down: nothing is known */
    bool policy_value; /* Software\Policies\Microsoft\Exchange has a MapiHttpDisabled of its own */
    struct ag_profiles profiles;
    struct ag_autodiscover_files files;
};

enum { AG_CLIENT_VERSION_BYTES = 32 };

/* The Outlook of this machine. */
struct ag_client {
    bool known;                            /* somebody looked */
    char version[AG_CLIENT_VERSION_BYTES]; /* "16.0.17328.20162"; "": none is installed */
    enum pol_bitness bitness;
    enum pol_install install;
    uint32_t dotnet_release; /* of .NET Framework 4.5 and later, for the inventory; 0: none */
};

#endif
