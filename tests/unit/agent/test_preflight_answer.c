/* test_preflight_answer.c - headers and pages as servers write them, and as nobody should. */
#include "tests/cmocka_all.h"

#include "agent/preflight_answer.h"

#include <string.h>

enum {
    NEGOTIATE = 1 << AG_SCHEME_NEGOTIATE,
    NTLM = 1 << AG_SCHEME_NTLM,
    KERBEROS = 1 << AG_SCHEME_KERBEROS,
    BEARER = 1 << AG_SCHEME_BEARER,
    BASIC = 1 << AG_SCHEME_BASIC,
    DIGEST = 1 << AG_SCHEME_DIGEST,
    OTHER = 1 << AG_SCHEME_OTHER,
};

static void field__named_in_any_case__is_found_without_blanks(void **state)
{
    struct span headers = span_text("HTTP/1.1 200 OK\r\nX-A:  one \r\nx-a:two\r\nX-AB: no\r\n\r\n");
    struct span value;
    size_t at = 0;
    (void)state;
    assert_true(ag_answer_field(headers, "X-a", &at, &value));
    assert_true(span_equal(value, span_text("one")));
    assert_true(ag_answer_field(headers, "X-a", &at, &value));
    assert_true(span_equal(value, span_text("two")));
    assert_false(ag_answer_field(headers, "X-a", &at, &value));
}

static void field__status_line_and_lines_without_a_colon__are_none(void **state)
{
    static const char *const NONE[] = {"", "X-A: status line", "HTTP/1.1 200\r\nX-A\r\n",
                                       "HTTP/1.1 200\r\n X-A: folded", "HTTP/1.1 200\r\n: x"};
    (void)state;
    for (size_t i = 0; i < sizeof NONE / sizeof NONE[0]; i++) {
        struct span value;
        size_t at = 0;
        assert_false(ag_answer_field(span_text(NONE[i]), "X-A", &at, &value));
    }
}

static void schemes__as_servers_write_them__are_told_apart(void **state)
{
    static const struct {
        const char *fields;
        unsigned schemes;
    } VECTORS[] = {
        {"WWW-Authenticate: Negotiate,NTLM\r\n", NEGOTIATE | NTLM},
        {"WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n", NEGOTIATE | NTLM},
        {"www-authenticate: NEGOTIATE\r\n", NEGOTIATE},
        {"WWW-Authenticate: Negotiate YIIFtQYGKwYB==\r\n", NEGOTIATE},
        {"WWW-Authenticate: Kerberos\r\n", KERBEROS},
        {"WWW-Authenticate: Basic realm=\"mail.contoso.example\"\r\n", BASIC},
        {"WWW-Authenticate: Basic realm=\"a, NTLM\"\r\n", BASIC},
        {"WWW-Authenticate: Basic realm=\"a\\\", NTLM\"\r\n", BASIC},
        {"WWW-Authenticate: Digest qop=\"auth\", algorithm=MD5-sess, nonce=\"x\"\r\n", DIGEST},
        {"WWW-Authenticate: Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\", "
         "trusted_issuers=\"00000001-0000-0000-c000-000000000000@*\", "
         "token_types=\"app_asserted_user_v1 service_asserted_app_v1\"\r\n",
         BEARER},
        {"WWW-Authenticate: Basic realm = \"x\", Negotiate , Bearer\r\n",
         BASIC | NEGOTIATE | BEARER},
        {"WWW-Authenticate: FormBased\r\nWWW-Authenticate: Nego2\r\n", OTHER},
        {"WWW-Authenticate: NegotiateX\r\n", OTHER},
        {"WWW-Authenticate: , ,NTLM, ,\r\n", NTLM},
        {"WWW-Authenticate: realm=\"NTLM\"\r\n", 0},
        {"WWW-Authenticate: \"NTLM\r\n", OTHER}, /* never ends */
        {"WWW-Authenticate:\r\n", 0},
        {"Proxy-Authenticate: NTLM\r\n", 0},
        {"", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof VECTORS / sizeof VECTORS[0]; i++) {
        char headers[600] = "HTTP/1.1 401 Unauthorized\r\n";
        size_t size = strlen(headers);
        (void)memcpy(headers + size, VECTORS[i].fields, strlen(VECTORS[i].fields) + 1);
        assert_int_equal(ag_answer_schemes(span_text(headers)), VECTORS[i].schemes);
    }
}

static void scheme_words__of_all__are_in_order(void **state)
{
    const char *words[AG_SCHEME_COUNT];
    (void)state;
    assert_int_equal(ag_scheme_words(0, words), 0);
    assert_int_equal(ag_scheme_words(NTLM | BASIC, words), 2);
    assert_string_equal(words[0], "NTLM");
    assert_string_equal(words[1], "Basic");
    assert_int_equal(ag_scheme_words(AG_SCHEMES_ALL, words), AG_SCHEME_COUNT);
    assert_string_equal(words[AG_SCHEME_COUNT - 1], "other");
}

static void version__four_numbers__is_read_and_written_anew(void **state)
{
    char text[AG_SERVER_VERSION_BYTES];
    uint64_t version = 0;
    (void)state;
    assert_true(ag_answer_version(span_text("HTTP/1.1 401\r\nX-OWA-Version: 15.1.2507.012\r\n"),
                                  text, &version));
    assert_string_equal(text, "15.1.2507.12");
    assert_int_equal(version, (uint64_t)15 << 48 | (uint64_t)1 << 32 | 2507u << 16 | 12);
}

static void version__anything_else__is_not_said(void **state)
{
    static const char *const NONE[] = {
        "15",       "15.1.2507", "15.1.2507.12.1",   "15.1.2507.x", "15.1.99999.1",
        "-1.1.1.1", "",          "15.1.2507.12 ; x", "15..2507.12", "15.1.2507.1\x01"};
    char text[AG_SERVER_VERSION_BYTES];
    uint64_t version = 0;
    (void)state;
    for (size_t i = 0; i < sizeof NONE / sizeof NONE[0]; i++) {
        char headers[100] = "HTTP/1.1 401\r\nX-OWA-Version: ";
        size_t size = strlen(headers);
        (void)memcpy(headers + size, NONE[i], strlen(NONE[i]) + 1);
        assert_false(ag_answer_version(span_text(headers), text, &version));
    }
    assert_false(ag_answer_version(span_text("HTTP/1.1 401\r\nX-AspNet-Version: 4.0.30319.1\r\n"),
                                   text, &version));
}

static void says_ok__only_as_exchange_writes_it(void **state)
{
    static const char *const YES[] = {"200 OK<br/>EX1.CONTOSO.EXAMPLE", "200 OK", "\r\n 200 OK\r\n",
                                      "\xef\xbb\xbf"
                                      "200 OK<br/>"};
    static const char *const NO[] = {
        "", "OK", "200 ok<br/>", "200 OKAY", "HTTP/1.1 200 OK", "<html>200 OK</html>", "200"};
    (void)state;
    for (size_t i = 0; i < sizeof YES / sizeof YES[0]; i++) {
        assert_true(ag_answer_says_ok(span_text(YES[i])));
    }
    for (size_t i = 0; i < sizeof NO / sizeof NO[0]; i++) {
        assert_false(ag_answer_says_ok(span_text(NO[i])));
    }
}

static void has_form__finds_the_element_and_no_word_like_it(void **state)
{
    static const char *const YES[] = {"<html><FORM action='/auth'>", "<form>",
                                      "x<form\nmethod=post>", "<<form/>"};
    static const char *const NO[] = {"", "<formula>", "form", "< form>", "<form", "200 OK<br/>"};
    (void)state;
    for (size_t i = 0; i < sizeof YES / sizeof YES[0]; i++) {
        assert_true(ag_answer_has_form(span_text(YES[i])));
    }
    for (size_t i = 0; i < sizeof NO / sizeof NO[0]; i++) {
        assert_false(ag_answer_has_form(span_text(NO[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(field__named_in_any_case__is_found_without_blanks),
        cmocka_unit_test(field__status_line_and_lines_without_a_colon__are_none),
        cmocka_unit_test(schemes__as_servers_write_them__are_told_apart),
        cmocka_unit_test(scheme_words__of_all__are_in_order),
        cmocka_unit_test(version__four_numbers__is_read_and_written_anew),
        cmocka_unit_test(version__anything_else__is_not_said),
        cmocka_unit_test(says_ok__only_as_exchange_writes_it),
        cmocka_unit_test(has_form__finds_the_element_and_no_word_like_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
