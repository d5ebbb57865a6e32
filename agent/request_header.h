/* request_header.h - write the header lines of a request.
 *
 * Effects: none                                Units:  bytes
 * Owns:    nothing; each line is wiped after   Errors: ST_TOO_LARGE, ST_NO_MEMORY, and what visit
 *          its visit: some carry tokens                says
 * Threads: safe                                Source: docs/protocol.md "Agents"
 */
#ifndef AGENT_REQUEST_HEADER_H
#define AGENT_REQUEST_HEADER_H

#include "agent/ports.h"

/* Call visit for each line, "Name: value" without an end of line; "Name:" takes a header away that
 * the HTTP library would send by itself. */
enum status ag_request_header_write(const struct ag_request *request,
                                    enum status (*visit)(void *ctx, const char *line),
                                    void *ctx) MUST_USE;

#endif
