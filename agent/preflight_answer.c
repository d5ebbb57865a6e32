#include "agent/preflight_answer.h"

#include "policy/outlook_version.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *const AG_SCHEME_WORDS[AG_SCHEME_COUNT] = {
    [AG_SCHEME_NEGOTIATE] = "Negotiate", [AG_SCHEME_NTLM] = "NTLM",
    [AG_SCHEME_KERBEROS] = "Kerberos",   [AG_SCHEME_BEARER] = "Bearer",
    [AG_SCHEME_BASIC] = "Basic",         [AG_SCHEME_DIGEST] = "Digest",
    [AG_SCHEME_OTHER] = "other",
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct span trimmed(struct span text)
{
    while (text.size > 0 && is_blank(text.data[0])) {
        text = (struct span){text.data + 1, text.size - 1};
    }
    while (text.size > 0 && is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

static bool is_word(struct span text, const char *word)
{
    return text.size == strlen(word) && strncasecmp((const char *)text.data, word, text.size) == 0;
}

/* ---- fields -------------------------------------------------------------------------------- */

/* The line that begins at *at, without its end; false: there is none any more. */
static bool next_line(struct span text, size_t *at, struct span *line)
{
    if (*at >= text.size) {
        return false;
    }
    const uint8_t *first = text.data + *at;
    size_t left = text.size - *at;
    const uint8_t *end = memchr(first, '\n', left);
    size_t size = end != NULL ? (size_t)(end - first) : left;
    *at += end != NULL ? size + 1 : size;
    size -= size > 0 && first[size - 1] == '\r' ? 1 : 0;
    *line = (struct span){first, size};
    return true;
}

bool ag_answer_field(struct span headers, const char *name, size_t *at, struct span *value)
{
    struct span line;
    if (*at == 0) {
        (void)next_line(headers, at, &line);
    }
    while (next_line(headers, at, &line)) {
        const uint8_t *colon = line.size > 0 ? memchr(line.data, ':', line.size) : NULL;
        if (colon == NULL ||
            !is_word((struct span){line.data, (size_t)(colon - line.data)}, name)) {
            continue;
        }
        size_t skipped = (size_t)(colon + 1 - line.data);
        *value = trimmed((struct span){colon + 1, line.size - skipped});
        return true;
    }
    return false;
}

/* ---- challenges ---------------------------------------------------------------------------- */

/* What stands before the next comma that is not within quotes. */
static struct span next_element(struct span *list)
{
    bool quoted = false;
    size_t i = 0;
    for (; i < list->size && (quoted || list->data[i] != ','); i++) {
        if (list->data[i] == '"') {
            quoted = !quoted;
        } else if (quoted && list->data[i] == '\\') {
            i += i + 1 < list->size ? 1 : 0;
        }
    }
    struct span element = trimmed((struct span){list->data, i});
    size_t taken = i < list->size ? i + 1 : i;
    *list = (struct span){list->data + taken, list->size - taken};
    return element;
}

static enum ag_scheme scheme_of(struct span word)
{
    for (size_t i = 0; i < AG_SCHEME_OTHER; i++) {
        if (is_word(word, AG_SCHEME_WORDS[i])) {
            return (enum ag_scheme)i;
        }
    }
    return AG_SCHEME_OTHER;
}

/* "Scheme", "Scheme token" and "Scheme name=value" begin a challenge; "name = value" goes on with one. */
static unsigned scheme_bit(struct span element)
{
    size_t word = 0;
    while (word < element.size && !is_blank(element.data[word]) && element.data[word] != '=') {
        word++;
    }
    size_t next = word;
    while (next < element.size && is_blank(element.data[next])) {
        next++;
    }
    if (word == 0 || (next < element.size && element.data[next] == '=')) {
        return 0;
    }
    return AG_SCHEME_BIT(scheme_of((struct span){element.data, word}));
}

size_t ag_scheme_words(unsigned schemes, const char *out[AG_SCHEME_COUNT])
{
    size_t count = 0;
    for (size_t i = 0; i < AG_SCHEME_COUNT; i++) {
        if ((schemes & AG_SCHEME_BIT(i)) != 0) {
            out[count++] = AG_SCHEME_WORDS[i];
        }
    }
    return count;
}

unsigned ag_answer_schemes(struct span headers)
{
    unsigned schemes = 0;
    size_t at = 0;
    struct span list;
    while (ag_answer_field(headers, "WWW-Authenticate", &at, &list)) {
        while (list.size > 0) {
            schemes |= scheme_bit(next_element(&list));
        }
    }
    return schemes;
}

/* ---- the server's version ------------------------------------------------------------------ */

static bool has_four_numbers(const char *text)
{
    size_t dots = 0;
    for (; *text != '\0'; text++) {
        dots += *text == '.' ? 1 : 0;
    }
    return dots == 3;
}

bool ag_answer_version(struct span headers, char text[AG_SERVER_VERSION_BYTES], uint64_t *version)
{
    size_t at = 0;
    struct span value;
    char copy[64];
    uint64_t number = 0;
    if (!ag_answer_field(headers, "X-OWA-Version", &at, &value) || value.size >= sizeof copy) {
        return false;
    }
    memcpy(copy, value.data, value.size);
    copy[value.size] = '\0';
    if (strlen(copy) != value.size || !has_four_numbers(copy) ||
        !pol_outlook_version_read(copy, &number)) {
        return false;
    }
    (void)snprintf(text, AG_SERVER_VERSION_BYTES, "%u.%u.%u.%u", (unsigned)(number >> 48),
                   (unsigned)(number >> 32 & 0xffff), (unsigned)(number >> 16 & 0xffff),
                   (unsigned)(number & 0xffff));
    *version = number;
    return true;
}

/* ---- pages --------------------------------------------------------------------------------- */

static bool is_white(uint8_t c)
{
    return is_blank(c) || c == '\r' || c == '\n';
}

static bool begins(const uint8_t *at, size_t left, const char *with)
{
    size_t size = strlen(with);
    return left >= size && strncasecmp((const char *)at, with, size) == 0;
}

bool ag_answer_says_ok(struct span body)
{
    static const char OK[] = "200 OK";
    static const char BYTE_ORDER_MARK[] = "\xef\xbb\xbf";
    const uint8_t *at = body.data;
    size_t left = body.size;
    if (begins(at, left, BYTE_ORDER_MARK)) {
        at += sizeof BYTE_ORDER_MARK - 1;
        left -= sizeof BYTE_ORDER_MARK - 1;
    }
    for (; left > 0 && is_white(*at); left--) {
        at++;
    }
    size_t size = sizeof OK - 1;
    return left >= size && memcmp(at, OK, size) == 0 &&
           (left == size || at[size] == '<' || is_white(at[size]));
}

bool ag_answer_has_form(struct span body)
{
    static const char FORM[] = "<form";
    size_t size = sizeof FORM - 1;
    for (size_t i = 0; i + size < body.size; i++) {
        uint8_t next = body.data[i + size];
        if (begins(body.data + i, body.size - i, FORM) &&
            (is_white(next) || next == '>' || next == '/')) {
            return true;
        }
    }
    return false;
}
