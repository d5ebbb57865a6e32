#include "agent/answer_header.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The value of a header line if it has that name; blanks around it are cut off. */
static bool read_header(const char *line, size_t size, const char *name, char *out, size_t room)
{
    size_t length = strlen(name);
    if (size <= length || strncasecmp(line, name, length) != 0 || line[length] != ':') {
        return false;
    }
    const char *first = line + length + 1;
    const char *end = line + size;
    while (first < end && (*first == ' ' || *first == '\t')) {
        first++;
    }
    while (end > first && strchr(" \t\r\n", end[-1]) != NULL) {
        end--;
    }
    if ((size_t)(end - first) >= room || memchr(first, '\0', (size_t)(end - first)) != NULL) {
        return false;
    }
    memcpy(out, first, (size_t)(end - first));
    out[end - first] = '\0';
    return true;
}

/* Seconds only. A date (the other form of RFC 9110 section 10.2.3) would trust two clocks: our own
 * backoff does instead. */
static uint32_t read_retry_after(const char *text)
{
    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0') {
        return 0;
    }
    unsigned long long seconds = strtoull(text, NULL, 10);
    return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

void ag_answer_header_read(struct ag_answer *answer, const char *line, size_t size)
{
    char value[sizeof answer->etag];
    if (size > 5 && memcmp(line, "HTTP/", 5) == 0) {
        answer->etag[0] = '\0';
        answer->retry_after_s = 0;
        answer->wait_applied = false;
        answer->enrollment_required = false;
    } else if (read_header(line, size, "ETag", value, sizeof value)) {
        memcpy(answer->etag, value, sizeof value);
    } else if (read_header(line, size, "Retry-After", value, sizeof value)) {
        answer->retry_after_s = read_retry_after(value);
    } else if (read_header(line, size, "Preference-Applied", value, sizeof value)) {
        answer->wait_applied = strncasecmp(value, "wait", 4) == 0;
    } else if (read_header(line, size, "Enrollment-Required", value, sizeof value)) {
        answer->enrollment_required = strcasecmp(value, "true") == 0;
    }
}
