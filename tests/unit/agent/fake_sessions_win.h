/* fake_sessions_win.h - a Windows with several sessions, for what Wine has one of.
 *
 * Tokens are small numbers, each open until it is closed; every call can be made to fail. What was
 * done is a line of words. Each test has its own copy: the state is static.
 * Effects: none but on its own state    Units:  none
 * Owns:    nothing                      Errors: failed assertions
 * Threads: one thread                   Source: agent/sessions_win.h
 */
#ifndef TESTS_UNIT_AGENT_FAKE_SESSIONS_WIN_H
#define TESTS_UNIT_AGENT_FAKE_SESSIONS_WIN_H

#include "agent/sessions_win.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sddl.h>

enum { FAKE_SESSIONS = 8, FAKE_GROUPS = 6, FAKE_TOKENS = 64 };

struct fake_group {
    const char *sid;
    DWORD attributes;
};

struct fake_session {
    ULONG id;
    WTS_CONNECTSTATE_CLASS state;
    const char *sid; /* NULL: nobody is logged on */
    struct fake_group groups[FAKE_GROUPS];
    DWORD no_token;  /* query_token says this; 0: it works */
    DWORD no_answer; /* token_information says this */
};

static struct {
    struct fake_session sessions[FAKE_SESSIONS];
    DWORD count;
    struct fake_session own; /* of the process itself */
    DWORD no_list;           /* enumerate says this */
    DWORD no_impersonation;
    DWORD no_revert;
    DWORD ended;                                    /* the process, with this code */
    const struct fake_session *tokens[FAKE_TOKENS]; /* what each number stands for; NULL: closed */
    unsigned opened;
    unsigned lists;                    /* given out and not freed yet */
    const struct fake_session *acting; /* as whom */
    void (*at_impersonation)(void);
    void (*at_revert)(void);
    char done[512];
} fake;

static inline BOOL fake_fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

static inline void fake_note(const char *what)
{
    size_t size = strlen(fake.done);
    (void)snprintf(fake.done + size, sizeof fake.done - size, "%s ", what);
}

static inline BOOL WINAPI fake_enumerate(HANDLE server, DWORD reserved, DWORD version,
                                         WTS_SESSION_INFOW **out, DWORD *count)
{
    assert_null(server);
    assert_int_equal(reserved, 0);
    assert_int_equal(version, 1);
    if (fake.no_list != 0) {
        return fake_fail(fake.no_list);
    }
    WTS_SESSION_INFOW *list = calloc(FAKE_SESSIONS, sizeof *list);
    assert_non_null(list);
    for (DWORD i = 0; i < fake.count; i++) {
        list[i].SessionId = fake.sessions[i].id;
        list[i].State = fake.sessions[i].state;
    }
    fake.lists++;
    *out = list;
    *count = fake.count;
    return TRUE;
}

static inline void WINAPI fake_free_memory(void *memory)
{
    fake.lists--;
    free(memory);
}

static inline HANDLE fake_open(const struct fake_session *session)
{
    for (size_t i = 1; i < FAKE_TOKENS; i++) {
        if (fake.tokens[i] == NULL) {
            fake.tokens[i] = session;
            fake.opened++;
            return (HANDLE)i;
        }
    }
    fail_msg("too many tokens are open");
    return NULL;
}

static inline BOOL WINAPI fake_query_token(ULONG id, HANDLE *out)
{
    for (DWORD i = 0; i < fake.count; i++) {
        const struct fake_session *session = &fake.sessions[i];
        if (session->id != id) {
            continue;
        }
        if (session->no_token != 0 || session->sid == NULL) {
            return fake_fail(session->no_token != 0 ? session->no_token : ERROR_NO_TOKEN);
        }
        *out = fake_open(session);
        return TRUE;
    }
    return fake_fail(ERROR_FILE_NOT_FOUND);
}

static inline BOOL WINAPI fake_own_token(HANDLE process, DWORD access, HANDLE *out)
{
    assert_ptr_equal(process, GetCurrentProcess());
    assert_int_equal(access, TOKEN_QUERY);
    if (fake.own.no_token != 0) {
        return fake_fail(fake.own.no_token);
    }
    *out = fake_open(&fake.own);
    return TRUE;
}

/* Behind the structure, as Windows puts them. */
static inline PSID fake_put_sid(BYTE **at, const char *text)
{
    wchar_t wide[192];
    PSID sid = NULL;
    (void)swprintf(wide, 192, L"%hs", text);
    assert_true(ConvertStringSidToSidW(wide, &sid));
    DWORD size = GetLengthSid(sid);
    BYTE *place = *at;
    memcpy(place, sid, size);
    *at += size;
    (void)LocalFree(sid);
    return place;
}

static inline DWORD fake_user(const struct fake_session *session, BYTE *out)
{
    BYTE *at = out + sizeof(TOKEN_USER);
    TOKEN_USER *user = (TOKEN_USER *)out;
    user->User.Sid = fake_put_sid(&at, session->sid);
    return (DWORD)(at - out);
}

static inline DWORD fake_groups(const struct fake_session *session, BYTE *out)
{
    TOKEN_GROUPS *groups = (TOKEN_GROUPS *)out;
    BYTE *at = out + sizeof(TOKEN_GROUPS) + FAKE_GROUPS * sizeof groups->Groups[0];
    for (size_t i = 0; i < FAKE_GROUPS && session->groups[i].sid != NULL; i++) {
        groups->Groups[groups->GroupCount].Sid = fake_put_sid(&at, session->groups[i].sid);
        groups->Groups[groups->GroupCount++].Attributes = session->groups[i].attributes;
    }
    return (DWORD)(at - out);
}

static inline BOOL WINAPI fake_token_information(HANDLE token, TOKEN_INFORMATION_CLASS class,
                                                 void *out, DWORD size, DWORD *need)
{
    static union {
        TOKEN_GROUPS aligned;
        BYTE bytes[4096];
    } all;
    const struct fake_session *session = fake.tokens[(size_t)token];
    assert_non_null(session);
    if (session->no_answer != 0) {
        return fake_fail(session->no_answer);
    }
    memset(&all, 0, sizeof all);
    *need = class == TokenUser ? fake_user(session, all.bytes) : fake_groups(session, all.bytes);
    if (size < *need) {
        return fake_fail(ERROR_INSUFFICIENT_BUFFER);
    }
    /* The SIDs stay in the static copy: nobody looks at a second token before he is done. */
    memcpy(out, &all, *need);
    return TRUE;
}

static inline BOOL WINAPI fake_close(HANDLE handle)
{
    assert_non_null(fake.tokens[(size_t)handle]);
    fake.tokens[(size_t)handle] = NULL;
    return TRUE;
}

static inline BOOL WINAPI fake_impersonate(HANDLE token)
{
    assert_non_null(fake.tokens[(size_t)token]);
    assert_null(fake.acting);
    if (fake.no_impersonation != 0) {
        return fake_fail(fake.no_impersonation);
    }
    fake.acting = fake.tokens[(size_t)token];
    fake_note(fake.acting->sid);
    if (fake.at_impersonation != NULL) {
        fake.at_impersonation();
    }
    return TRUE;
}

static inline BOOL WINAPI fake_revert(void)
{
    assert_non_null(fake.acting);
    if (fake.at_revert != NULL) {
        fake.at_revert();
    }
    if (fake.no_revert != 0) {
        return fake_fail(fake.no_revert);
    }
    fake.acting = NULL;
    fake_note("revert");
    return TRUE;
}

static inline void fake_end_process(DWORD os_code)
{
    fake.ended = os_code;
    fake.acting = NULL;
    fake_note("end");
}

static const struct ag_session_calls FAKE_CALLS = {
    .enumerate = fake_enumerate,
    .free_memory = fake_free_memory,
    .query_token = fake_query_token,
    .own_token = fake_own_token,
    .token_information = fake_token_information,
    .close = fake_close,
    .impersonate = fake_impersonate,
    .revert = fake_revert,
    .end_process = fake_end_process,
};

/* As a service: nobody is logged on, and we are the system. */
static inline void fake_reset(void)
{
    memset(&fake, 0, sizeof fake);
    fake.own.sid = "S-1-5-18";
}

static inline struct fake_session *fake_logon(ULONG id, const char *sid)
{
    assert_true(fake.count < FAKE_SESSIONS);
    struct fake_session *session = &fake.sessions[fake.count++];
    *session = (struct fake_session){.id = id, .state = WTSActive, .sid = sid};
    return session;
}

static inline void fake_logoff(ULONG id)
{
    for (DWORD i = 0; i < fake.count; i++) {
        if (fake.sessions[i].id == id) {
            fake.count--;
            memmove(&fake.sessions[i], &fake.sessions[i + 1],
                    (fake.count - i) * sizeof fake.sessions[0]);
            return;
        }
    }
    fail_msg("no session %lu", id);
}

static inline void fake_add_group(struct fake_session *session, const char *sid, DWORD attributes)
{
    size_t i = 0;
    while (session->groups[i].sid != NULL) {
        i++;
        assert_true(i < FAKE_GROUPS);
    }
    session->groups[i] = (struct fake_group){sid, attributes};
}

static inline void fake_expect_all_closed(void)
{
    for (size_t i = 0; i < FAKE_TOKENS; i++) {
        assert_null(fake.tokens[i]);
    }
    assert_int_equal(fake.lists, 0);
    assert_null(fake.acting);
}

/* All groups, a blank behind each; NULL: not known. */
static inline void fake_expect_groups(const struct ag_groups *groups, const char *sid,
                                      const char *expected)
{
    char text[256] = "";
    const struct ag_kept_groups *user = ag_groups_find(groups, sid);
    if (expected == NULL) {
        assert_null(user);
        return;
    }
    assert_non_null(user);
    for (const char *g = ag_groups_next(user, NULL); g != NULL; g = ag_groups_next(user, g)) {
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", g);
    }
    assert_string_equal(text, expected);
}

#endif
