#include "agent/preflight_http_win.h"

#include "base/clock.h"
#include "policy/limits.h"
#include "version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <winhttp.h>

enum {
    STEP_MS = 10 * 1000,
    CONNECT_MS = 6 * 1000, /* to each address of a name */
    ADDRESSES_MOST = 3,
    SLACK_MS = 2 * 1000, /* for WinHTTP to notice its own time-outs */
    CLOSE_MS = 1000,
    PATH_CHARS = LIMIT_STRING_BYTES + 1,
};

struct ag_way {
    struct ag_way_options options;
    HINTERNET session;
    HINTERNET connection;
    bool abandoned; /* WinHTTP did not let go of a request */

    /* Written by WinHTTP's threads while a request is there. */
    HANDLE done;   /* what was begun has ended */
    HANDLE closed; /* the request is gone: nobody calls any more */
    DWORD error;
    DWORD got;
    uint8_t body[AG_WAY_BODY_BYTES];

    wchar_t raw[AG_WAY_HEADER_BYTES]; /* headers as WinHTTP gives them */
};

/* ---- waiting ------------------------------------------------------------------------------- */

static void CALLBACK on_status(HINTERNET handle, DWORD_PTR context, DWORD status, void *info,
                               DWORD size)
{
    struct ag_way *way = (struct ag_way *)context; // NOLINT(performance-no-int-to-ptr)
    (void)handle;
    if (way == NULL) {
        return; /* of the session and the connection */
    }
    switch (status) {
    case WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE:
        way->error = ERROR_SUCCESS;
        (void)SetEvent(way->done);
        break;
    case WINHTTP_CALLBACK_STATUS_READ_COMPLETE:
        way->error = ERROR_SUCCESS;
        way->got = size;
        (void)SetEvent(way->done);
        break;
    case WINHTTP_CALLBACK_STATUS_REQUEST_ERROR:
        way->error = ((const WINHTTP_ASYNC_RESULT *)info)->dwError;
        (void)SetEvent(way->done);
        break;
    case WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING: (void)SetEvent(way->closed); break;
    default: break;
    }
}

static DWORD left_ms(const struct ag_way *way)
{
    uint64_t now_ms = clock_monotonic_ms();
    uint64_t deadline_ms = way->options.deadline_ms;
    return now_ms < deadline_ms ? (DWORD)(deadline_ms - now_ms) : 0;
}

static int at_most_ms(const struct ag_way *way, int most_ms)
{
    DWORD left = left_ms(way);
    int some = left > 0 ? (int)left : 1; /* 0 would mean for ever */
    return some < most_ms ? some : most_ms;
}

/* Until what was begun has ended. begun: what the function said. */
static DWORD await(const struct ag_way *way, BOOL begun, DWORD most_ms)
{
    if (!begun) {
        return GetLastError();
    }
    const HANDLE events[] = {way->done, way->options.stop};
    DWORD count = way->options.stop != NULL ? 2 : 1;
    DWORD left = left_ms(way);
    switch (WaitForMultipleObjects(count, events, FALSE, left < most_ms ? left : most_ms)) {
    case WAIT_OBJECT_0: return way->error;
    case WAIT_OBJECT_0 + 1: return ERROR_CANCELLED;
    default: return ERROR_WINHTTP_TIMEOUT;
    }
}

/* ---- opening and closing ------------------------------------------------------------------- */

/* What an older Windows does not know is as it always was there. */
static void set_number(HINTERNET handle, DWORD option, DWORD number)
{
    (void)WinHttpSetOption(handle, option, &number, sizeof number);
}

static void set_protocols(HINTERNET session)
{
    DWORD both = WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2 | WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3;
    if (!WinHttpSetOption(session, WINHTTP_OPTION_SECURE_PROTOCOLS, &both, sizeof both)) {
        set_number(session, WINHTTP_OPTION_SECURE_PROTOCOLS, WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2);
    }
}

static bool open_session(struct ag_way *way)
{
    static const wchar_t AGENT[] = L"mapi-rollout-agent/" MR_VERSION;
    const char *proxy = way->options.proxy;
    wchar_t named[AG_PROXY_BYTES];
    bool straight = proxy[0] == '\0';
    (void)swprintf(named, AG_PROXY_BYTES, L"%hs", straight ? "" : proxy + strlen("http://"));
    way->session = WinHttpOpen(
        AGENT, straight ? WINHTTP_ACCESS_TYPE_NO_PROXY : WINHTTP_ACCESS_TYPE_NAMED_PROXY,
        straight ? WINHTTP_NO_PROXY_NAME : named, WINHTTP_NO_PROXY_BYPASS, WINHTTP_FLAG_ASYNC);
    if (way->session == NULL || WinHttpSetStatusCallback(way->session, on_status,
                                                         WINHTTP_CALLBACK_FLAG_ALL_COMPLETIONS |
                                                             WINHTTP_CALLBACK_FLAG_HANDLES,
                                                         0) == WINHTTP_INVALID_STATUS_CALLBACK) {
        return false;
    }
    set_protocols(way->session);
    set_number(way->session, WINHTTP_OPTION_CONNECT_RETRIES, ADDRESSES_MOST);
    way->connection = WinHttpConnect(way->session, way->options.host, way->options.port, 0);
    return way->connection != NULL;
}

DWORD ag_way_open(const struct ag_way_options *options, struct ag_way **out)
{
    struct ag_way *way = calloc(1, sizeof *way);
    if (way == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    way->options = *options;
    way->done = CreateEventW(NULL, FALSE, FALSE, NULL);
    way->closed = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (way->done == NULL || way->closed == NULL || !open_session(way)) {
        DWORD error = GetLastError();
        ag_way_close(way);
        return error;
    }
    *out = way;
    return ERROR_SUCCESS;
}

static void close_event(HANDLE event)
{
    if (event != NULL) {
        (void)CloseHandle(event);
    }
}

void ag_way_close(struct ag_way *way)
{
    if (way == NULL) {
        return;
    }
    if (way->connection != NULL) {
        (void)WinHttpCloseHandle(way->connection);
    }
    if (way->session != NULL) {
        (void)WinHttpCloseHandle(way->session);
    }
    if (!way->abandoned) {
        close_event(way->done);
        close_event(way->closed);
        free(way);
    }
}

/* ---- requests ------------------------------------------------------------------------------ */

/* Nothing that would say who we are. */
static void stay_anonymous(HINTERNET request)
{
    set_number(request, WINHTTP_OPTION_DISABLE_FEATURE,
               WINHTTP_DISABLE_COOKIES | WINHTTP_DISABLE_REDIRECTS |
                   WINHTTP_DISABLE_AUTHENTICATION);
    set_number(request, WINHTTP_OPTION_AUTOLOGON_POLICY, WINHTTP_AUTOLOGON_SECURITY_LEVEL_HIGH);
    (void)WinHttpSetOption(request, WINHTTP_OPTION_CLIENT_CERT_CONTEXT,
                           WINHTTP_NO_CLIENT_CERT_CONTEXT, 0);
}

static void set_times(const struct ag_way *way, HINTERNET request)
{
    int step_ms = at_most_ms(way, STEP_MS);
    (void)WinHttpSetTimeouts(request, step_ms, at_most_ms(way, CONNECT_MS), step_ms, step_ms);
    set_number(request, WINHTTP_OPTION_RECEIVE_RESPONSE_TIMEOUT, (DWORD)step_ms);
}

/* Its closing is told, too: hence the context from the first. */
static HINTERNET open_request(struct ag_way *way, const char *path, bool post)
{
    wchar_t wide[PATH_CHARS];
    DWORD_PTR context = (DWORD_PTR)way;
    (void)swprintf(wide, PATH_CHARS, L"%hs", path);
    HINTERNET request = WinHttpOpenRequest(way->connection, post ? L"POST" : L"GET", wide, NULL,
                                           WINHTTP_NO_REFERER, WINHTTP_DEFAULT_ACCEPT_TYPES,
                                           WINHTTP_FLAG_SECURE | WINHTTP_FLAG_ESCAPE_DISABLE);
    if (request == NULL) {
        return NULL;
    }
    if (!WinHttpSetOption(request, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof context)) {
        (void)WinHttpCloseHandle(request);
        return NULL;
    }
    (void)ResetEvent(way->done);
    (void)ResetEvent(way->closed);
    stay_anonymous(request);
    set_times(way, request);
    set_number(request, WINHTTP_OPTION_MAX_RESPONSE_HEADER_SIZE, AG_WAY_HEADER_BYTES);
    return request;
}

static void close_request(struct ag_way *way, HINTERNET request)
{
    if (request != NULL) {
        (void)WinHttpCloseHandle(request);
        way->abandoned = WaitForSingleObject(way->closed, CLOSE_MS) != WAIT_OBJECT_0;
    }
}

static DWORD send(struct ag_way *way, HINTERNET request, bool post)
{
    static const wchar_t CONTENT[] = L"Content-Type: application/mapi-http\r\n";
    BOOL begun =
        WinHttpSendRequest(request, post ? CONTENT : WINHTTP_NO_ADDITIONAL_HEADERS,
                           post ? (DWORD)-1 : 0, WINHTTP_NO_REQUEST_DATA, 0, 0, (DWORD_PTR)way);
    return await(way, begun, INFINITE);
}

/* Field values are bytes; beyond ASCII nothing in them is of use here. */
static DWORD read_headers(struct ag_way *way, HINTERNET request, struct ag_way_answer *out)
{
    DWORD size = sizeof way->raw;
    DWORD status_size = sizeof out->http;
    if (!WinHttpQueryHeaders(request, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER,
                             WINHTTP_HEADER_NAME_BY_INDEX, &out->http, &status_size,
                             WINHTTP_NO_HEADER_INDEX) ||
        !WinHttpQueryHeaders(request, WINHTTP_QUERY_RAW_HEADERS_CRLF, WINHTTP_HEADER_NAME_BY_INDEX,
                             way->raw, &size, WINHTTP_NO_HEADER_INDEX)) {
        return GetLastError();
    }
    out->header_bytes = size / sizeof way->raw[0];
    for (size_t i = 0; i < out->header_bytes; i++) {
        out->headers[i] = way->raw[i] < 0x80 ? (uint8_t)way->raw[i] : (uint8_t)'?';
    }
    return ERROR_SUCCESS;
}

static void read_body(struct ag_way *way, HINTERNET request, struct ag_way_answer *out)
{
    way->got = 1;
    out->body_bytes = 0;
    while (way->got > 0 && out->body_bytes < AG_WAY_BODY_BYTES) {
        DWORD room = (DWORD)(AG_WAY_BODY_BYTES - out->body_bytes);
        BOOL begun = WinHttpReadData(request, way->body, room, NULL);
        if (await(way, begun, STEP_MS + SLACK_MS) != ERROR_SUCCESS || way->got > room) {
            return;
        }
        memcpy(out->body + out->body_bytes, way->body, way->got);
        out->body_bytes += way->got;
    }
}

static DWORD receive(struct ag_way *way, HINTERNET request, struct ag_way_answer *out)
{
    DWORD error = await(way, WinHttpReceiveResponse(request, NULL), STEP_MS + SLACK_MS);
    if (error == ERROR_SUCCESS) {
        error = read_headers(way, request, out);
    }
    if (error == ERROR_SUCCESS && out->http / 100 == 2) {
        read_body(way, request, out);
    }
    return error;
}

DWORD ag_way_ask(struct ag_way *way, const char *path, bool post, struct ag_way_answer *out)
{
    out->body_bytes = 0;
    if (way->abandoned || left_ms(way) == 0) {
        return ERROR_WINHTTP_TIMEOUT;
    }
    HINTERNET request = open_request(way, path, post);
    DWORD error = request != NULL ? send(way, request, post) : GetLastError();
    if (error == ERROR_SUCCESS) {
        error = receive(way, request, out);
    }
    close_request(way, request);
    return error;
}

DWORD ag_way_certificate(struct ag_way *way, const char *path, const CERT_CONTEXT **out)
{
    DWORD size = sizeof *out;
    HINTERNET request = open_request(way, path, false);
    DWORD error = request != NULL ? ERROR_SUCCESS : GetLastError();
    if (error == ERROR_SUCCESS) {
        set_number(request, WINHTTP_OPTION_SECURITY_FLAGS,
                   SECURITY_FLAG_IGNORE_UNKNOWN_CA | SECURITY_FLAG_IGNORE_CERT_DATE_INVALID |
                       SECURITY_FLAG_IGNORE_CERT_CN_INVALID |
                       SECURITY_FLAG_IGNORE_CERT_WRONG_USAGE);
        error = send(way, request, false);
    }
    if (error == ERROR_SUCCESS &&
        !WinHttpQueryOption(request, WINHTTP_OPTION_SERVER_CERT_CONTEXT, (void *)out, &size)) {
        error = GetLastError();
    }
    close_request(way, request);
    return error;
}
