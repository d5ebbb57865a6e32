/* preflight_answer.h - read what a probed server says of itself in headers and in a page's first bytes.
 *
 * Everything in it was written by whoever answered: what makes no sense is left out.
 * Effects: none                            Units:  bytes
 * Owns:    nothing (fixed arrays)          Errors: none: what cannot be understood is not there
 * Threads: safe                            Source: RFC 9110 sections 5 and 11 (fields, challenges);
 *                                                  docs/outlook.md "Preflight"
 */
#ifndef AGENT_PREFLIGHT_ANSWER_H
#define AGENT_PREFLIGHT_ANSWER_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

/* Ways to log on that a server may offer. */
enum ag_scheme {
    AG_SCHEME_NEGOTIATE,
    AG_SCHEME_NTLM,
    AG_SCHEME_KERBEROS,
    AG_SCHEME_BEARER,
    AG_SCHEME_BASIC,
    AG_SCHEME_DIGEST,
    AG_SCHEME_OTHER, /* whatever else is offered */
    AG_SCHEME_COUNT
};
extern const char *const AG_SCHEME_WORDS[AG_SCHEME_COUNT];

/* A set of them. */
enum { AG_SCHEMES_ALL = (1 << AG_SCHEME_COUNT) - 1 };
#define AG_SCHEME_BIT(scheme) (1u << (scheme))

/* The next field of that name behind *at, which begins at 0; the status line is none. The value
 * comes without blanks around it. */
bool ag_answer_field(struct span headers, const char *name, size_t *at, struct span *value);

/* Their words; returns how many. */
size_t ag_scheme_words(unsigned schemes, const char *out[AG_SCHEME_COUNT]);

/* The schemes of all WWW-Authenticate fields together. */
unsigned ag_answer_schemes(struct span headers);

enum { AG_SERVER_VERSION_BYTES = sizeof "65535.65535.65535.65535" };

/* The build of Exchange as four numbers, out of X-OWA-Version; false: it is not said. */
bool ag_answer_version(struct span headers, char text[AG_SERVER_VERSION_BYTES], uint64_t *version);

/* Does a page begin with "200 OK", as that of a healthy Exchange? */
bool ag_answer_says_ok(struct span body);

/* Is there a form in it, for somebody to log on? */
bool ag_answer_has_form(struct span body);

#endif
