#include "policy/outlook_version.h"

#include <string.h>

enum { PARTS = 4, PART_BITS = 16, PART_MOST = 0xffff };

/* Read digits up to a character that is none. */
static bool read_part(const char **at, const char *end, uint32_t *out)
{
    const char *start = *at;
    uint32_t value = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
        value = value * 10 + (uint32_t)(**at - '0');
        if (value > PART_MOST) {
            return false;
        }
    }
    *out = value;
    return *at > start;
}

static bool read_version(const char *at, const char *end, uint64_t *out)
{
    uint64_t version = 0;
    unsigned parts = 0;
    bool more = true;
    for (; more && parts < PARTS; parts++) {
        uint32_t part = 0;
        if (!read_part(&at, end, &part)) {
            return false;
        }
        version = version << PART_BITS | part;
        more = at < end && *at == '.';
        at += more ? 1 : 0;
    }
    if (more || at != end) {
        return false;
    }
    *out = version << (PART_BITS * (PARTS - parts));
    return true;
}

bool pol_outlook_version_read(const char *text, uint64_t *out)
{
    return read_version(text, text + strlen(text), out);
}

uint32_t pol_outlook_version_major(uint64_t version)
{
    return (uint32_t)(version >> (PART_BITS * (PARTS - 1)));
}

/* What a bound such as "<16.0.17000" says, whose sign is one of ours; false if no version follows, or
 * none lies within. */
static bool read_bound(const char *at, const char *end, uint64_t *low, uint64_t *high)
{
    uint64_t version = 0;
    char sign = at < end ? *at++ : '\0';
    bool inclusive = at < end && *at == '=' && sign != '=';
    if (!read_version(at + (inclusive ? 1 : 0), end, &version)) {
        return false;
    }
    *low = sign == '<' ? 0 : version;
    *high = sign == '>' ? UINT64_MAX : version;
    if (inclusive || sign == '=') {
        return true;
    }
    if (sign == '>' && version < UINT64_MAX) {
        ++*low;
        return true;
    }
    if (sign == '<' && version > 0) {
        --*high;
        return true;
    }
    return false;
}

/* Narrow the range by one bound. */
static bool narrow(const char *at, const char *end, struct pol_outlook_range *range)
{
    uint64_t low = 0;
    uint64_t high = 0;
    if (at == end || strchr("<>=", *at) == NULL || !read_bound(at, end, &low, &high)) {
        return false;
    }
    range->low = low > range->low ? low : range->low;
    range->high = high < range->high ? high : range->high;
    return true;
}

bool pol_outlook_range_read(const char *text, struct pol_outlook_range *out)
{
    struct pol_outlook_range range = {.text = text, .low = 0, .high = UINT64_MAX};
    const char *at = text;
    for (;;) {
        const char *end = at + strcspn(at, " ");
        if (!narrow(at, end, &range)) {
            return false;
        }
        if (*end == '\0') {
            break;
        }
        at = end + 1;
    }
    if (range.low > range.high) {
        return false;
    }
    *out = range;
    return true;
}

#define VERSION(major, minor, build)                                                               \
    ((uint64_t)(major) << 48 | (uint64_t)(minor) << 32 | (uint64_t)(build) << 16)

const uint64_t POL_OUTLOOK_MAPI_HTTP[POL_OUTLOOK_MAPI_HTTP_COUNT] = {
    VERSION(14, 0, 7147), VERSION(15, 0, 4569), VERSION(16, 0, 0)};

bool pol_outlook_is_new_enough(const uint64_t *minimums, size_t count, uint64_t version)
{
    uint32_t major = pol_outlook_version_major(version);
    for (size_t i = 0; i < count; i++) {
        uint32_t entry = pol_outlook_version_major(minimums[i]);
        if (entry >= major) {
            return entry == major && version >= minimums[i];
        }
    }
    return true;
}
