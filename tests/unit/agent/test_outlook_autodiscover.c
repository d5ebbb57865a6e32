/* test_outlook_autodiscover.c - ag_autodiscover_read(): what counts in an answer, and what does not. */
#include "tests/cmocka_all.h"

#include "agent/outlook_autodiscover.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 1024, CLAIMS_BYTES = 128 };

static const char *const TROUBLES[] = {
    [AG_XML_FINE] = "fine",
    [AG_XML_TOO_LARGE] = "too_large",
    [AG_XML_MALFORMED] = "malformed",
    [AG_XML_NO_SETTINGS] = "no_settings",
    [AG_XML_UNREADABLE] = "unreadable",
};

/* ---- reading ------------------------------------------------------------------------------- */

static void say_claims(const struct ag_autodiscover *found, char out[CLAIMS_BYTES])
{
    static const char *const ONLINE[] = {"", " microsoft_online=no", " microsoft_online=yes"};
    int length = snprintf(out, CLAIMS_BYTES, "%s%s%s%s%s%s", found->mapi_http ? " mapi_http" : "",
                          found->exch ? " exch" : "", found->expr ? " expr" : "",
                          ONLINE[found->microsoft_online], found->online ? " online" : "",
                          found->on_premises ? " on_premises" : "");
    assert_true(length >= 0 && length < CLAIMS_BYTES);
    memmove(out, out + (length > 0), (size_t)length + (length == 0));
}

static void check(const char *name, struct span xml, const char *trouble, const char *claims)
{
    struct ag_autodiscover found;
    char said[CLAIMS_BYTES];
    memset(&found, 0xa5, sizeof found);
    /* No byte stands behind the last, so that the sanitizer sees who reads on. */
    uint8_t *copy = malloc(xml.size > 0 ? xml.size : 1);
    assert_non_null(copy);
    if (xml.size > 0) {
        memcpy(copy, xml.data, xml.size);
    }
    ag_autodiscover_read((struct span){copy, xml.size}, &found);
    free(copy);
    say_claims(&found, said);
    if (strcmp(TROUBLES[found.trouble], trouble) != 0 || strcmp(said, claims) != 0) {
        fail_msg("%s: %s, \"%s\" instead of %s, \"%s\"", name, TROUBLES[found.trouble], said,
                 trouble, claims);
    }
}

static void check_text(const char *xml, const char *trouble, const char *claims)
{
    check(xml, span_text(xml), trouble, claims);
}

#define ACCOUNT(inner)                                                                             \
    "<Autodiscover><Response><Account>" inner "</Account></Response></Autodiscover>"
#define PROTOCOL(inner) ACCOUNT("<Protocol>" inner "</Protocol>")
#define MAPI(inner)     ACCOUNT("<Protocol Type=\"mapiHttp\">" inner "</Protocol>")

/* ---- the files ----------------------------------------------------------------------------- */

static struct bytes read_file(const char *name)
{
    const char *folder = getenv("MR_TEST_DATA");
    char path[PATH_BYTES];
    struct bytes out = {0};
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/autodiscover/%s", folder != NULL ? folder : "tests/data",
                   name);
    if (file_read(path, AG_AUTODISCOVER_BYTES, &out, &err) != ST_OK) {
        fail_msg("%s", err.text);
    }
    return out;
}

static bool count_xml(void *ctx, const char *name)
{
    *(size_t *)ctx += strstr(name, ".xml") != NULL;
    return true;
}

static size_t count_files(void)
{
    const char *folder = getenv("MR_TEST_DATA");
    char path[PATH_BYTES];
    size_t count = 0;
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/autodiscover", folder != NULL ? folder : "tests/data");
    assert_int_equal(file_list(path, count_xml, &count, &err), ST_OK);
    return count;
}

static void read__each_document__finds_what_the_list_says(void **state)
{
    (void)state;
    struct bytes list = read_file("expected.tsv");
    size_t rows = 0;
    char *at = (char *)list.data;
    while (*at != '\0') {
        char *trouble = strchr(at, '\t');
        char *claims = strchr(trouble + 1, '\t');
        char *end = strchr(claims, '\n');
        *trouble++ = *claims++ = *end++ = '\0';
        struct bytes document = read_file(at);
        check(at, bytes_span(&document), trouble, claims);
        bytes_free(&document);
        at = end;
        rows++;
    }
    bytes_free(&list);
    assert_int_equal(rows, count_files());
}

/* A cut answer claims nothing, wherever it is cut. */
static void read__cut_anywhere__is_malformed(void **state)
{
    (void)state;
    static const char *const FILES[] = {"both.xml", "utf-16.xml", "prefixed.xml"};
    for (size_t i = 0; i < sizeof FILES / sizeof FILES[0]; i++) {
        struct bytes document = read_file(FILES[i]);
        size_t size = document.size;
        while (size > 0 && strchr("> \r\n", document.data[size - 1]) != NULL) {
            size--; /* a NUL of UTF-16 counts, too */
        }
        for (; size > 0; size--) {
            check(FILES[i], (struct span){document.data, size}, "malformed", "");
        }
        bytes_free(&document);
    }
}

/* ---- what counts --------------------------------------------------------------------------- */

static void read__protocol_elsewhere__does_not_count(void **state)
{
    (void)state;
    check_text("<Autodiscover><Response><Protocol Type=\"mapiHttp\"/></Response></Autodiscover>",
               "no_settings", "");
    check_text("<Autodiscover><Account><Protocol Type=\"mapiHttp\"/></Account></Autodiscover>",
               "no_settings", "");
    check_text("<Account><Protocol Type=\"mapiHttp\"/></Account>", "no_settings", "");
    check_text(ACCOUNT("<Account><Protocol Type=\"mapiHttp\"/></Account>"), "no_settings", "");
    check_text(ACCOUNT("<AlternativeMailbox><Protocol Type=\"mapiHttp\"/></AlternativeMailbox>"),
               "no_settings", "");
    check_text(PROTOCOL("<Protocol><Type>EXPR</Type></Protocol><Protocol Type=\"mapiHttp\"/>"),
               "no_settings", "");
    check_text(PROTOCOL("<Internal><Type>EXPR</Type></Internal>"), "no_settings", "");
    check_text(ACCOUNT("<Type>EXPR</Type><MailStore/><Server>a.example</Server>"), "no_settings",
               "");
}

static void read__nested_protocol__leaves_the_outer_one_alone(void **state)
{
    (void)state;
    check_text(PROTOCOL("<Internal><Protocol><Type>EXCH</Type><Server>a.example</Server></Protocol>"
                        "</Internal><Type>EXPR</Type>"),
               "fine", "expr");
    check_text(PROTOCOL("<Type>EXPR</Type><External><Protocol Type=\"mapiHttp\"><MailStore>"
                        "<ExternalUrl>https://a.example/</ExternalUrl></MailStore></Protocol>"
                        "</External><Server>outlook.office365.com</Server>"),
               "fine", "expr online");
}

static void read__several_protocols__all_count(void **state)
{
    (void)state;
    check_text(
        ACCOUNT("<Protocol><Type>EXCH</Type></Protocol><Protocol Type=\"mapiHttp\"/>"
                "<Protocol><Type>POP3</Type></Protocol><Protocol><Type>EXPR</Type></Protocol>"),
        "fine", "mapi_http exch expr");
}

static void read__type__is_taken_as_it_is_meant(void **state)
{
    (void)state;
    check_text(PROTOCOL("<Type>\r\n\t EXCH \n</Type>"), "fine", "exch");
    check_text(PROTOCOL("<Type>E&#x58;C<!-- -->H</Type>"), "fine", "exch");
    check_text(PROTOCOL("<Type><![CDATA[EX]]>PR</Type>"), "fine", "expr");
    check_text(PROTOCOL("<Type>EX<?pause?>PR</Type>"), "fine", "expr");
    check_text(PROTOCOL("<Type>EXCHEXPR</Type>"), "no_settings", "");
    check_text(PROTOCOL("<Type>exch</Type>"), "no_settings", "");
    check_text(PROTOCOL("<Type>E X C H</Type>"), "no_settings", "");
    check_text(PROTOCOL("<Type/>"), "no_settings", "");
    check_text(PROTOCOL("<type>EXCH</type>"), "no_settings", "");
    check_text(PROTOCOL("<Type>EX<b/>CH</Type>"), "no_settings", "");
    check_text(PROTOCOL("<Type>EX<b><c/></b>CH</Type>"), "no_settings", "");
    check_text(PROTOCOL("<Type>EX<b>CH</b></Type>"), "no_settings", "");
    check_text(PROTOCOL("<Type>EXCH</Type><Type>EXPR</Type>"), "fine", "exch");
    check_text(PROTOCOL("<Other>EXCH</Other>"), "no_settings", "");
}

static void read__attribute__decides_before_the_element(void **state)
{
    (void)state;
    check_text(MAPI("<Type>EXPR</Type>"), "fine", "mapi_http");
    check_text(ACCOUNT("<Protocol Type=\"mapihttp\"/>"), "no_settings", "");
    check_text(ACCOUNT("<Protocol Type=\"other\"><Type>EXCH</Type></Protocol>"), "fine", "exch");
    check_text(ACCOUNT("<Protocol Version=\"mapiHttp\"/>"), "no_settings", "");
    check_text(ACCOUNT("<Protocol a=\"Type\" mapiHttp=\"1\"/>"), "no_settings", "");
    check_text(ACCOUNT("<Protocol a=\"1\" b=\"2\" Type=\"mapiHttp\" c=\"3\"/>"), "fine",
               "mapi_http");
    check_text(ACCOUNT("<Protocol Type=\"mapiHttp\"/><Protocol><MailStore><ExternalUrl>"
                       "https://a.example/</ExternalUrl></MailStore></Protocol>"),
               "fine", "mapi_http");
}

static void read__long_text__says_nothing(void **state)
{
    (void)state;
    static char xml[8192];
    (void)snprintf(xml, sizeof xml, PROTOCOL("<Type>%*sEXCH</Type>"), 1020, "");
    check_text(xml, "fine", "exch");
    (void)snprintf(xml, sizeof xml, PROTOCOL("<Type>%*sEXCH</Type>"), 1021, "");
    check_text(xml, "no_settings", "");
    (void)snprintf(xml, sizeof xml, PROTOCOL("<Type>EXCH%*s&#32;EXPR</Type>"), 1020, "");
    check_text(xml, "no_settings", "");
    (void)snprintf(xml, sizeof xml, PROTOCOL("<Type>%*sEXCH</Type><Type>EXPR</Type>"), 4000, "");
    check_text(xml, "fine", "expr");
}

/* Expat hands text over in pieces where ours end. */
static void read__text_over_an_edge__is_whole(void **state)
{
    (void)state;
    static char xml[32768];
    for (int shift = 0; shift < 64; shift++) {
        (void)snprintf(
            xml, sizeof xml,
            ACCOUNT("%*s<MicrosoftOnline>False</MicrosoftOnline><Protocol><Type>EXPR</Type>"
                    "<Server>outlook.office365.com</Server></Protocol>"),
            16384 - 64 + shift, "");
        check_text(xml, "fine", "expr microsoft_online=no online");
    }
}

/* ---- where the mailbox is ------------------------------------------------------------------ */

static void read__microsoft_online__one_that_is_counts(void **state)
{
    (void)state;
    static const char WEB[] = "<Protocol><Type>WEB</Type></Protocol>";
    static const struct {
        const char *inner;
        const char *claims;
    } CASES[] = {
        {"<MicrosoftOnline>True</MicrosoftOnline><MicrosoftOnline>False</MicrosoftOnline>",
         "microsoft_online=yes"},
        {"<MicrosoftOnline>False</MicrosoftOnline><MicrosoftOnline>True</MicrosoftOnline>",
         "microsoft_online=yes"},
        {"<MicrosoftOnline>False</MicrosoftOnline><MicrosoftOnline/>", "microsoft_online=no"},
        {"<MicrosoftOnline>1</MicrosoftOnline>", ""},
        {"<User><MicrosoftOnline>True</MicrosoftOnline></User>", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char xml[1024];
        (void)snprintf(xml, sizeof xml, ACCOUNT("%s%s"), CASES[i].inner, WEB);
        check_text(xml, "fine", CASES[i].claims);
    }
}

static void read__url__its_host_says_where(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        const char *claims;
    } CASES[] = {
        {"https://mail.example.com/mapi/emsmdb/?MailboxId=x@outlook.office365.com",
         "mapi_http on_premises"},
        {"https://outlook.office365.com:443/mapi/", "mapi_http online"},
        {"https://outlook.office365.com", "mapi_http online"},
        {"https://outlook.office365.com?x", "mapi_http online"},
        {"https://outlook.office365.com#x", "mapi_http online"},
        {"HTTPS://OUTLOOK.OFFICE365.COM/", "mapi_http online"},
        {"https://outlook.office365.com@mail.example.com/", "mapi_http"},
        {"https://mail.example.com\\@outlook.office365.com/", "mapi_http on_premises"},
        {"https://[2001:db8::1]/mapi/", "mapi_http"},
        {"https://m\xc3\xa4il.example/", "mapi_http"},
        {"https:///mapi/", "mapi_http"},
        {"https://./mapi/", "mapi_http"},
        {"https://mail..example.com/", "mapi_http"},
        {"https://.outlook.office365.com/", "mapi_http"},
        {"https://mail.example.com./", "mapi_http on_premises"},
        {"https://", "mapi_http"},
        {"http://mail.example.com/", "mapi_http"},
        {"mail.example.com", "mapi_http"},
        {"", "mapi_http"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char xml[1024];
        (void)snprintf(xml, sizeof xml,
                       MAPI("<AddressBook><InternalUrl> %s </InternalUrl></AddressBook>"),
                       CASES[i].url);
        check_text(xml, "fine", CASES[i].claims);
    }
}

static void read__url_elsewhere__does_not_count(void **state)
{
    (void)state;
    check_text(MAPI("<InternalUrl>https://a.example/</InternalUrl>"), "fine", "mapi_http");
    check_text(MAPI("<Other><InternalUrl>https://a.example/</InternalUrl></Other>"), "fine",
               "mapi_http");
    check_text(MAPI("<MailStore><Other>https://a.example/</Other></MailStore>"), "fine",
               "mapi_http");
    check_text(MAPI("<MailStore>https://a.example/</MailStore><Server>a.example</Server>"), "fine",
               "mapi_http");
}

static void read__server__only_that_of_expr_says_where(void **state)
{
    (void)state;
    check_text(PROTOCOL("<Server>mail.example.com</Server><Type>EXPR</Type>"), "fine",
               "expr on_premises");
    check_text(PROTOCOL("<Type>EXCH</Type><Server>mail.example.com</Server>"), "fine", "exch");
    check_text(PROTOCOL("<Type>WEB</Type><Server>mail.example.com</Server>"), "fine", "");
    check_text(PROTOCOL("<Type>EXPR</Type><Server>0f0c-9@example.com</Server>"), "fine", "expr");
    check_text(PROTOCOL("<Type>EXPR</Type><Server/>"), "fine", "expr");
    check_text(ACCOUNT("<Protocol><Server>a.example</Server></Protocol><Protocol><Type>EXPR</Type>"
                       "</Protocol>"),
               "fine", "expr");
}

/* ---- no answers at all --------------------------------------------------------------------- */

static void read__no_good_xml__is_malformed(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "<!DOCTYPE Autodiscover>" PROTOCOL("<Type>EXCH</Type>"),
        "<!DOCTYPE Autodiscover [<!ENTITY x 'EXCH'>]>" PROTOCOL("<Type>&x;</Type>"),
        "<!DOCTYPE a [<!ENTITY % x SYSTEM 'file:///dev/zero'> %x;]>" PROTOCOL("<Type>EXCH</Type>"),
        PROTOCOL("<Type>EXCH</Type>") PROTOCOL("<Type>EXCH</Type>"),
        PROTOCOL("<Type>EXCH</Type>") "x",
        PROTOCOL("<Type>EXCH</Typ>"),
        PROTOCOL("<Type>EXCH\x01</Type>"),
        PROTOCOL("<Type>EXCH\xff</Type>"),
        PROTOCOL("<Type>EXCH</Type><a b='1' b='1'/>"),
        "<?xml version='1.0' encoding='utf-7'?>" PROTOCOL("<Type>EXCH</Type>"),
        "<?xml version='1.0' encoding='utf-16'?>" PROTOCOL("<Type>EXCH</Type>"),
        "\r\n<?xml version='1.0'?>" PROTOCOL("<Type>EXCH</Type>"),
        "{\"Protocol\":\"EXCH\"}",
        " ",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        check_text(TEXTS[i], "malformed", "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__each_document__finds_what_the_list_says),
        cmocka_unit_test(read__cut_anywhere__is_malformed),
        cmocka_unit_test(read__protocol_elsewhere__does_not_count),
        cmocka_unit_test(read__nested_protocol__leaves_the_outer_one_alone),
        cmocka_unit_test(read__several_protocols__all_count),
        cmocka_unit_test(read__type__is_taken_as_it_is_meant),
        cmocka_unit_test(read__attribute__decides_before_the_element),
        cmocka_unit_test(read__long_text__says_nothing),
        cmocka_unit_test(read__text_over_an_edge__is_whole),
        cmocka_unit_test(read__microsoft_online__one_that_is_counts),
        cmocka_unit_test(read__url__its_host_says_where),
        cmocka_unit_test(read__url_elsewhere__does_not_count),
        cmocka_unit_test(read__server__only_that_of_expr_says_where),
        cmocka_unit_test(read__no_good_xml__is_malformed),
    };
    return cmocka_run_group_tests_name("outlook_autodiscover", tests, NULL, NULL);
}
