#include "agent/preflight_win.h"

#include "agent/preflight.h"
#include "agent/preflight_ask_win.h"
#include "base/error_win.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

#include <winsock2.h>

#include <ws2tcpip.h>

#include <iphlpapi.h>

enum {
    STOP_MS = 1000, /* a request cannot be interrupted, and stopping takes two seconds at most */
    ADAPTERS_BYTES = 15 * 1024, /* what its documentation says to begin with */
    ADAPTERS_MOST_BYTES = 1024 * 1024,
};

enum phase { IDLE, RUNNING, DONE };

struct ag_preflight_win {
    struct ag_preflight_win_options options;
    HANDLE thread;
    HANDLE stop;
    HANDLE wanted;
    SRWLOCK lock; /* for all below */
    enum phase phase;
    bool stopped;
    struct ag_probed urls[AG_PREFLIGHT_URLS]; /* the thread's own while it runs */
    size_t count;
};

/* ---- the thread ---------------------------------------------------------------------------- */

/* Those that could not be asked are left out. */
static void ask_all(struct ag_preflight_win *probing)
{
    size_t asked = 0;
    for (size_t i = 0; i < probing->count && WaitForSingleObject(probing->stop, 0) == WAIT_TIMEOUT;
         i++) {
        struct ag_probed probed = probing->urls[i];
        struct err err = {.st = ST_OK};
        enum status st = ag_preflight_ask(probed.url, probing->stop, &probed.result, NULL, &err);
        if (st == ST_OK) {
            probing->urls[asked++] = probed;
        } else if (st != ST_CANCELLED) {
            log_failure(LOG_WARNING, "probe_failed", &err);
        }
    }
    probing->count = asked;
}

static DWORD WINAPI work(void *ctx)
{
    struct ag_preflight_win *probing = ctx;
    const HANDLE events[] = {probing->stop, probing->wanted};
    while (WaitForMultipleObjects(2, events, FALSE, INFINITE) == WAIT_OBJECT_0 + 1) {
        ask_all(probing);
        AcquireSRWLockExclusive(&probing->lock);
        probing->phase = DONE;
        if (!probing->stopped) {
            probing->options.wake(probing->options.ctx);
        }
        ReleaseSRWLockExclusive(&probing->lock);
    }
    return 0;
}

/* ---- the network --------------------------------------------------------------------------- */

static bool is_useful(const SOCKET_ADDRESS *address)
{
    if (address->lpSockaddr->sa_family == AF_INET) {
        const struct sockaddr_in *v4 =
            (const struct sockaddr_in *)(const void *)address->lpSockaddr;
        uint32_t number = ntohl(v4->sin_addr.s_addr);
        return number >> 16 != 0xa9fe && number >> 24 != 127 && number != 0; /* 169.254 */
    }
    if (address->lpSockaddr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 =
            (const struct sockaddr_in6 *)(const void *)address->lpSockaddr;
        const uint8_t *bytes = v6->sin6_addr.s6_addr;
        bool link_local = bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
        return !link_local && !IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) &&
               !IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
    }
    return false;
}

static bool leads_out(const IP_ADAPTER_ADDRESSES *adapter)
{
    if (adapter->OperStatus != IfOperStatusUp || adapter->IfType == IF_TYPE_SOFTWARE_LOOPBACK) {
        return false;
    }
    for (const IP_ADAPTER_UNICAST_ADDRESS *at = adapter->FirstUnicastAddress; at != NULL;
         at = at->Next) {
        if (is_useful(&at->Address)) {
            return true;
        }
    }
    return false;
}

/* NULL: Windows does not say. */
static IP_ADAPTER_ADDRESSES *list_adapters(void)
{
    const ULONG flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
    ULONG size = ADAPTERS_BYTES;
    ULONG error = ERROR_BUFFER_OVERFLOW;
    IP_ADAPTER_ADDRESSES *adapters = NULL;
    while (error == ERROR_BUFFER_OVERFLOW && size <= ADAPTERS_MOST_BYTES) {
        ULONG need = size;
        free(adapters);
        adapters = calloc(1, size);
        error = adapters != NULL ? GetAdaptersAddresses(AF_UNSPEC, flags, NULL, adapters, &need)
                                 : ERROR_NOT_ENOUGH_MEMORY;
        size = need > size * 2 ? need : size * 2; /* more may have come in between */
    }
    if (error != ERROR_SUCCESS) {
        free(adapters);
        adapters = NULL;
    }
    return adapters;
}

/* If nobody knows, a probe shows. */
static bool off_network(void *ctx)
{
    IP_ADAPTER_ADDRESSES *adapters = list_adapters();
    bool off = adapters != NULL;
    (void)ctx;
    for (const IP_ADAPTER_ADDRESSES *at = adapters; off && at != NULL; at = at->Next) {
        off = !leads_out(at);
    }
    free(adapters);
    return off;
}

/* ---- the port ------------------------------------------------------------------------------ */

static enum status start(void *ctx, const char *const *urls, size_t count, struct err *err)
{
    struct ag_preflight_win *probing = ctx;
    enum status st = ST_OK;
    AcquireSRWLockExclusive(&probing->lock);
    if (probing->phase != IDLE) {
        st = err_set(err, ST_BUSY, 0, "what was asked last has not been answered yet");
    } else {
        probing->count = 0;
        for (size_t i = 0; i < count && i < AG_PREFLIGHT_URLS; i++) {
            struct ag_probed *place = &probing->urls[probing->count];
            size_t size = strlen(urls[i]) + 1;
            if (size <= sizeof place->url) {
                *place = (struct ag_probed){.url = ""};
                memcpy(place->url, urls[i], size);
                probing->count++;
            }
        }
        probing->phase = RUNNING;
        (void)SetEvent(probing->wanted);
    }
    ReleaseSRWLockExclusive(&probing->lock);
    return st;
}

static bool take(void *ctx, struct ag_probed *out, size_t most, size_t *out_count)
{
    struct ag_preflight_win *probing = ctx;
    AcquireSRWLockExclusive(&probing->lock);
    bool done = probing->phase == DONE;
    if (done) {
        *out_count = probing->count < most ? probing->count : most;
        memcpy(out, probing->urls, *out_count * sizeof *out);
        probing->phase = IDLE;
    }
    ReleaseSRWLockExclusive(&probing->lock);
    return done;
}

struct ag_probing ag_preflight_win_port(struct ag_preflight_win *probing)
{
    return (struct ag_probing){
        .ctx = probing, .start = start, .take = take, .off_network = off_network};
}

/* ---- start and stop ------------------------------------------------------------------------ */

enum status ag_preflight_win_start(const struct ag_preflight_win_options *options,
                                   struct ag_preflight_win **out, struct err *err)
{
    struct ag_preflight_win *probing = calloc(1, sizeof *probing);
    if (probing == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory to probe servers");
    }
    probing->options = *options;
    InitializeSRWLock(&probing->lock);
    probing->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    probing->wanted = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (probing->stop != NULL && probing->wanted != NULL) {
        probing->thread = CreateThread(NULL, 0, work, probing, 0, NULL);
    }
    if (probing->thread == NULL) {
        enum status st = error_set(err, (uint32_t)GetLastError(), "cannot start to probe servers");
        ag_preflight_win_free(probing);
        return st;
    }
    *out = probing;
    return ST_OK;
}

void ag_preflight_win_stop(struct ag_preflight_win *probing)
{
    if (probing == NULL) {
        return;
    }
    (void)SetEvent(probing->stop);
    AcquireSRWLockExclusive(&probing->lock);
    probing->stopped = true;
    ReleaseSRWLockExclusive(&probing->lock);
}

static void close_handle(HANDLE handle)
{
    if (handle != NULL) {
        (void)CloseHandle(handle);
    }
}

void ag_preflight_win_free(struct ag_preflight_win *probing)
{
    if (probing == NULL) {
        return;
    }
    if (probing->thread != NULL && WaitForSingleObject(probing->thread, STOP_MS) != WAIT_OBJECT_0) {
        return; /* it still uses all that would be freed */
    }
    close_handle(probing->thread);
    close_handle(probing->stop);
    close_handle(probing->wanted);
    free(probing);
}
