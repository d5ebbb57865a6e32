/* names_win.h - ask Windows for names, on a thread that nobody waits for.
 *
 * Looking a name up may hang for half a minute while no domain controller answers; neither applying
 * nor stopping waits for that. The thread and whoever started it share one block of memory, which
 * goes with the last of them: a look-up that hangs when we stop is left to itself, finds nobody any
 * more when it comes back, and ends.
 * Effects: a thread; asks domain controllers    Units:  ms
 * Owns:    struct ag_asker; ag_asker_stop()     Errors: ST_NO_MEMORY, ST_IO when it cannot start; what
 *          frees it                                     cannot be looked up is an answer without name
 * Threads: called from one; wake comes from     Source: LsaLookupSids, GetComputerObjectNameW,
 *          another                                      DsGetSiteNameW
 */
#ifndef AGENT_NAMES_WIN_H
#define AGENT_NAMES_WIN_H

#include "agent/names.h"

/* What is asked; a test plays Windows. Names are freed with free(). */
struct ag_asker_calls {
    /* names: as many as SIDs, all NULL; put in what is known. */
    void (*look_up)(const char *const *sids, size_t count, char **names);
    char *(*computer_ou)(void); /* NULL: not known */
    char *(*ad_site)(void);
};
extern const struct ag_asker_calls AG_ASKER_CALLS;

struct ag_asker;

/* wake (may be NULL) is called from the thread when answers are there; never after ag_asker_stop()
 * returned. It must not call back in here. */
enum status ag_asker_start(const struct ag_asker_calls *calls, void (*wake)(void *ctx), void *ctx,
                           struct ag_asker **out, struct err *err) MUST_USE;
/* Takes half a second at most, whatever hangs. NULL is fine. */
void ag_asker_stop(struct ag_asker *asker);

/* Hand over to be asked what is due in the table; nothing happens while it is busy. */
void ag_asker_ask(struct ag_asker *asker, struct ag_names *names, uint64_t now_ms);
/* Put answers that have come into the table; true if something there differs now. */
bool ag_asker_take(struct ag_asker *asker, struct ag_names *names, uint64_t now_ms);
/* Sleep until an answer is there or nothing is asked, at most for so long. */
void ag_asker_wait(struct ag_asker *asker, uint32_t most_ms);

#endif
