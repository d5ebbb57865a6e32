/* source_file.h - take a policy that somebody put into the data directory.
 *
 * [fetch] -> verify -> evaluate -> apply -> observe -> report
 *
 * policy.jws goes through the same steps as what the server sends. Afterwards it is deleted, or
 * renamed policy.jws.refused; one that came too early stays until its time comes.
 * Effects: reads, deletes or renames a file         Units:  seconds since 1970 UTC
 * Owns:    nothing                                  Errors: those of the vault; a refusal is an
 *                                                           answer, as in accept.h
 * Threads: one thread                               Source: docs/policy-format.md "Acceptance on
 *                                                           the agent"
 */
#ifndef AGENT_SOURCE_FILE_H
#define AGENT_SOURCE_FILE_H

#include "agent/accept.h"

struct ag_source_file {
    bool patient;                   /* look twice before refusing: it may still be being copied */
    char seen[DIGEST_HEX_BYTES];    /* refused at the last look, and left for another one */
    char settled[DIGEST_HEX_BYTES]; /* done with, but it could not be moved out of the way */
};

/* What a look found. */
enum ag_found { AG_FOUND_NOTHING, AG_FOUND_OFFER };

/* Look for the file and offer it. AG_FOUND_OFFER: *offer says what came of it, and *why if it was
 * not taken. */
enum status ag_source_file_look(struct ag_source_file *source, struct ag_standing *standing,
                                int64_t now_s, enum ag_found *found, enum ag_offer *offer,
                                struct err *why) MUST_USE;

#endif
