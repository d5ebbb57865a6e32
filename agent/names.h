/* names.h - remember what Windows calls accounts, groups and this computer, and what to ask next.
 *
 * Asking may take half a minute while no domain controller answers, and nobody waits for it: what is
 * not known yet is NULL, and whoever owns the table asks in the background. An answer stays until a
 * better one comes, over a restart, too: Windows cannot tell "nobody has this SID" from "I could not
 * ask", so a name is never taken back, only replaced.
 * Effects: one file of the vault              Units:  ms monotonic
 * Owns:    struct ag_names;                   Errors: ST_NO_MEMORY and the vault's; a table that
 *          ag_names_done() frees                      cannot be read is an empty one
 * Threads: one thread                         Source: docs/policy-format.md "Rings"
 */
#ifndef AGENT_NAMES_H
#define AGENT_NAMES_H

#include "agent/ports.h"

enum {
    AG_NAMES_MOST = 16384, /* entries; beyond, those that were not wanted for longest go */
    AG_NAME_BYTES = 1024,  /* of the longest answer, a distinguished name */
    AG_NAMES_BATCH = 256,  /* asked at once */
    AG_NAMES_KEPT_FOR_MS = 24 * 60 * 60 * 1000, /* groups and accounts are renamed seldom */
    AG_NAMES_PLACE_FOR_MS = 60 * 60 * 1000,     /* computers move */
    AG_NAMES_LOADED_FOR_MS = 10 * 60 * 1000,    /* an answer of the run before, age unknown */
    AG_NAMES_PAUSE_MS = 60 * 1000,              /* after no answer; doubled each time */
    AG_NAMES_PAUSE_MOST_MS = 32 * 60 * 1000,
};

/* What is asked about besides SIDs: where this computer is. */
extern const char AG_NAMES_COMPUTER_OU[];
extern const char AG_NAMES_AD_SITE[];

struct ag_name; /* one entry */

struct ag_names {
    struct ag_name **sorted; /* by key */
    size_t count;
    uint32_t pass;
    bool full; /* in this pass: all are wanted */
    bool changed;
};

/* Whatever it returns, the table can be used. */
enum status ag_names_load(struct ag_names *names, const struct ag_vault *vault, uint64_t now_ms,
                          struct err *err) MUST_USE;
/* Writes only if something differs from the file. */
enum status ag_names_save(struct ag_names *names, const struct ag_vault *vault,
                          struct err *err) MUST_USE;
void ag_names_done(struct ag_names *names);

/* From now on it counts anew what is wanted. */
void ag_names_begin(struct ag_names *names);
/* The answer, or NULL; the key (a SID or one of the two above) is wanted from now on. */
const char *ag_names_find(struct ag_names *names, const char *key);

/* What is to be asked now: wanted since ag_names_begin(), and due. Each counts as asked until it is
 * answered; the keys belong to the table. Returns how many there are in the array. */
size_t ag_names_due(struct ag_names *names, uint64_t now_ms, const char *keys[AG_NAMES_BATCH]);
/* NULL: no answer. True if it differs from what was known. Keys that nobody wants are ignored. */
bool ag_names_answer(struct ag_names *names, const char *key, const char *name, uint64_t now_ms);

#endif
