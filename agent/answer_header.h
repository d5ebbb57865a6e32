/* answer_header.h - pick what we need out of the header lines of an answer.
 *
 * Effects: none       Units:  bytes, seconds
 * Owns:    nothing    Errors: none; what is malformed or too long counts as not there
 * Threads: safe       Source: docs/protocol.md "Agents"; RFC 9110
 */
#ifndef AGENT_ANSWER_HEADER_H
#define AGENT_ANSWER_HEADER_H

#include "agent/ports.h"

/* One line as it came, hostile and without a NUL. A status line begins another answer: what an
 * earlier one (100 Continue) said is forgotten. */
void ag_answer_header_read(struct ag_answer *answer, const char *line, size_t size);

#endif
