/* users_win.h - list the people who have a profile on this machine, and what is known of them.
 *
 * Loaded hives of HKEY_USERS first, then the rest of Windows' own list of profiles. Accounts of the
 * system (S-1-5-18 and the like, services, .DEFAULT, the _Classes halves), profiles that Windows put
 * aside (.bak) and left-overs without a folder are nobody's setting. Groups come from the tokens of
 * sessions, names from a thread that is never waited for; both are kept in the vault, so that after a
 * restart they are there at once.
 * Effects: reads the registry, asks about sessions, writes two files of the vault; a thread
 * Units:   ms monotonic                              Owns:   struct ag_users_win;
 * Errors:  ST_IO, ST_DENIED, ST_NO_MEMORY; what              ag_users_win_free() frees it
 *          is not known of a user is NULL            Source: docs/architecture.md "Windows"
 * Threads: one thread; ag_hives_list() any
 */
#ifndef AGENT_USERS_WIN_H
#define AGENT_USERS_WIN_H

#include "agent/names_win.h"
#include "agent/sessions_win.h"
#include "agent/users.h"

struct ag_users_win;

struct ag_users_win_options {
    const struct ag_vault *vault; /* NULL: nothing is known from before */
    bool keeps;                   /* writes into the vault; else it is somebody else's */
    struct ag_sessions *sessions;
    struct ag_host *host;    /* whose place in the domain is kept up to date; NULL: nobody asks */
    uint32_t patience_ms;    /* how long a listing may wait for names; 0: not at all */
    void (*wake)(void *ctx); /* from another thread: ag_users_win_take_news() may have some */
    void *ctx;
    const struct ag_asker_calls *names; /* NULL: Windows itself */
};

/* What the options point to must outlive it. */
enum status ag_users_win_new(const struct ag_users_win_options *options, struct ag_users_win **out,
                             struct err *err) MUST_USE;
/* After it nothing is woken any more. NULL is fine. */
void ag_users_win_free(struct ag_users_win *users);

/* The port; its ctx is the struct. */
struct ag_users ag_users_win_port(struct ag_users_win *users);

/* Did looking names up bring anything that a new listing would show? */
bool ag_users_win_take_news(struct ag_users_win *users);

/* The people whose hives are loaded now. */
enum status ag_hives_list(struct ag_sid_list *out, struct err *err) MUST_USE;

#endif
