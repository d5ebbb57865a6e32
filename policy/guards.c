#include "policy/guards.h"

#include <string.h>

enum { PORT_MOST = 65535 };
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Cursor to an optional array; false if it is absent or wrong. */
static bool read_list(const struct pol_at *at, const char *key, size_t most, const char *of_what,
                      struct pol_at *out)
{
    size_t count = 0;
    if (!pol_read_array(at, key, POL_OPTIONAL, most, out, &count)) {
        return false;
    }
    if (!pol_at_is_array(out)) {
        pol_at_problem(out, "wrong_type", "a list of %s is expected", of_what);
        return false;
    }
    return true;
}

/* ---- block_mailboxes ---------------------------------------------------------------------- */

static void read_mailboxes(const struct pol_at *guards, struct pol_guards *out)
{
    struct pol_at list;
    struct pol_at item;
    if (!read_list(guards, "block_mailboxes", POL_MAILBOX_COUNT, "words", &list)) {
        return;
    }
    memset(out->block_mailboxes, 0, sizeof out->block_mailboxes);
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        size_t word = 0;
        if (!pol_at_word(&item, POL_MAILBOX_WORDS, POL_MAILBOX_COUNT, &word)) {
            continue;
        }
        if (word == POL_MAILBOX_EXCHANGE_ONLINE || word == POL_MAILBOX_MIXED) {
            pol_at_problem(&item, "out_of_range",
                           "forcing RPC/HTTP breaks clients of Exchange Online");
        }
        out->block_mailboxes[word] = true;
    }
}

/* ---- preflight ---------------------------------------------------------------------------- */

/* *at stands on the colon, and then behind the number. */
static bool skip_port(const char **at)
{
    uint32_t port = 0;
    const char *p = *at + 1;
    for (; *p >= '0' && *p <= '9' && port <= PORT_MOST; p++) {
        port = port * 10 + (uint32_t)(*p - '0');
    }
    if (p == *at + 1 || port == 0 || port > PORT_MOST) {
        return false;
    }
    *at = p;
    return true;
}

/* A URL that a client can only understand in one way: https, a host, perhaps a port, a path; no user
 * names, no fragment, no character that would have to be escaped. */
static bool is_url(const char *text)
{
    static const char SCHEME[] = "https://";
    static const char HOST[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    static const char PATH[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "-._~!$&'()*+,;=:@/%?";
    if (strncmp(text, SCHEME, sizeof SCHEME - 1) != 0) {
        return false;
    }
    const char *at = text + sizeof SCHEME - 1;
    size_t host = strspn(at, HOST);
    if (host == 0 || at[0] == '.' || at[0] == '-') {
        return false;
    }
    at += host;
    if (*at == ':' && !skip_port(&at)) {
        return false;
    }
    return (*at == '/' || *at == '\0') && at[strspn(at, PATH)] == '\0';
}

static void read_urls(const struct pol_at *preflight, const char *key, struct pol_preflight *out)
{
    struct pol_at list;
    struct pol_at item;
    if (!read_list(preflight, key, LIMIT_PREFLIGHT_URLS, "URLs", &list)) {
        return;
    }
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        const char *url = NULL;
        if (!pol_at_text(&item, LIMIT_STRING_BYTES, &url)) {
            continue;
        }
        if (!is_url(url)) {
            pol_at_problem(&item, "bad_url",
                           "a URL like https://mapi.example.com/mapi/healthcheck.htm is expected");
        }
        out->urls[out->count++] = url;
    }
}

static void read_preflight(const struct pol_at *guards, struct pol_guards *out)
{
    static const char *const KEYS[] = {"allow", "block"};
    struct pol_at preflight;
    if (pol_read_member(guards, "preflight", POL_OPTIONAL, &preflight) &&
        pol_read_object(&preflight, KEYS, COUNT(KEYS))) {
        read_urls(&preflight, "allow", &out->allow);
        read_urls(&preflight, "block", &out->block);
    }
}

/* ---- minimum_outlook ---------------------------------------------------------------------- */

/* Keep the entries rising; false if there is one of the same major version. */
static bool insert_minimum(struct pol_guards *guards, uint64_t version, const char *text)
{
    size_t i = guards->minimum_count;
    for (size_t k = 0; k < guards->minimum_count; k++) {
        if (pol_outlook_version_major(guards->minimum_outlook[k]) ==
            pol_outlook_version_major(version)) {
            return false;
        }
    }
    for (; i > 0 && guards->minimum_outlook[i - 1] > version; i--) {
        guards->minimum_outlook[i] = guards->minimum_outlook[i - 1];
        guards->minimum_texts[i] = guards->minimum_texts[i - 1];
    }
    guards->minimum_outlook[i] = version;
    guards->minimum_texts[i] = text;
    guards->minimum_count++;
    return true;
}

static void read_minimums(const struct pol_at *guards, struct pol_guards *out)
{
    struct pol_at list;
    struct pol_at item;
    if (!read_list(guards, "minimum_outlook", LIMIT_MINIMUMS, "versions", &list)) {
        return;
    }
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        const char *text = NULL;
        uint64_t version = 0;
        if (!pol_at_text(&item, LIMIT_STRING_BYTES, &text)) {
            continue;
        }
        if (!pol_outlook_version_read(text, &version)) {
            pol_at_problem(&item, "bad_version_range", "a version like 15.0.4569 is expected");
        } else if (!insert_minimum(out, version, text)) {
            pol_at_problem(&item, "duplicate_name", "there is another entry for Outlook %u",
                           (unsigned)pol_outlook_version_major(version));
        }
    }
}

/* ---- all of them -------------------------------------------------------------------------- */

void pol_read_guards(const struct pol_at *at, struct pol_guards *out)
{
    static const char *const KEYS[] = {"block_mailboxes", "preflight", "minimum_outlook"};
    struct pol_at guards;
    *out = (struct pol_guards){
        .block_mailboxes = {[POL_MAILBOX_ON_PREMISES] = true, [POL_MAILBOX_UNKNOWN] = true}};
    if (pol_read_member(at, "guards", POL_OPTIONAL, &guards) &&
        pol_read_object(&guards, KEYS, COUNT(KEYS))) {
        read_mailboxes(&guards, out);
        read_preflight(&guards, out);
        read_minimums(&guards, out);
    }
}

static void write_texts(struct pol_json_writer *w, const char *key, const char *const *texts,
                        size_t count)
{
    pol_json_array(w, key);
    for (size_t i = 0; i < count; i++) {
        pol_json_text(w, NULL, texts[i]);
    }
    pol_json_close_array(w);
}

/* What was not asked for is left out, so that it reads as the plan did. */
void pol_write_guards(struct pol_json_writer *w, const struct pol_guards *guards)
{
    pol_json_object(w, "guards");
    pol_json_array(w, "block_mailboxes");
    for (size_t i = 0; i < POL_MAILBOX_COUNT; i++) {
        if (guards->block_mailboxes[i]) {
            pol_json_text(w, NULL, POL_MAILBOX_WORDS[i]);
        }
    }
    pol_json_close_array(w);
    if (guards->allow.count > 0 || guards->block.count > 0) {
        pol_json_object(w, "preflight");
        write_texts(w, "allow", guards->allow.urls, guards->allow.count);
        write_texts(w, "block", guards->block.urls, guards->block.count);
        pol_json_close_object(w);
    }
    if (guards->minimum_count > 0) {
        write_texts(w, "minimum_outlook", guards->minimum_texts, guards->minimum_count);
    }
    pol_json_close_object(w);
}
