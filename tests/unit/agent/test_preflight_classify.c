/* test_preflight_classify.c - every verdict in several ways, out of what a probe saw. */
#include "tests/cmocka_all.h"

#include "agent/preflight_classify.h"
#include "agent/preflight_steps.h"

#include <stdio.h>
#include <string.h>

/* ---- answers ------------------------------------------------------------------------------- */

#define OK_PAGE "200 OK<br/>EX1.CONTOSO.EXAMPLE"
#define LOGIN   "<html><body><form action=\"/my.policy\" method=\"post\">"
#define BOTH    "WWW-Authenticate: Negotiate,NTLM\r\n"
#define E2016   "X-OWA-Version: 15.1.2507.12\r\n"

/* One request's fate, short enough for a table. */
struct fate {
    enum ag_reach reach;
    uint32_t http;
    const char *fields;
    const char *body;
    uint32_t chain;
    bool name_differs;
};

#define FAILED(how)                                                                                \
    {                                                                                              \
        .reach = (how)                                                                             \
    }
#define ANSWER(http, fields, body)                                                                 \
    {                                                                                              \
        AG_REACH_ANSWERED, (http), (fields), (body), 0, false                                      \
    }
#define REFUSED(chain, differs)                                                                    \
    {                                                                                              \
        AG_REACH_CERTIFICATE, 0, NULL, NULL, (chain), (differs)                                    \
    }
#define NOT_ASKED                                                                                  \
    {                                                                                              \
        .reach = AG_REACH_NOT_ASKED                                                                \
    }
#define HEALTHY   ANSWER(200, "", OK_PAGE)
#define CHALLENGE ANSWER(401, BOTH E2016, "")

struct vector {
    const char *url;
    struct fate page;
    struct fate endpoint;
    enum pol_verdict verdict;
    uint32_t http;
    enum ag_step failed; /* the first step that failed; AG_STEP_COUNT: none */
};

#define MAPI  "https://mapi.contoso.example/mapi/healthcheck.htm"
#define RPC   "https://mail.contoso.example/rpc/rpcproxy.dll"
#define OTHER "https://mail.contoso.example:444/owa/healthcheck.htm"

static const struct vector VECTORS[] = {
    /* ready */
    {MAPI, HEALTHY, CHALLENGE, POL_VERDICT_READY, 401, AG_STEP_COUNT},
    {RPC, HEALTHY, CHALLENGE, POL_VERDICT_READY, 401, AG_STEP_COUNT},
    {MAPI, HEALTHY, ANSWER(401, "WWW-Authenticate: NTLM\r\n", ""), POL_VERDICT_READY, 401,
     AG_STEP_COUNT},
    {MAPI, HEALTHY, ANSWER(401, "WWW-Authenticate: Bearer x=\"y\"\r\n", ""), POL_VERDICT_READY, 401,
     AG_STEP_COUNT},
    {MAPI, HEALTHY, ANSWER(401, BOTH "WWW-Authenticate: Basic realm=\"x\"\r\n", ""),
     POL_VERDICT_READY, 401, AG_STEP_COUNT},
    {MAPI, HEALTHY, ANSWER(401, BOTH "X-OWA-Version: 15.0.847.32\r\n", ""), POL_VERDICT_READY, 401,
     AG_STEP_COUNT},
    {MAPI, HEALTHY, ANSWER(401, BOTH "X-OWA-Version: nonsense\r\n", ""), POL_VERDICT_READY, 401,
     AG_STEP_COUNT},
    {RPC, HEALTHY, ANSWER(401, BOTH "X-OWA-Version: 14.3.123.4\r\n", ""), POL_VERDICT_READY, 401,
     AG_STEP_COUNT}, /* RPC/HTTP is older than that */
    {OTHER, ANSWER(200, "", "anything"), NOT_ASKED, POL_VERDICT_READY, 200, AG_STEP_COUNT},
    {OTHER, ANSWER(401, BOTH, ""), NOT_ASKED, POL_VERDICT_READY, 401, AG_STEP_COUNT},
    {OTHER, ANSWER(401, "WWW-Authenticate: Bearer\r\n", ""), NOT_ASKED, POL_VERDICT_READY, 401,
     AG_STEP_COUNT},

    /* unreachable */
    {MAPI, FAILED(AG_REACH_NO_NAME), NOT_ASKED, POL_VERDICT_UNREACHABLE, 0, AG_STEP_NAMESPACE},
    {MAPI, FAILED(AG_REACH_NO_CONNECTION), NOT_ASKED, POL_VERDICT_UNREACHABLE, 0,
     AG_STEP_CONNECTIVITY},
    {MAPI, FAILED(AG_REACH_TIMED_OUT), NOT_ASKED, POL_VERDICT_UNREACHABLE, 0, AG_STEP_CONNECTIVITY},
    {MAPI, FAILED(AG_REACH_NO_CHANNEL), NOT_ASKED, POL_VERDICT_UNREACHABLE, 0, AG_STEP_CERTIFICATE},
    {MAPI, HEALTHY, FAILED(AG_REACH_TIMED_OUT), POL_VERDICT_UNREACHABLE, 0, AG_STEP_CONNECTIVITY},
    {MAPI, HEALTHY, NOT_ASKED, POL_VERDICT_UNREACHABLE, 200, AG_STEP_COUNT}, /* half is nothing */
    {OTHER, FAILED(AG_REACH_TIMED_OUT), NOT_ASKED, POL_VERDICT_UNREACHABLE, 0,
     AG_STEP_CONNECTIVITY},

    /* proxy_unknown */
    {MAPI, FAILED(AG_REACH_PROXY_UNKNOWN), NOT_ASKED, POL_VERDICT_PROXY_UNKNOWN, 0,
     AG_STEP_CONNECTIVITY},
    {MAPI, ANSWER(407, "Proxy-Authenticate: NTLM\r\n", ""), NOT_ASKED, POL_VERDICT_PROXY_UNKNOWN,
     407, AG_STEP_CONNECTIVITY},
    {MAPI, HEALTHY, ANSWER(407, "", ""), POL_VERDICT_PROXY_UNKNOWN, 407, AG_STEP_CONNECTIVITY},
    {OTHER, ANSWER(407, "", ""), NOT_ASKED, POL_VERDICT_PROXY_UNKNOWN, 407, AG_STEP_CONNECTIVITY},

    /* certificates: who vouches for it, then its time, then its name */
    {MAPI, REFUSED(AG_CHAIN_UNTRUSTED_ROOT, false), NOT_ASKED, POL_VERDICT_UNTRUSTED, 0,
     AG_STEP_CERTIFICATE},
    {MAPI, REFUSED(AG_CHAIN_PARTIAL | AG_CHAIN_NOT_TIME_VALID, true), NOT_ASKED,
     POL_VERDICT_UNTRUSTED, 0, AG_STEP_CERTIFICATE},
    {MAPI, REFUSED(AG_CHAIN_REVOKED, false), NOT_ASKED, POL_VERDICT_UNTRUSTED, 0,
     AG_STEP_CERTIFICATE},
    {MAPI, REFUSED(0x8, false), NOT_ASKED, POL_VERDICT_UNTRUSTED, 0, AG_STEP_CERTIFICATE},
    {MAPI, REFUSED(0x80000000u, false), NOT_ASKED, POL_VERDICT_UNTRUSTED, 0, AG_STEP_CERTIFICATE},
    {MAPI, REFUSED(0, false), NOT_ASKED, POL_VERDICT_UNTRUSTED, 0, AG_STEP_CERTIFICATE},
    {MAPI, REFUSED(AG_CHAIN_NOT_TIME_VALID, false), NOT_ASKED, POL_VERDICT_EXPIRED, 0,
     AG_STEP_CERTIFICATE},
    {MAPI, REFUSED(AG_CHAIN_NOT_TIME_NESTED, true), NOT_ASKED, POL_VERDICT_EXPIRED, 0,
     AG_STEP_CERTIFICATE},
    {MAPI, REFUSED(AG_CHAIN_NOT_TIME_VALID | AG_CHAIN_REVOCATION_UNKNOWN, false), NOT_ASKED,
     POL_VERDICT_EXPIRED, 0, AG_STEP_CERTIFICATE},
    {MAPI, REFUSED(0, true), NOT_ASKED, POL_VERDICT_NAME_MISMATCH, 0, AG_STEP_CERTIFICATE},
    {RPC, REFUSED(AG_CHAIN_REVOCATION_OFFLINE | AG_CHAIN_REVOCATION_UNKNOWN, true), NOT_ASKED,
     POL_VERDICT_NAME_MISMATCH, 0, AG_STEP_CERTIFICATE},
    {MAPI, HEALTHY, REFUSED(0, true), POL_VERDICT_NAME_MISMATCH, 0, AG_STEP_CERTIFICATE},

    /* pre_authenticated */
    {MAPI, ANSWER(302, "Location: https://login.contoso.example/\r\n", ""), CHALLENGE,
     POL_VERDICT_PRE_AUTHENTICATED, 302, AG_STEP_AUTHENTICATION},
    {MAPI, HEALTHY, ANSWER(307, "", ""), POL_VERDICT_PRE_AUTHENTICATED, 307,
     AG_STEP_AUTHENTICATION},
    {MAPI, ANSWER(401, BOTH, ""), CHALLENGE, POL_VERDICT_PRE_AUTHENTICATED, 401,
     AG_STEP_AUTHENTICATION},
    {MAPI, ANSWER(403, "", ""), CHALLENGE, POL_VERDICT_PRE_AUTHENTICATED, 403,
     AG_STEP_AUTHENTICATION},
    {MAPI, HEALTHY, ANSWER(403, "", ""), POL_VERDICT_PRE_AUTHENTICATED, 403,
     AG_STEP_AUTHENTICATION},
    {MAPI, ANSWER(200, "", LOGIN), ANSWER(200, "", LOGIN), POL_VERDICT_PRE_AUTHENTICATED, 200,
     AG_STEP_AUTHENTICATION},
    {MAPI, HEALTHY, ANSWER(200, "", LOGIN), POL_VERDICT_PRE_AUTHENTICATED, 200,
     AG_STEP_AUTHENTICATION},
    {MAPI, HEALTHY, ANSWER(401, "WWW-Authenticate: Basic realm=\"x\"\r\n", ""),
     POL_VERDICT_PRE_AUTHENTICATED, 401, AG_STEP_AUTHENTICATION},
    {MAPI, HEALTHY, ANSWER(401, "WWW-Authenticate: Digest x=\"y\"\r\n", ""),
     POL_VERDICT_PRE_AUTHENTICATED, 401, AG_STEP_AUTHENTICATION},
    {MAPI, HEALTHY, ANSWER(401, "", ""), POL_VERDICT_PRE_AUTHENTICATED, 401,
     AG_STEP_AUTHENTICATION},
    {RPC, HEALTHY, ANSWER(401, "WWW-Authenticate: Bearer\r\n", ""), POL_VERDICT_PRE_AUTHENTICATED,
     401, AG_STEP_AUTHENTICATION},
    {MAPI, FAILED(AG_REACH_WANTS_CERTIFICATE), NOT_ASKED, POL_VERDICT_PRE_AUTHENTICATED, 0,
     AG_STEP_AUTHENTICATION},
    {OTHER, ANSWER(301, "", ""), NOT_ASKED, POL_VERDICT_PRE_AUTHENTICATED, 301,
     AG_STEP_AUTHENTICATION},
    {OTHER, ANSWER(200, "", LOGIN), NOT_ASKED, POL_VERDICT_PRE_AUTHENTICATED, 200,
     AG_STEP_AUTHENTICATION},
    {OTHER, ANSWER(401, "WWW-Authenticate: Basic realm=\"x\"\r\n", ""), NOT_ASKED,
     POL_VERDICT_PRE_AUTHENTICATED, 401, AG_STEP_AUTHENTICATION},
    /* a form beats what else is wrong there */
    {MAPI, ANSWER(404, "", ""), ANSWER(302, "", ""), POL_VERDICT_PRE_AUTHENTICATED, 302,
     AG_STEP_AUTHENTICATION},

    /* not_published */
    {MAPI, ANSWER(404, "", ""), ANSWER(404, "", ""), POL_VERDICT_NOT_PUBLISHED, 404,
     AG_STEP_VIRTUAL_DIRECTORY},
    {MAPI, HEALTHY, ANSWER(404, "", ""), POL_VERDICT_NOT_PUBLISHED, 404, AG_STEP_VIRTUAL_DIRECTORY},
    {MAPI, HEALTHY, ANSWER(410, "", ""), POL_VERDICT_NOT_PUBLISHED, 410, AG_STEP_VIRTUAL_DIRECTORY},
    {MAPI, HEALTHY, ANSWER(200, "", "It works!"), POL_VERDICT_NOT_PUBLISHED, 200,
     AG_STEP_VIRTUAL_DIRECTORY},
    {RPC, HEALTHY, ANSWER(204, "", ""), POL_VERDICT_NOT_PUBLISHED, 204, AG_STEP_VIRTUAL_DIRECTORY},
    {MAPI, ANSWER(404, "", ""), CHALLENGE, POL_VERDICT_NOT_PUBLISHED, 404,
     AG_STEP_VIRTUAL_DIRECTORY},
    {MAPI, ANSWER(404, "", ""), FAILED(AG_REACH_TIMED_OUT), POL_VERDICT_NOT_PUBLISHED, 404,
     AG_STEP_CONNECTIVITY},
    {OTHER, ANSWER(404, "", ""), NOT_ASKED, POL_VERDICT_NOT_PUBLISHED, 404,
     AG_STEP_VIRTUAL_DIRECTORY},

    /* unhealthy */
    {MAPI, ANSWER(503, "", ""), CHALLENGE, POL_VERDICT_UNHEALTHY, 503, AG_STEP_VIRTUAL_DIRECTORY},
    {MAPI, HEALTHY, ANSWER(500, "", ""), POL_VERDICT_UNHEALTHY, 500, AG_STEP_VIRTUAL_DIRECTORY},
    {MAPI, ANSWER(200, "", "<html>We are sorry</html>"), CHALLENGE, POL_VERDICT_UNHEALTHY, 200,
     AG_STEP_VIRTUAL_DIRECTORY},
    {MAPI, ANSWER(200, "", ""), CHALLENGE, POL_VERDICT_UNHEALTHY, 200, AG_STEP_VIRTUAL_DIRECTORY},
    {MAPI, ANSWER(204, "", OK_PAGE), CHALLENGE, POL_VERDICT_UNHEALTHY, 204,
     AG_STEP_VIRTUAL_DIRECTORY},
    {RPC, HEALTHY, ANSWER(405, "", ""), POL_VERDICT_UNHEALTHY, 405, AG_STEP_VIRTUAL_DIRECTORY},
    {MAPI, FAILED(AG_REACH_BROKEN), NOT_ASKED, POL_VERDICT_UNHEALTHY, 0, AG_STEP_CONNECTIVITY},
    {OTHER, ANSWER(502, "", ""), NOT_ASKED, POL_VERDICT_UNHEALTHY, 502, AG_STEP_VIRTUAL_DIRECTORY},
    {MAPI, HEALTHY, ANSWER(0, "", ""), POL_VERDICT_UNHEALTHY, 0, AG_STEP_VIRTUAL_DIRECTORY},
    {MAPI, ANSWER(503, "", ""), ANSWER(401, BOTH "X-OWA-Version: 15.0.516.32\r\n", ""),
     POL_VERDICT_UNHEALTHY, 503, AG_STEP_VIRTUAL_DIRECTORY},

    /* too_old */
    {MAPI, HEALTHY, ANSWER(401, BOTH "X-OWA-Version: 15.0.516.32\r\n", ""), POL_VERDICT_TOO_OLD,
     401, AG_STEP_SERVER_VERSION},
    {MAPI, HEALTHY, ANSWER(401, BOTH "X-OWA-Version: 15.0.847.31\r\n", ""), POL_VERDICT_TOO_OLD,
     401, AG_STEP_SERVER_VERSION},
    {MAPI, HEALTHY, ANSWER(401, BOTH "X-OWA-Version: 14.3.496.0\r\n", ""), POL_VERDICT_TOO_OLD, 401,
     AG_STEP_SERVER_VERSION},
    {MAPI, ANSWER(200, "X-OWA-Version: 15.0.775.38\r\n", OK_PAGE), ANSWER(401, BOTH, ""),
     POL_VERDICT_TOO_OLD, 401, AG_STEP_SERVER_VERSION},
};

static struct ag_probe_answer answer_of(const struct fate *fate, char headers[600])
{
    struct ag_probe_answer answer = {.reach = fate->reach,
                                     .chain = fate->chain,
                                     .name_differs = fate->name_differs,
                                     .http = fate->http};
    if (fate->reach == AG_REACH_ANSWERED) {
        (void)snprintf(headers, 600, "HTTP/1.1 %u Words\r\n%s\r\n", (unsigned)fate->http,
                       fate->fields);
        answer.headers = span_text(headers);
        answer.body = span_text(fate->body);
    }
    return answer;
}

static void fail_about(size_t i, const char *what, const char *is, const char *expected)
{
    fail_msg("vector %zu (%s): %s is %s, not %s", i, VECTORS[i].url, what, is, expected);
}

static void check_steps(size_t i, const struct ag_probe *probe,
                        const struct ag_probe_result *result)
{
    struct ag_checklist list;
    enum ag_step failed = AG_STEP_COUNT;
    ag_probe_explain(probe, result, &list);
    for (size_t k = 0; k < AG_STEP_COUNT; k++) {
        assert_true(list.steps[k].sentence[0] != '\0');
        if (list.steps[k].state == AG_STEP_FAILED && failed == AG_STEP_COUNT) {
            failed = (enum ag_step)k;
        }
    }
    assert_non_null(list.next);
    if (failed != VECTORS[i].failed) {
        fail_about(i, "the first failed step",
                   failed < AG_STEP_COUNT ? AG_STEP_WORDS[failed] : "none",
                   VECTORS[i].failed < AG_STEP_COUNT ? AG_STEP_WORDS[VECTORS[i].failed] : "none");
    }
}

static void classify__all_vectors__give_verdict_status_and_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof VECTORS / sizeof VECTORS[0]; i++) {
        const struct vector *v = &VECTORS[i];
        char page[600];
        char endpoint[600];
        struct ag_probe probe = {.page = answer_of(&v->page, page),
                                 .endpoint = answer_of(&v->endpoint, endpoint)};
        struct ag_probe_result result;
        assert_true(ag_probe_target_of(v->url, &probe.target));
        ag_probe_classify(&probe, &result);
        if (result.verdict != v->verdict) {
            fail_about(i, "the verdict", POL_VERDICT_WORDS[result.verdict],
                       POL_VERDICT_WORDS[v->verdict]);
        }
        assert_int_equal(result.http, v->http);
        check_steps(i, &probe, &result);
    }
}

static void classify__vectors__have_each_verdict_several_times(void **state)
{
    unsigned seen[POL_VERDICT_COUNT] = {0};
    (void)state;
    for (size_t i = 0; i < sizeof VECTORS / sizeof VECTORS[0]; i++) {
        seen[VECTORS[i].verdict]++;
    }
    for (size_t i = 0; i < POL_VERDICT_COUNT; i++) {
        assert_true(seen[i] >= 3);
    }
}

static void classify__schemes_and_version__are_those_of_the_endpoint(void **state)
{
    struct ag_probe probe = {
        .page = {.reach = AG_REACH_ANSWERED,
                 .http = 200,
                 .headers = span_text("HTTP/1.1 200\r\nWWW-Authenticate: Digest\r\n"
                                      "X-OWA-Version: 15.0.1.1\r\n"),
                 .body = span_text(OK_PAGE)},
        .endpoint = {.reach = AG_REACH_ANSWERED,
                     .http = 401,
                     .headers = span_text("HTTP/1.1 401\r\n" BOTH E2016)},
    };
    struct ag_probe_result result;
    (void)state;
    assert_true(ag_probe_target_of(MAPI, &probe.target));
    ag_probe_classify(&probe, &result);
    assert_int_equal(result.schemes,
                     AG_SCHEME_BIT(AG_SCHEME_NEGOTIATE) | AG_SCHEME_BIT(AG_SCHEME_NTLM));
    assert_string_equal(result.server, "15.1.2507.12");
    assert_int_equal(result.verdict, POL_VERDICT_READY);
}

/* ---- what to ask --------------------------------------------------------------------------- */

static void target__of_exchange__has_page_and_endpoint(void **state)
{
    static const char *const MAPIS[] = {"https://h/mapi", "https://h/MAPI/", "https://h/mapi?x",
                                        "https://h/mapi/emsmdb/?MailboxId=a@b",
                                        "https://h:443/Mapi/nspi/"};
    struct ag_probe_target target;
    (void)state;
    for (size_t i = 0; i < sizeof MAPIS / sizeof MAPIS[0]; i++) {
        assert_true(ag_probe_target_of(MAPIS[i], &target));
        assert_int_equal(target.kind, AG_PROBE_MAPI);
        assert_string_equal(target.page, "/mapi/healthcheck.htm");
        assert_string_equal(target.endpoint, "/mapi/emsmdb/");
        assert_true(target.post);
        assert_string_equal(target.host, "h");
        assert_int_equal(target.port, 443);
    }
    assert_true(ag_probe_target_of("https://mail:8443/rpc/healthcheck.htm", &target));
    assert_int_equal(target.kind, AG_PROBE_RPC);
    assert_string_equal(target.page, "/rpc/healthcheck.htm");
    assert_string_equal(target.endpoint, "/rpc/rpcproxy.dll");
    assert_false(target.post);
    assert_int_equal(target.port, 8443);
}

static void target__of_anything_else__is_asked_as_it_is(void **state)
{
    static const struct {
        const char *url;
        const char *page;
    } OTHERS[] = {{"https://h", "/"},
                  {"https://h/", "/"},
                  {"https://h/mapix/a", "/mapix/a"},
                  {"https://h//mapi/", "//mapi/"},
                  {"https://h/owa/mapi/?a=b", "/owa/mapi/?a=b"}};
    struct ag_probe_target target;
    (void)state;
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++) {
        assert_true(ag_probe_target_of(OTHERS[i].url, &target));
        assert_int_equal(target.kind, AG_PROBE_OTHER);
        assert_string_equal(target.page, OTHERS[i].page);
        assert_null(target.endpoint);
    }
}

static void target__of_no_url__is_refused(void **state)
{
    static const char *const NONE[] = {"",
                                       "http://h/mapi/",
                                       "https://",
                                       "https:///mapi",
                                       "https://user@h/mapi/",
                                       "https://h:0/",
                                       "https://h:65536/",
                                       "https://h/a b",
                                       "https://h/a\r\nX: y",
                                       "https://h/#mapi",
                                       "https://h/\xc3\xa4",
                                       "ftp://h/"};
    char longest[LIMIT_STRING_BYTES + 2];
    struct ag_probe_target target;
    (void)state;
    for (size_t i = 0; i < sizeof NONE / sizeof NONE[0]; i++) {
        assert_false(ag_probe_target_of(NONE[i], &target));
    }
    (void)snprintf(longest, sizeof longest, "https://h/%0*d", LIMIT_STRING_BYTES - 9, 0);
    assert_int_equal(strlen(longest), LIMIT_STRING_BYTES + 1);
    assert_false(ag_probe_target_of(longest, &target));
    longest[LIMIT_STRING_BYTES] = '\0';
    assert_true(ag_probe_target_of(longest, &target));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classify__all_vectors__give_verdict_status_and_step),
        cmocka_unit_test(classify__vectors__have_each_verdict_several_times),
        cmocka_unit_test(classify__schemes_and_version__are_those_of_the_endpoint),
        cmocka_unit_test(target__of_exchange__has_page_and_endpoint),
        cmocka_unit_test(target__of_anything_else__is_asked_as_it_is),
        cmocka_unit_test(target__of_no_url__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
