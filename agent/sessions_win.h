/* sessions_win.h - who is logged on, with which groups, and how to act with his rights.
 *
 * A session's token says who its user is and which groups Windows counted him into, nested ones
 * too. Tokens are held for a moment only: one that stays open would keep a session alive. All that
 * only Windows can show goes through a table of functions.
 * Effects: asks the session manager; changes the calling thread's identity
 * Units:   none                              Owns:   struct ag_sessions and struct ag_identity;
 * Errors:  ST_IO, ST_DENIED, ST_NO_MEMORY;           their own functions free them
 *          a session that goes is none       Source: WTSQueryUserToken, ImpersonateLoggedOnUser
 * Threads: one thread
 */
#ifndef AGENT_SESSIONS_WIN_H
#define AGENT_SESSIONS_WIN_H

#include "agent/groups.h"

#include <windows.h>

#include <wtsapi32.h>

struct ag_session_calls {
    BOOL(WINAPI *enumerate)
    (HANDLE server, DWORD reserved, DWORD version, WTS_SESSION_INFOW **out, DWORD *count);
    void(WINAPI *free_memory)(void *memory);
    BOOL(WINAPI *query_token)(ULONG session, HANDLE *out);
    BOOL(WINAPI *own_token)(HANDLE process, DWORD access, HANDLE *out);
    BOOL(WINAPI *token_information)
    (HANDLE token, TOKEN_INFORMATION_CLASS class, void *out, DWORD size, DWORD *need);
    BOOL(WINAPI *close)(HANDLE handle);
    BOOL(WINAPI *impersonate)(HANDLE token);
    BOOL(WINAPI *revert)(void);
    void (*end_process)(DWORD os_code); /* does not come back but in tests */
};
extern const struct ag_session_calls AG_SESSION_CALLS;

struct ag_sessions;

/* The table must outlive it. */
enum status ag_sessions_new(const struct ag_session_calls *calls, struct ag_sessions **out,
                            struct err *err) MUST_USE;
void ag_sessions_free(struct ag_sessions *sessions); /* NULL is fine */

/* Look at all sessions, and put what their tokens say of groups into the table; a user with several
 * sessions is in the groups of all of them. The process's own user counts, too, if he is a person.
 * What cannot be looked at leaves the table as it is; the first failure is returned at the end. */
enum status ag_sessions_look(struct ag_sessions *sessions, struct ag_groups *groups,
                             struct err *err) MUST_USE;

/* ---- acting with a user's rights ----------------------------------------------------------- */

/* The token of one user, if a session of his is there. Zeroed: not asked for yet. */
struct ag_identity {
    bool asked;
    HANDLE token; /* NULL: no session */
};

/* From here to ag_identity_drop() the kernel checks the user's rights; without a session our own.
 * After anything but ST_OK the rights are our own, and are not meant to be used in his stead.
 * sessions may be NULL: our own rights. */
enum status ag_identity_take(struct ag_sessions *sessions, const char *sid,
                             struct ag_identity *identity, struct err *err) MUST_USE;
/* Ends the process if Windows does not give us our own identity back: to go on as somebody else, or
 * to believe that we are ourselves, would be worse. */
void ag_identity_drop(struct ag_sessions *sessions, const struct ag_identity *identity);
void ag_identity_done(struct ag_sessions *sessions, struct ag_identity *identity);

#endif
