/* Preflight: a probed server's headers and pages, URLs to probe, and the file of what was known. The first byte
 * chooses; of an answer the second one is the status, and an empty line parts headers from page. */
#include "tests/fuzz/fuzzing.h"

#include "agent/preflight.h"
#include "agent/preflight_steps.h"
#include "tests/fuzz/one_file.h"

#include <string.h>

static const char PAGE_URL[] = "https://mapi.contoso.example/mapi/healthcheck.htm";

/* ---- answers ------------------------------------------------------------------------------- */

static void check_sentences(const struct ag_checklist *list)
{
    HOLDS(list->next != NULL);
    for (size_t i = 0; i < AG_STEP_COUNT; i++) {
        const char *sentence = list->steps[i].sentence;
        HOLDS(memchr(sentence, '\0', AG_SENTENCE_BYTES) != NULL && sentence[0] != '\0');
        HOLDS(strpbrk(sentence, "\r\n\x1b\x7f") == NULL);
    }
}

static void check_result(const struct ag_probe *probe, const struct ag_probe_result *result)
{
    const char *words[AG_SCHEME_COUNT];
    HOLDS(result->verdict < POL_VERDICT_COUNT);
    HOLDS(result->schemes <= AG_SCHEMES_ALL);
    HOLDS(ag_scheme_words(result->schemes, words) <= AG_SCHEME_COUNT);
    HOLDS(memchr(result->server, '\0', sizeof result->server) != NULL);
    HOLDS(strspn(result->server, "0123456789.") == strlen(result->server));
    /* Nobody is sent where it was not shown that there is somebody to log on to. */
    HOLDS(result->verdict != POL_VERDICT_READY || probe->target.kind == AG_PROBE_OTHER ||
          (result->http == 401 && ag_probe_can_log_on(probe->target.kind, result->schemes)));
}

static void check_probe(const char *url, const struct ag_probe_answer *page,
                        const struct ag_probe_answer *endpoint)
{
    struct ag_probe probe = {.page = *page, .endpoint = *endpoint};
    struct ag_probe_result result;
    struct ag_checklist list;
    HOLDS(ag_probe_target_of(url, &probe.target));
    ag_probe_classify(&probe, &result);
    check_result(&probe, &result);
    ag_probe_explain(&probe, &result, &list);
    check_sentences(&list);
}

static void check_answer(const uint8_t *data, size_t size)
{
    static const uint16_t STATUSES[] = {200, 401, 302, 403, 404, 503, 407, 0, 999, 204};
    static const struct ag_probe_answer HEALTHY = {
        .reach = AG_REACH_ANSWERED, .http = 200, .body = {(const uint8_t *)"200 OK", 6}};
    static const struct ag_probe_answer NOT_ASKED = {.reach = AG_REACH_NOT_ASKED};
    if (size == 0) {
        return;
    }
    const uint8_t *text = data + 1;
    const uint8_t *end = data + size;
    const uint8_t *parting = memmem(text, size - 1, "\n\n", 2);
    const uint8_t *body = parting != NULL ? parting + 2 : end;
    const struct ag_probe_answer answer = {
        .reach = AG_REACH_ANSWERED,
        .http = STATUSES[data[0] % (sizeof STATUSES / sizeof STATUSES[0])],
        .headers = {text, (size_t)((parting != NULL ? parting : end) - text)},
        .body = {body, (size_t)(end - body)},
    };
    check_probe(PAGE_URL, &answer, &answer);
    check_probe(PAGE_URL, &HEALTHY, &answer);
    check_probe("https://mail.contoso.example/rpc/", &answer, &NOT_ASKED);
    check_probe("https://mail.contoso.example/owa/", &answer, &NOT_ASKED);
}

/* ---- URLs ---------------------------------------------------------------------------------- */

static void check_url(const char *url)
{
    struct ag_probe_target target;
    if (!ag_probe_target_of(url, &target)) {
        return;
    }
    HOLDS(memchr(target.host, '\0', sizeof target.host) != NULL && target.host[0] != '\0');
    HOLDS(target.port > 0);
    HOLDS(target.page[0] == '/' && strpbrk(target.page, " \t\r\n#") == NULL);
    HOLDS((target.kind == AG_PROBE_OTHER) == (target.endpoint == NULL));
}

/* ---- the file ------------------------------------------------------------------------------ */

static int64_t wall_s(void *ctx)
{
    (void)ctx;
    return 1795000000;
}

static uint64_t monotonic_ms(void *ctx)
{
    (void)ctx;
    return 1000;
}

static uint32_t chance(void *ctx)
{
    (void)ctx;
    return 4711;
}

/* The URL that the file's last line names, so that something is found. */
static void name_url(const struct ag_preflight *p, struct pol_policy *policy,
                     char url[LIMIT_STRING_BYTES + 1])
{
    (void)memcpy(url, p->urls[p->count - 1].url, LIMIT_STRING_BYTES + 1);
    policy->guards.allow = (struct pol_preflight){.urls = {url}, .count = 1};
}

static void check_file(const uint8_t *data, size_t size)
{
    static const struct ag_clock CLOCK = {
        .wall_s = wall_s, .monotonic_ms = monotonic_ms, .random = chance};
    static const struct ag_probing NOBODY = {.ctx = NULL};
    static struct ag_preflight preflight;
    struct pol_policy policy = {.timing.spread_s = 10};
    struct pol_report_probe rows[AG_PREFLIGHT_ROWS];
    char url[LIMIT_STRING_BYTES + 1];
    one_file_put(data, size);
    enum status st = ag_preflight_open(&preflight, &ONE_FILE_VAULT, NULL);
    HOLDS(st == ST_OK || st == ST_IO || st == ST_TOO_LARGE);
    HOLDS(st == ST_OK || preflight.count == 0);
    HOLDS(preflight.count <= AG_PREFLIGHT_URLS);
    if (preflight.count == 0) {
        return;
    }
    name_url(&preflight, &policy, url);
    (void)ag_preflight_step(&preflight, &NOBODY, &CLOCK, &policy);
    HOLDS(ag_preflight_rows(&preflight, rows, AG_PREFLIGHT_ROWS) == 1);
    HOLDS(strcmp(rows[0].url, url) == 0 && rows[0].auth_count <= AG_SCHEME_COUNT);
    HOLDS(ag_preflight_answer(&preflight, &policy.guards.allow) != POL_NOT_KNOWN);
    HOLDS(preflight.urls[0].due_ms <= 1000 + 10000 + (uint64_t)86400 * 1200);
    ag_preflight_done(&preflight);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    switch (data[0] % 3) {
    case 0: check_answer(data + 1, size - 1); break;
    case 1: check_file(data + 1, size - 1); break;
    default: {
        struct bytes text = bytes_with_limit(size);
        HOLDS(bytes_append(&text, data + 1, size - 1) == ST_OK);
        check_url(bytes_text(&text));
        bytes_free(&text);
    }
    }
    one_file_drop();
    return 0;
}
