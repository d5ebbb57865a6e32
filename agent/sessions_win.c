#include "agent/sessions_win.h"

#include "agent/registry_win.h"
#include "agent/token_win.h"
#include "base/clock.h"
#include "base/error_win.h"

#include <stdlib.h>
#include <string.h>

enum {
    SESSIONS_MOST = 4096,
    SERVICES_SESSION = 0,
    /* A token says the same for as long as its session lasts: looking again is for the case that a
     * number was given to another session unseen. */
    LOOK_AGAIN_MS = 10 * 60 * 1000,
};

static void end_process(DWORD os_code)
{
    (void)TerminateProcess(GetCurrentProcess(), os_code);
}

const struct ag_session_calls AG_SESSION_CALLS = {
    .enumerate = WTSEnumerateSessionsW,
    .free_memory = WTSFreeMemory,
    .query_token = WTSQueryUserToken,
    .own_token = OpenProcessToken,
    .token_information = GetTokenInformation,
    .close = CloseHandle,
    .impersonate = ImpersonateLoggedOnUser,
    .revert = RevertToSelf,
    .end_process = end_process,
};

/* Whose session it was when its token was seen last. */
struct session {
    ULONG id;
    char *sid; /* NULL: nobody's */
};

struct ag_sessions {
    const struct ag_session_calls *calls;
    struct session *list;
    size_t count;
    bool looked;
    bool look_again; /* somebody came or went since tokens were read */
    uint64_t looked_ms;
};

enum status ag_sessions_new(const struct ag_session_calls *calls, struct ag_sessions **out,
                            struct err *err)
{
    struct ag_sessions *sessions = calloc(1, sizeof *sessions);
    if (sessions == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the sessions");
    }
    sessions->calls = calls;
    *out = sessions;
    return ST_OK;
}

static void free_list(struct session *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(list[i].sid);
    }
    free(list);
}

void ag_sessions_free(struct ag_sessions *sessions)
{
    if (sessions != NULL) {
        free_list(sessions->list, sessions->count);
        free(sessions);
    }
}

/* ---- tokens -------------------------------------------------------------------------------- */

/* ST_NOT_FOUND: nobody is logged on there, the session went, or we are nobody who may ask: a console
 * program without the service's privilege. */
static enum status open_token(const struct ag_sessions *sessions, ULONG id, HANDLE *out,
                              struct err *err)
{
    if (sessions->calls->query_token(id, out)) {
        return ST_OK;
    }
    DWORD error = GetLastError();
    switch (error) {
    case ERROR_NO_TOKEN:
    case ERROR_FILE_NOT_FOUND:
    case ERROR_CTX_WINSTATION_NOT_FOUND:
    case ERROR_PRIVILEGE_NOT_HELD:
        return err_set(err, ST_NOT_FOUND, error, "session %lu has no token for us", id);
    default: return error_set(err, error, "cannot get the token of session %lu", id);
    }
}

/* A session may end, and its number be given to somebody else, between any two calls: then it is
 * noted whose it is now. */
static enum status open_token_of(struct ag_sessions *sessions, struct session *session, HANDLE *out,
                                 struct err *err)
{
    char *sid = NULL;
    HANDLE token = NULL;
    enum status st = open_token(sessions, session->id, &token, err);
    if (st == ST_OK) {
        st = ag_token_user(sessions->calls, token, &sid, err);
    }
    if (st == ST_OK && strcmp(sid, session->sid) != 0) {
        st = err_set(err, ST_NOT_FOUND, 0, "session %lu is another user's now", session->id);
        free(session->sid);
        session->sid = sid;
        sid = NULL;
        sessions->look_again = true;
    }
    if (st == ST_OK) {
        *out = token;
        token = NULL;
    }
    if (token != NULL) {
        (void)sessions->calls->close(token);
    }
    free(sid);
    return st;
}

/* ---- looking ------------------------------------------------------------------------------- */

/* One pass over all sessions. */
struct look {
    struct ag_sessions *sessions;
    bool all;                    /* ask again those whose user is known, and read their groups */
    struct ag_token_list tokens; /* what was read */
    struct session *list;        /* what there is now */
    size_t count;
    enum status st;
    struct err *err;
};

/* The first failure is told; the others are like it. */
static void fail(struct look *look, enum status st, const struct err *why)
{
    if (look->st == ST_OK) {
        look->st = st;
        if (look->err != NULL) {
            *look->err = *why;
        }
    }
}

static const char *known_user(const struct session *list, size_t count, ULONG id)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].id == id) {
            return list[i].sid;
        }
    }
    return NULL;
}

/* NULL: nobody's, or not to be found out now. */
static char *ask_user(struct look *look, ULONG id)
{
    struct err err = {.st = ST_OK};
    HANDLE token = NULL;
    char *sid = NULL;
    enum status st = open_token(look->sessions, id, &token, &err);
    if (st == ST_OK) {
        st = ag_token_user(look->sessions->calls, token, &sid, &err);
        if (st == ST_OK && look->all && ag_sid_is_user(sid)) {
            st = ag_token_list_add(&look->tokens, look->sessions->calls, token, &err);
        }
        (void)look->sessions->calls->close(token);
    }
    if (st != ST_OK && st != ST_NOT_FOUND) {
        fail(look, st, &err);
    }
    return sid;
}

static bool has_user(const WTS_SESSION_INFOW *session)
{
    switch (session->State) {
    case WTSListen:
    case WTSReset:
    case WTSDown:
    case WTSInit: return false;
    case WTSActive:
    case WTSConnected:
    case WTSConnectQuery:
    case WTSShadow:
    case WTSDisconnected:
    case WTSIdle: break;
    }
    return session->SessionId != SERVICES_SESSION;
}

/* Sessions in which nobody is logged on are asked every time: somebody may have come. */
static void look_at_session(struct look *look, const WTS_SESSION_INFOW *session)
{
    struct ag_sessions *sessions = look->sessions;
    const char *known = known_user(sessions->list, sessions->count, session->SessionId);
    char *sid = NULL;
    if (!has_user(session)) {
        return;
    }
    sid = known != NULL && !look->all ? text_copy(known) : ask_user(look, session->SessionId);
    if (sid != NULL) {
        sessions->look_again = sessions->look_again || known == NULL;
        look->list[look->count++] = (struct session){.id = session->SessionId, .sid = sid};
    }
}

/* Find out which sessions there are and whose; that replaces what was known. */
static void look_at_sessions(struct look *look)
{
    struct ag_sessions *sessions = look->sessions;
    WTS_SESSION_INFOW *found = NULL;
    DWORD count = 0;
    struct err err = {.st = ST_OK};
    if (!sessions->calls->enumerate(WTS_CURRENT_SERVER_HANDLE, 0, 1, &found, &count)) {
        DWORD error = GetLastError();
        fail(look, error_set(&err, error, "cannot list the sessions"), &err);
        return;
    }
    count = count < SESSIONS_MOST ? count : SESSIONS_MOST;
    look->list = calloc((size_t)count + 1, sizeof *look->list);
    for (DWORD i = 0; look->list != NULL && i < count; i++) {
        look_at_session(look, &found[i]);
    }
    sessions->calls->free_memory(found);
    if (look->list == NULL) {
        fail(look, err_set(&err, ST_NO_MEMORY, 0, "no memory for %lu sessions", count), &err);
        return;
    }
    sessions->look_again = sessions->look_again || look->count != sessions->count;
    free_list(sessions->list, sessions->count);
    sessions->list = look->list;
    sessions->count = look->count;
}

/* A program in a console may not ask for sessions, but knows who it is. As a service we are nobody
 * whose setting is looked after. */
static void look_at_ourselves(struct look *look)
{
    const struct ag_session_calls *calls = look->sessions->calls;
    struct err err = {.st = ST_OK};
    HANDLE token = NULL;
    char *sid = NULL;
    if (!calls->own_token(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        DWORD error = GetLastError();
        fail(look, error_set(&err, error, "cannot open our own token"), &err);
        return;
    }
    enum status st = ag_token_user(calls, token, &sid, &err);
    if (st == ST_OK && ag_sid_is_user(sid) && !ag_token_list_has(&look->tokens, sid)) {
        st = ag_token_list_add(&look->tokens, calls, token, &err);
    }
    (void)calls->close(token);
    free(sid);
    if (st != ST_OK) {
        fail(look, st, &err);
    }
}

/* Read all tokens anew. */
static enum status read_all(struct ag_sessions *sessions, struct ag_groups *groups, struct err *err)
{
    struct look look = {.sessions = sessions, .all = true, .err = err};
    struct err why = {.st = ST_OK};
    sessions->look_again = false;
    look_at_sessions(&look);
    look_at_ourselves(&look);
    enum status st = ag_token_list_keep(&look.tokens, groups, &why);
    if (st != ST_OK) {
        fail(&look, st, &why);
    }
    ag_token_list_done(&look.tokens);
    sessions->looked = look.st == ST_OK;
    sessions->looked_ms = clock_monotonic_ms();
    sessions->look_again = false;
    return look.st;
}

enum status ag_sessions_look(struct ag_sessions *sessions, struct ag_groups *groups,
                             struct err *err)
{
    struct look look = {.sessions = sessions, .err = err};
    if (sessions->looked && clock_monotonic_ms() - sessions->looked_ms < LOOK_AGAIN_MS) {
        look_at_sessions(&look);
        if (!sessions->look_again) {
            return look.st;
        }
    }
    return read_all(sessions, groups, err);
}

/* ---- acting with a user's rights ----------------------------------------------------------- */

/* Sessions that came since the last look are asked whose they are; the others are known. If one of
 * them cannot be asked it may be his: then there is no going on without its token. */
static enum status find_token(struct ag_sessions *sessions, const char *sid, HANDLE *out,
                              struct err *err)
{
    struct look look = {.sessions = sessions, .err = err};
    look_at_sessions(&look);
    for (size_t i = 0; i < sessions->count; i++) {
        if (strcmp(sessions->list[i].sid, sid) != 0) {
            continue;
        }
        enum status st = open_token_of(sessions, &sessions->list[i], out, err);
        if (st != ST_NOT_FOUND) {
            return st;
        }
    }
    return look.st;
}

enum status ag_identity_take(struct ag_sessions *sessions, const char *sid,
                             struct ag_identity *identity, struct err *err)
{
    if (sessions == NULL) {
        return ST_OK;
    }
    if (!identity->asked) {
        enum status st = find_token(sessions, sid, &identity->token, err);
        if (st != ST_OK) {
            return st;
        }
        identity->asked = true;
    }
    if (identity->token != NULL && !sessions->calls->impersonate(identity->token)) {
        DWORD error = GetLastError();
        return error_set(err, error, "cannot act with the rights of %s", sid);
    }
    return ST_OK;
}

void ag_identity_drop(struct ag_sessions *sessions, const struct ag_identity *identity)
{
    if (identity->token != NULL && !sessions->calls->revert()) {
        sessions->calls->end_process(GetLastError());
    }
}

void ag_identity_done(struct ag_sessions *sessions, struct ag_identity *identity)
{
    if (identity->token != NULL) {
        (void)sessions->calls->close(identity->token);
    }
    *identity = (struct ag_identity){0};
}
