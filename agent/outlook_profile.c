#include "agent/outlook_profile.h"

#include <string.h>
#include <strings.h>

enum { TYPE_SZ = 1, TYPE_BINARY = 3, TYPE_DWORD = 4 }; /* REG_... numbers */

enum {
    TEXT_MOST = AG_PROFILE_VALUE_BYTES / 2,
    HOST_MOST = 255, /* RFC 1035 2.3.4 */
    RPC_ON = 1,      /* PidTagRpcOverHttpFlags: ROHFLAGS_USE_ROH */
};

/* The property's tag with its halves changed over: type first. */
const char *const AG_PROFILE_VALUE_NAMES[AG_PROFILE_VALUE_COUNT] = {
    "001f6652", "001f6653", "001f6654", "001f6655", "001f6656",
    "001f664a", "001f6622", "00036623", "001f662a", "101e6613"};

/* What became of one value. */
enum sense { SENSE_ABSENT, SENSE_GOOD, SENSE_NONE };

/* ---- texts -------------------------------------------------------------------------------- */

/* Text as ASCII; everything else is OTHER, which fits no host. */
struct ascii {
    char data[TEXT_MOST];
    size_t size;
};
static const char OTHER = '\x80';

static uint32_t read_number(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static unsigned read_unit(struct span data, size_t unit)
{
    return (unsigned)data.data[2 * unit] | (unsigned)data.data[2 * unit + 1] << 8;
}

static bool is_high(unsigned unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(unsigned unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

/* The character that begins at *unit, which is moved to its last unit; NUL if it makes no sense. */
static char read_character(struct span data, size_t units, size_t *unit)
{
    unsigned first = read_unit(data, *unit);
    if (is_high(first) && *unit + 1 < units && is_low(read_unit(data, *unit + 1))) {
        ++*unit;
        return OTHER;
    }
    if (first < 0x20 || first == 0x7f || is_high(first) || is_low(first)) {
        return '\0';
    }
    return first < 0x80 ? (char)first : OTHER;
}

/* UTF-16LE, with or without NULs behind it: Outlook stores its texts as REG_BINARY, tools that write
 * profiles as REG_SZ. */
static enum sense read_text(uint32_t type, struct span data, struct ascii *out)
{
    size_t units = data.size / 2;
    if ((type != TYPE_SZ && type != TYPE_BINARY) || data.size % 2 != 0) {
        return SENSE_NONE;
    }
    while (units > 0 && read_unit(data, units - 1) == 0) {
        units--;
    }
    out->size = 0;
    for (size_t i = 0; i < units; i++) {
        char c = read_character(data, units, &i);
        if (c == '\0') {
            return SENSE_NONE;
        }
        out->data[out->size++] = c;
    }
    return units > 0 ? SENSE_GOOD : SENSE_ABSENT;
}

static bool begins(struct span text, const char *with)
{
    size_t size = strlen(with);
    return text.size >= size && strncasecmp((const char *)text.data, with, size) == 0;
}

static struct span rest_of(struct span text, size_t from)
{
    return (struct span){.data = text.data + from, .size = text.size - from};
}

/* ---- hosts -------------------------------------------------------------------------------- */

/* Names below which Exchange Online's servers are, one cloud each line. From Microsoft's lists of
 * endpoints, "Exchange Online" (learn.microsoft.com, microsoft-365/enterprise: urls-and-ip-address-
 * ranges, ...-21vianet, ...-u-s-government-gcc-high-endpoints and -dod-endpoints). Tenants' own names
 * (onmicrosoft) are where Autodiscover leads to; servers' inner names (exchangelabs) are seen in mail
 * headers; the German cloud was closed in 2021, and profiles are older than that. */
static const char *const ONLINE[] = {
    "outlook.com",
    "outlook.office365.com",
    "outlook.office.com",
    "outlook.cloud.microsoft",
    "prod.exchangelabs.com",
    "onmicrosoft.com",
    "office365.us",
    "webmail.apps.mil",
    "onmicrosoft.us",
    "partner.outlook.cn",
    "partner.onmschina.cn",
    "outlook.office.de",
    "autodiscover-outlook.office.de",
    "onmicrosoft.de",
};

/* Is the host this name or below it? */
static bool is_below(const char *host, size_t size, const char *name)
{
    size_t length = strlen(name);
    return size >= length && strncasecmp(host + size - length, name, length) == 0 &&
           (size == length || host[size - length - 1] == '.');
}

bool ag_host_is_online(const char *host, size_t size)
{
    size -= size > 0 && host[size - 1] == '.' ? 1 : 0;
    for (size_t i = 0; i < sizeof ONLINE / sizeof ONLINE[0]; i++) {
        if (is_below(host, size, ONLINE[i])) {
            return true;
        }
    }
    return false;
}

static bool is_one_of(uint8_t c, const char *allowed)
{
    return c != '\0' && strchr(allowed, c) != NULL;
}

static bool is_made_of(struct span text, const char *allowed)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_one_of(text.data[i], allowed)) {
            return false;
        }
    }
    return text.size > 0;
}

/* Labels with something in each; a dot at the end is fine. */
static bool is_name(struct span text)
{
    static const char IN_LABELS[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '.' && (i == 0 || text.data[i - 1] == '.')) {
            return false;
        }
    }
    return text.size <= HOST_MOST && is_made_of(text, IN_LABELS);
}

/* "host", "host:port" or "[address]:port", and nothing else: no credentials. */
static bool read_host(struct span text, struct span *out)
{
    const uint8_t *end = text.size > 0 && text.data[0] == '[' ? memchr(text.data, ']', text.size)
                                                              : memchr(text.data, ':', text.size);
    size_t size = end != NULL ? (size_t)(end - text.data) : text.size;
    struct span host = {.data = text.data, .size = size};
    bool good = false;
    if (text.size > 0 && text.data[0] == '[') {
        host = end != NULL ? (struct span){text.data + 1, size - 1} : (struct span){0};
        good = is_made_of(host, "0123456789abcdefABCDEF:.");
        size += end != NULL ? 1 : 0;
    } else {
        good = is_name(host);
    }
    struct span port = rest_of(text, size);
    if (!good || (port.size > 0 && (port.data[0] != ':' || port.size > 6 ||
                                    !is_made_of(rest_of(port, 1), "0123456789")))) {
        return false;
    }
    *out = host;
    return true;
}

/* Split "https://host/path". */
static bool read_url(struct span text, const char *scheme, struct span *host, struct span *path)
{
    if (!begins(text, scheme)) {
        return false;
    }
    struct span rest = rest_of(text, strlen(scheme));
    size_t size = 0;
    while (size < rest.size && !is_one_of(rest.data[size], "/?#")) {
        size++;
    }
    *path = rest_of(rest, size);
    return read_host((struct span){rest.data, size}, host);
}

static void place(struct ag_profile *profile, struct span host)
{
    bool online = ag_host_is_online((const char *)host.data, host.size);
    profile->online = profile->online || online;
    profile->on_premises = profile->on_premises || !online;
}

/* ---- kinds of values ---------------------------------------------------------------------- */

/* https, and a path of which this is the beginning. */
static enum sense take_url(struct ag_profile *profile, struct span text, const char *beginning)
{
    struct span host;
    struct span path;
    if (!read_url(text, "https://", &host, &path) || !begins(path, beginning)) {
        return SENSE_NONE;
    }
    struct span behind = rest_of(path, strlen(beginning));
    if (behind.size > 0 && !is_one_of(behind.data[0], "/?")) {
        return SENSE_NONE;
    }
    place(profile, host);
    return SENSE_GOOD;
}

static enum sense take_last_good(struct ag_profile *profile, struct span text)
{
    struct span host;
    struct span path;
    if (!read_url(text, "https://", &host, &path) && !read_url(text, "http://", &host, &path)) {
        return SENSE_NONE;
    }
    bool online = ag_host_is_online((const char *)host.data, host.size);
    profile->last_online = profile->last_online || online;
    profile->last_premises = profile->last_premises || !online;
    return SENSE_GOOD;
}

static enum sense take_host(struct ag_profile *profile, struct span text)
{
    struct span host;
    if (!read_host(text, &host)) {
        return SENSE_NONE;
    }
    place(profile, host);
    return SENSE_GOOD;
}

/* Since Exchange 2013 a server is called GUID@domain, wherever it is: the domain is the address's. */
static enum sense take_server(struct ag_profile *profile, struct span text)
{
    const uint8_t *at = memchr(text.data, '@', text.size);
    if (at == NULL) {
        return take_host(profile, text);
    }
    struct span guid = {.data = text.data, .size = (size_t)(at - text.data)};
    bool good = guid.size == 36 && is_made_of(guid, "0123456789abcdefABCDEF-");
    return good && text.size > guid.size + 1 ? SENSE_GOOD : SENSE_NONE;
}

static enum sense take_text(struct ag_profile *profile, enum ag_profile_value which, uint32_t type,
                            struct span data)
{
    struct ascii buffer;
    enum sense sense = read_text(type, data, &buffer);
    struct span text = {.data = (const uint8_t *)buffer.data, .size = buffer.size};
    if (sense != SENSE_GOOD) {
        return sense;
    }
    switch (which) {
    case AG_PROFILE_MAIL_INTERNAL:
    case AG_PROFILE_MAIL_EXTERNAL:
    case AG_PROFILE_STORE: return take_url(profile, text, "/mapi/emsmdb");
    case AG_PROFILE_BOOK_INTERNAL:
    case AG_PROFILE_BOOK_EXTERNAL: return take_url(profile, text, "/mapi/nspi");
    case AG_PROFILE_LAST_GOOD: return take_last_good(profile, text);
    case AG_PROFILE_RPC_PROXY: return take_host(profile, text);
    case AG_PROFILE_HOME_SERVER: return take_server(profile, text);
    case AG_PROFILE_RPC_FLAGS:
    case AG_PROFILE_BINDINGS:
    case AG_PROFILE_VALUE_COUNT: break;
    }
    return SENSE_NONE;
}

static enum sense take_flags(struct ag_profile *profile, uint32_t type, struct span data)
{
    if ((type != TYPE_DWORD && type != TYPE_BINARY) || data.size != 4) {
        return SENSE_NONE;
    }
    profile->rpc_on = profile->rpc_on || (read_number(data.data) & RPC_ON) != 0;
    return SENSE_GOOD;
}

/* A count, so many offsets from the value's beginning, and ANSI texts with a NUL behind each. */
static enum sense take_bindings(struct ag_profile *profile, uint32_t type, struct span data)
{
    bool tcp = false;
    bool http = false;
    if (type != TYPE_BINARY || data.size < 4 || read_number(data.data) > (data.size - 4) / 4) {
        return SENSE_NONE;
    }
    size_t count = read_number(data.data);
    for (size_t i = 0; i < count; i++) {
        size_t offset = read_number(data.data + 4 + 4 * i);
        if (offset < 4 + 4 * count || offset >= data.size ||
            memchr(data.data + offset, '\0', data.size - offset) == NULL) {
            return SENSE_NONE;
        }
        tcp = tcp || begins(rest_of(data, offset), "ncacn_ip_tcp:");
        http = http || begins(rest_of(data, offset), "ncacn_http:");
    }
    profile->rpc_tcp = profile->rpc_tcp || tcp;
    profile->rpc_http = profile->rpc_http || http;
    return count > 0 ? SENSE_GOOD : SENSE_ABSENT;
}

static enum sense take(struct ag_profile *profile, enum ag_profile_value which, uint32_t type,
                       struct span data)
{
    if (data.size > AG_PROFILE_VALUE_BYTES) {
        return SENSE_NONE;
    }
    if (which == AG_PROFILE_RPC_FLAGS) {
        return take_flags(profile, type, data);
    }
    if (which == AG_PROFILE_BINDINGS) {
        return take_bindings(profile, type, data);
    }
    return take_text(profile, which, type, data);
}

void ag_profile_take(struct ag_profile *profile, enum ag_profile_value which, uint32_t type,
                     struct span data)
{
    uint32_t bit = UINT32_C(1) << which;
    switch (take(profile, which, type, data)) {
    case SENSE_ABSENT: break;
    case SENSE_GOOD: profile->seen |= bit; break;
    case SENSE_NONE: profile->damaged |= bit; break;
    }
}
