#include "agent/preflight_known.h"

#include "agent/kept_file.h"
#include "base/fields.h"
#include "policy/outlook_version.h"

#include <inttypes.h>
#include <string.h>

enum {
    WORDS_BYTES = 128, /* of a line, without its URL */
    FILE_BYTES = (AG_PREFLIGHT_URLS + 1) * (LIMIT_STRING_BYTES + WORDS_BYTES),
    FAILURES_MOST = 1000, /* more than is ever counted to */
    HTTP_MOST = 999,
};

static const char NO_SERVER[] = "-";

static const struct ag_kept_file FILE_OF_RESULTS = {
    .name = "preflight.known", .format = "mapi-rollout/preflight/1", .most_bytes = FILE_BYTES};

static bool read_verdict(const char **at, enum pol_verdict *out)
{
    char word[32];
    bool found = false;
    if (!field_word(at, word, sizeof word)) {
        return false;
    }
    for (size_t i = 0; i < POL_VERDICT_COUNT && !found; i++) {
        found = strcmp(word, POL_VERDICT_WORDS[i]) == 0;
        *out = (enum pol_verdict)i;
    }
    return found;
}

static bool read_server(const char **at, char out[AG_SERVER_VERSION_BYTES])
{
    uint64_t version = 0;
    if (!field_word(at, out, AG_SERVER_VERSION_BYTES)) {
        return false;
    }
    if (strcmp(out, NO_SERVER) == 0) {
        out[0] = '\0';
        return true;
    }
    return pol_outlook_version_read(out, &version);
}

/* at verdict http schemes failures server url */
static bool read_line(const char *line, struct ag_preflight_url *out)
{
    struct ag_preflight_url u = {.known = true};
    struct ag_probe_target target;
    const char *at = line;
    int64_t http = 0;
    int64_t schemes = 0;
    int64_t failures = 0;
    bool whole =
        field_number(&at, 0, INT64_MAX, &u.at_s) && read_verdict(&at, &u.last.verdict) &&
        field_number(&at, 0, HTTP_MOST, &http) && field_number(&at, 0, AG_SCHEMES_ALL, &schemes) &&
        field_number(&at, 0, FAILURES_MOST, &failures) && read_server(&at, u.last.server) &&
        field_word(&at, u.url, sizeof u.url) && fields_end(line, at);
    if (!whole || !ag_probe_target_of(u.url, &target)) {
        return false;
    }
    u.last.http = (uint32_t)http;
    u.last.schemes = (unsigned)schemes;
    u.failures = (unsigned)failures;
    u.auth_count = ag_scheme_words(u.last.schemes, u.auth);
    *out = u;
    return true;
}

static bool take_line(void *ctx, char *line)
{
    struct ag_preflight *p = ctx;
    struct ag_preflight_url u;
    if (p->count >= AG_PREFLIGHT_URLS || !read_line(line, &u)) {
        return false;
    }
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->urls[i].url, u.url) == 0) {
            return false;
        }
    }
    p->urls[p->count++] = u;
    return true;
}

enum status ag_preflight_load(struct ag_preflight *p, struct err *err)
{
    p->count = 0;
    enum status st = ag_kept_read(&FILE_OF_RESULTS, p->vault, take_line, p, err);
    return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status append_lines(const struct ag_preflight *p, struct bytes *lines)
{
    enum status st = ag_kept_begin(&FILE_OF_RESULTS, lines);
    for (size_t i = 0; st == ST_OK && i < p->count; i++) {
        const struct ag_preflight_url *u = &p->urls[i];
        const char *server = u->last.server[0] != '\0' ? u->last.server : NO_SERVER;
        if (u->known) {
            st = bytes_append_format(lines, "%" PRId64 " %s %" PRIu32 " %u %u %s %s\n", u->at_s,
                                     POL_VERDICT_WORDS[u->last.verdict], u->last.http,
                                     u->last.schemes, u->failures, server, u->url);
        }
    }
    return st;
}

enum status ag_preflight_save(const struct ag_preflight *p, struct err *err)
{
    struct bytes lines = {0};
    enum status st = append_lines(p, &lines);
    st = st == ST_OK ? ag_kept_write(&FILE_OF_RESULTS, p->vault, &lines, err)
                     : err_set(err, st, 0, "no memory for what came of probing");
    bytes_free(&lines);
    return st;
}
