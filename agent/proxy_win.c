#include "agent/proxy_win.h"

#include "agent/proxy_said_win.h"
#include "base/clock.h"
#include "base/error_win.h"
#include "base/log.h"
#include "base/text_win.h"

#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <winhttp.h>

enum {
    KEEP_MS = 60 * 60 * 1000, /* WPAD is two broadcasts: an hour apart nobody notices */
    GAP_MS = 60 * 1000,
    STOP_MS = 1000, /* WPAD cannot be interrupted, and stopping takes two seconds at most */
};

struct ag_proxy_win {
    void (*changed)(void *ctx);
    void *ctx;
    wchar_t *server_url;
    wchar_t *pac_url; /* NULL: as the machine is set up */
    char host[AG_PROXY_HOST_BYTES];
    uint16_t port;
    HANDLE thread;
    HANDLE stop;
    HANDLE wanted;
    SRWLOCK lock; /* for all below */
    struct ag_proxy_list list;
    bool known;
    bool stopped;
    uint64_t found_ms;
};

/* ---- asking Windows ------------------------------------------------------------------------ */

/* What was said, for our server. */
static void take_lists(const struct ag_proxy_win *proxies, const wchar_t *list,
                       const wchar_t *bypass, struct ag_proxy_list *out)
{
    ag_proxy_said_read(list, bypass, proxies->host, proxies->port, out);
}

/* pac_url NULL: WPAD. False: there is none, or it says nothing now. */
static bool ask_script(const struct ag_proxy_win *proxies, HINTERNET session,
                       const wchar_t *pac_url, struct ag_proxy_list *out)
{
    WINHTTP_AUTOPROXY_OPTIONS options = {
        .dwFlags = pac_url != NULL ? WINHTTP_AUTOPROXY_CONFIG_URL : WINHTTP_AUTOPROXY_AUTO_DETECT,
        .dwAutoDetectFlags =
            pac_url != NULL ? 0 : WINHTTP_AUTO_DETECT_TYPE_DHCP | WINHTTP_AUTO_DETECT_TYPE_DNS_A,
        .lpszAutoConfigUrl = pac_url,
        .fAutoLogonIfChallenged = FALSE,
    };
    WINHTTP_PROXY_INFO info = {0};
    if (!WinHttpGetProxyForUrl(session, proxies->server_url, &options, &info)) {
        DWORD error = GetLastError();
        bool none = pac_url == NULL && error == ERROR_WINHTTP_AUTODETECTION_FAILED;
        log_write(none ? LOG_DEBUG : LOG_WARNING, "event=proxies_not_found by=%s os_code=%lu",
                  pac_url != NULL ? "pac" : "wpad", error);
        return false;
    }
    bool named = info.dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY;
    take_lists(proxies, named ? info.lpszProxy : NULL, info.lpszProxyBypass, out);
    ag_proxy_said_free(info.lpszProxy);
    ag_proxy_said_free(info.lpszProxyBypass);
    return true;
}

/* netsh winhttp set proxy */
static bool ask_winhttp(const struct ag_proxy_win *proxies, struct ag_proxy_list *out)
{
    WINHTTP_PROXY_INFO info = {0};
    bool named = WinHttpGetDefaultProxyConfiguration(&info) &&
                 info.dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY && info.lpszProxy != NULL;
    if (named) {
        take_lists(proxies, info.lpszProxy, info.lpszProxyBypass, out);
    }
    ag_proxy_said_free(info.lpszProxy);
    ag_proxy_said_free(info.lpszProxyBypass);
    return named;
}

/* "Make proxy settings per-machine (rather than per-user)": only then they are not a user's. */
static bool settings_are_the_machines(void)
{
    DWORD per_user = 1;
    DWORD size = sizeof per_user;
    LSTATUS error =
        RegGetValueW(HKEY_LOCAL_MACHINE,
                     L"SOFTWARE\\Policies\\Microsoft\\Windows\\CurrentVersion\\Internet Settings",
                     L"ProxySettingsPerUser", RRF_RT_REG_DWORD, NULL, &per_user, &size);
    return error == ERROR_SUCCESS && per_user == 0;
}

/* In the order of Windows' own programs. False: nothing is set. */
static bool ask_settings(const struct ag_proxy_win *proxies, HINTERNET session,
                         struct ag_proxy_list *out)
{
    WINHTTP_CURRENT_USER_IE_PROXY_CONFIG config = {0};
    if (!settings_are_the_machines() || !WinHttpGetIEProxyConfigForCurrentUser(&config)) {
        return false;
    }
    bool done = config.fAutoDetect && ask_script(proxies, session, NULL, out);
    if (!done && config.lpszAutoConfigUrl != NULL) {
        done = ask_script(proxies, session, config.lpszAutoConfigUrl, out);
    }
    if (!done && config.lpszProxy != NULL) {
        take_lists(proxies, config.lpszProxy, config.lpszProxyBypass, out);
        done = true;
    }
    ag_proxy_said_free(config.lpszAutoConfigUrl);
    ag_proxy_said_free(config.lpszProxy);
    ag_proxy_said_free(config.lpszProxyBypass);
    return done;
}

static bool look_up(const struct ag_proxy_win *proxies, struct ag_proxy_list *out)
{
    HINTERNET session = WinHttpOpen(L"mapi-rollout-agent", WINHTTP_ACCESS_TYPE_NO_PROXY,
                                    WINHTTP_NO_PROXY_NAME, WINHTTP_NO_PROXY_BYPASS, 0);
    if (session == NULL) {
        log_write(LOG_WARNING, "event=proxies_not_found by=winhttp os_code=%lu", GetLastError());
        return false;
    }
    bool found = proxies->pac_url != NULL
                     ? ask_script(proxies, session, proxies->pac_url, out)
                     : ask_winhttp(proxies, out) || ask_settings(proxies, session, out) ||
                           ask_script(proxies, session, NULL, out);
    (void)WinHttpCloseHandle(session);
    return found;
}

/* ---- the thread ---------------------------------------------------------------------------- */

static void tell(const struct ag_proxy_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        log_write(LOG_INFO, "event=proxy_found place=%zu of=%zu proxy=%s", i + 1, list->count,
                  list->urls[i][0] != '\0' ? list->urls[i] : "none");
    }
}

static void keep(struct ag_proxy_win *proxies, bool found, const struct ag_proxy_list *list)
{
    static const struct ag_proxy_list STRAIGHT = {.count = 1};
    AcquireSRWLockExclusive(&proxies->lock);
    const struct ag_proxy_list *now = found ? list : proxies->known ? &proxies->list : &STRAIGHT;
    bool news = !proxies->known || memcmp(now, &proxies->list, sizeof *now) != 0;
    if (now != &proxies->list) {
        proxies->list = *now;
    }
    proxies->known = true;
    proxies->found_ms = clock_monotonic_ms();
    if (news) {
        tell(&proxies->list);
    }
    if (news && !proxies->stopped) {
        proxies->changed(proxies->ctx);
    }
    ReleaseSRWLockExclusive(&proxies->lock);
}

static DWORD gap_ms(struct ag_proxy_win *proxies)
{
    AcquireSRWLockShared(&proxies->lock);
    uint64_t since_ms = clock_monotonic_ms() - proxies->found_ms;
    bool known = proxies->known;
    ReleaseSRWLockShared(&proxies->lock);
    return known && since_ms < GAP_MS ? (DWORD)(GAP_MS - since_ms) : 0;
}

static DWORD WINAPI work(void *ctx)
{
    struct ag_proxy_win *proxies = ctx;
    const HANDLE events[] = {proxies->stop, proxies->wanted};
    while (WaitForMultipleObjects(2, events, FALSE, INFINITE) == WAIT_OBJECT_0 + 1 &&
           WaitForSingleObject(proxies->stop, gap_ms(proxies)) == WAIT_TIMEOUT) {
        struct ag_proxy_list list = {.count = 0};
        bool found = look_up(proxies, &list);
        keep(proxies, found, &list);
    }
    return 0;
}

/* ---- for others ---------------------------------------------------------------------------- */

static bool list(void *ctx, struct ag_proxy_list *out)
{
    struct ag_proxy_win *proxies = ctx;
    AcquireSRWLockShared(&proxies->lock);
    bool known = proxies->known;
    bool old = !known || clock_monotonic_ms() - proxies->found_ms >= KEEP_MS;
    if (known) {
        *out = proxies->list;
    }
    ReleaseSRWLockShared(&proxies->lock);
    if (old) {
        (void)SetEvent(proxies->wanted);
    }
    return known;
}

static void doubt(void *ctx)
{
    struct ag_proxy_win *proxies = ctx;
    (void)SetEvent(proxies->wanted);
}

struct ag_proxy_source ag_proxy_win_source(struct ag_proxy_win *proxies)
{
    return (struct ag_proxy_source){.ctx = proxies, .list = list, .doubt = doubt};
}

static enum status open_all(struct ag_proxy_win *proxies, const char *server_url,
                            const char *pac_url, struct err *err)
{
    enum status st = text_to_wide(server_url, &proxies->server_url);
    if (st == ST_OK && pac_url != NULL) {
        st = text_to_wide(pac_url, &proxies->pac_url);
    }
    if (st != ST_OK || !ag_proxy_server_of(server_url, proxies->host, &proxies->port)) {
        return err_set(err, st != ST_OK ? st : ST_IO, 0, "cannot look up proxies for %s",
                       server_url);
    }
    InitializeSRWLock(&proxies->lock);
    proxies->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    proxies->wanted = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (proxies->stop != NULL && proxies->wanted != NULL) {
        proxies->thread = CreateThread(NULL, 0, work, proxies, 0, NULL);
    }
    return proxies->thread != NULL
               ? ST_OK
               : error_set(err, (uint32_t)GetLastError(), "cannot start to look up proxies");
}

static void close_handle(HANDLE handle)
{
    if (handle != NULL) {
        (void)CloseHandle(handle);
    }
}

enum status ag_proxy_win_start(const char *server_url, const char *pac_url,
                               void (*changed)(void *ctx), void *ctx, struct ag_proxy_win **out,
                               struct err *err)
{
    struct ag_proxy_win *proxies = calloc(1, sizeof *proxies);
    if (proxies == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to look up proxies");
    }
    proxies->changed = changed;
    proxies->ctx = ctx;
    enum status st = open_all(proxies, server_url, pac_url, err);
    if (st == ST_OK) {
        *out = proxies;
        proxies = NULL;
    }
    ag_proxy_win_free(proxies);
    return st;
}

void ag_proxy_win_stop(struct ag_proxy_win *proxies)
{
    if (proxies == NULL) {
        return;
    }
    (void)SetEvent(proxies->stop);
    AcquireSRWLockExclusive(&proxies->lock);
    proxies->stopped = true;
    ReleaseSRWLockExclusive(&proxies->lock);
}

void ag_proxy_win_free(struct ag_proxy_win *proxies)
{
    if (proxies == NULL) {
        return;
    }
    if (proxies->thread != NULL && WaitForSingleObject(proxies->thread, STOP_MS) != WAIT_OBJECT_0) {
        return; /* it still uses all that would be freed */
    }
    close_handle(proxies->thread);
    close_handle(proxies->stop);
    close_handle(proxies->wanted);
    free(proxies->server_url);
    free(proxies->pac_url);
    free(proxies);
}
