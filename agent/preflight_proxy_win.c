#include "agent/preflight_proxy_win.h"

#include "agent/proxy_said_win.h"
#include "agent/registry_win.h"
#include "agent/token_win.h"
#include "base/log.h"
#include "base/text_win.h"

#include <stdlib.h>
#include <string.h>

#include <winhttp.h>

/* Where one lookup stands. */
struct lookup {
    const wchar_t *url;
    const struct ag_probe_target *target;
    struct ag_proxy_list list;
    bool found;
    DWORD error; /* why a place that should say something did not */
};

static void take_lists(struct lookup *l, const wchar_t *list, const wchar_t *bypass)
{
    ag_proxy_said_read(list, bypass, l->target->host, l->target->port, &l->list);
    l->found = true;
}

/* ---- scripts ------------------------------------------------------------------------------- */

/* pac_url NULL: WPAD. Whoever may write a PAC file's address must not have his script run with our
 * rights: hence only by the service that Windows has for that. */
static void ask_script(struct lookup *l, const wchar_t *pac_url)
{
    WINHTTP_AUTOPROXY_OPTIONS options = {
        .dwFlags = WINHTTP_AUTOPROXY_RUN_OUTPROCESS_ONLY |
                   (pac_url != NULL ? WINHTTP_AUTOPROXY_CONFIG_URL : WINHTTP_AUTOPROXY_AUTO_DETECT),
        .dwAutoDetectFlags =
            pac_url != NULL ? 0 : WINHTTP_AUTO_DETECT_TYPE_DHCP | WINHTTP_AUTO_DETECT_TYPE_DNS_A,
        .lpszAutoConfigUrl = pac_url,
        .fAutoLogonIfChallenged = FALSE,
    };
    WINHTTP_PROXY_INFO info = {0};
    HINTERNET session = WinHttpOpen(L"mapi-rollout-agent", WINHTTP_ACCESS_TYPE_NO_PROXY,
                                    WINHTTP_NO_PROXY_NAME, WINHTTP_NO_PROXY_BYPASS, 0);
    if (session == NULL || !WinHttpGetProxyForUrl(session, l->url, &options, &info)) {
        DWORD error = GetLastError();
        bool none = pac_url == NULL && error == ERROR_WINHTTP_AUTODETECTION_FAILED;
        l->error = none ? l->error : error;
    } else {
        bool named = info.dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY;
        take_lists(l, named ? info.lpszProxy : NULL, info.lpszProxyBypass);
        ag_proxy_said_free(info.lpszProxy);
        ag_proxy_said_free(info.lpszProxyBypass);
    }
    if (session != NULL) {
        (void)WinHttpCloseHandle(session);
    }
}

/* ---- whose settings ------------------------------------------------------------------------ */

/* In the order of Windows' own programs. */
static void ask_settings(struct lookup *l, const WINHTTP_CURRENT_USER_IE_PROXY_CONFIG *config)
{
    if (config->fAutoDetect) {
        ask_script(l, NULL);
    }
    if (!l->found && config->lpszAutoConfigUrl != NULL) {
        ask_script(l, config->lpszAutoConfigUrl);
    }
    if (!l->found && config->lpszProxy != NULL) {
        take_lists(l, config->lpszProxy, config->lpszProxyBypass);
    }
}

static void free_settings(WINHTTP_CURRENT_USER_IE_PROXY_CONFIG *config)
{
    ag_proxy_said_free(config->lpszAutoConfigUrl);
    ag_proxy_said_free(config->lpszProxy);
    ag_proxy_said_free(config->lpszProxyBypass);
}

/* netsh winhttp set proxy */
static void ask_machine(struct lookup *l)
{
    WINHTTP_PROXY_INFO info = {0};
    if (WinHttpGetDefaultProxyConfiguration(&info) &&
        info.dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY && info.lpszProxy != NULL) {
        take_lists(l, info.lpszProxy, info.lpszProxyBypass);
    }
    ag_proxy_said_free(info.lpszProxy);
    ag_proxy_said_free(info.lpszProxyBypass);
}

/* A console program of an administrator has settings of its own; the service has none that matter. */
static bool we_are_a_user(const struct ag_session_calls *calls)
{
    HANDLE token = NULL;
    char *sid = NULL;
    bool user = false;
    if (calls->own_token(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        user = ag_token_user(calls, token, &sid, NULL) == ST_OK && ag_sid_is_user(sid);
        (void)calls->close(token);
    }
    free(sid);
    return user;
}

/* With this user's rights; false: he has no session any more, or nothing can be read. */
static bool read_as(struct ag_sessions *sessions, const char *sid,
                    WINHTTP_CURRENT_USER_IE_PROXY_CONFIG *config)
{
    struct ag_identity identity = {.asked = false};
    bool read = false;
    if (ag_identity_take(sessions, sid, &identity, NULL) == ST_OK && identity.token != NULL) {
        read = WinHttpGetIEProxyConfigForCurrentUser(config);
        ag_identity_drop(sessions, &identity);
    }
    ag_identity_done(sessions, &identity);
    return read;
}

/* False: nobody is logged on whose settings could be read. */
static bool read_settings(const struct ag_session_calls *calls,
                          WINHTTP_CURRENT_USER_IE_PROXY_CONFIG *config)
{
    struct ag_sessions *sessions = NULL;
    struct ag_groups users = {0};
    bool read = false;
    enum status st = ag_sessions_new(calls, &sessions, NULL);
    if (st == ST_OK) {
        st = ag_sessions_look(sessions, &users, NULL);
        log_write(LOG_DEBUG, "event=sessions_for_proxies users=%zu why=%s", users.count,
                  status_name(st));
        for (size_t i = 0; !read && i < users.count; i++) {
            read = read_as(sessions, users.users[i].sid, config);
        }
    }
    if (!read && we_are_a_user(calls)) {
        read = WinHttpGetIEProxyConfigForCurrentUser(config);
    }
    ag_groups_done(&users);
    ag_sessions_free(sessions);
    return read;
}

DWORD ag_preflight_find_proxies(const struct ag_session_calls *calls, const char *url,
                                const struct ag_probe_target *target, struct ag_proxy_list *out)
{
    WINHTTP_CURRENT_USER_IE_PROXY_CONFIG config = {0};
    struct lookup l = {.target = target, .list = {.count = 1}};
    wchar_t *wide = NULL;
    if (text_to_wide(url, &wide) != ST_OK) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    l.url = wide;
    if (read_settings(calls, &config)) {
        ask_settings(&l, &config);
    } else {
        ask_machine(&l);
    }
    free_settings(&config);
    free(wide);
    if (!l.found && l.error != ERROR_SUCCESS) {
        return l.error;
    }
    *out = l.list; /* nothing is set: straight on */
    return ERROR_SUCCESS;
}
