/* test_outlook_autodiscover_bounds.c - ag_autodiscover_read(): the largest answer that is taken, and one more. */
#include "tests/cmocka_all.h"

#include "agent/outlook_autodiscover.h"

enum { DOCUMENT_BYTES = 2 * AG_AUTODISCOVER_BYTES };

#define GOOD "<Protocol><Type>EXCH</Type></Protocol>"
#define HEAD "<Autodiscover><Response><Account>" GOOD
#define TAIL "</Account></Response></Autodiscover>"

static void append_times(struct bytes *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        assert_int_equal(bytes_append_text(out, text), ST_OK);
    }
}

/* before, so many times the text, after. */
static void check(const char *before, const char *text, size_t times, const char *after,
                  enum ag_xml_trouble trouble)
{
    struct ag_autodiscover found;
    struct bytes xml = bytes_with_limit(DOCUMENT_BYTES);
    append_times(&xml, before, 1);
    append_times(&xml, text, times);
    append_times(&xml, after, 1);
    ag_autodiscover_read(bytes_span(&xml), &found);
    if (found.trouble != trouble || found.exch != (trouble == AG_XML_FINE)) {
        fail_msg("%s %zu times: %d", text, times, (int)found.trouble);
    }
    bytes_free(&xml);
}

static void read__largest_file__one_byte_more_is_too_large(void **state)
{
    (void)state;
    const size_t rest = AG_AUTODISCOVER_BYTES - sizeof HEAD TAIL + 1;
    check(HEAD, " ", rest, TAIL, AG_XML_FINE);
    check(HEAD, " ", rest + 1, TAIL, AG_XML_TOO_LARGE);
}

/* Five elements are there already. */
static void read__names__elements_and_attributes_count(void **state)
{
    (void)state;
    const size_t rest = 20000 - 5;
    check(HEAD, "<x/>", rest, TAIL, AG_XML_FINE);
    check(HEAD, "<x/>", rest + 1, TAIL, AG_XML_TOO_LARGE);
    check(HEAD, "<x y=''/>", rest / 2, TAIL, AG_XML_FINE);
    check(HEAD, "<x y=''/>", rest / 2 + 1, TAIL, AG_XML_TOO_LARGE);
}

/* Three levels are there already. What is not closed is malformed, once it is not too deep. */
static void read__depth__ends_at_its_bound(void **state)
{
    (void)state;
    check(HEAD, "<b>", 29, "", AG_XML_MALFORMED);
    check(HEAD, "<b>", 30, "", AG_XML_TOO_LARGE);
    check("", "<b>", 32, "", AG_XML_MALFORMED);
    check("", "<b>", 33, "", AG_XML_TOO_LARGE);
    check("", "<b></b>", 1, "<b/>", AG_XML_MALFORMED);
    check(HEAD, "<b></b>", 1000, TAIL, AG_XML_FINE);
}

static void read__long_tag__is_too_large(void **state)
{
    (void)state;
    const size_t most = 64 * 1024;
    check(HEAD "<!--", " ", most / 2, "-->" TAIL, AG_XML_FINE);
    check(HEAD "<!--", " ", most * 2, "-->" TAIL, AG_XML_TOO_LARGE);
    check(HEAD "<?x ", " ", most * 2, "?>" TAIL, AG_XML_TOO_LARGE);
    check(HEAD "<a b='", " ", most * 2, "'/>" TAIL, AG_XML_TOO_LARGE);
    check(HEAD "<", "a", most * 2, "/>" TAIL, AG_XML_TOO_LARGE);
    check(HEAD "<![CDATA[", " ", most * 2, "]]>" TAIL, AG_XML_FINE);
    check("<!DOCTYPE ", "a", most * 2, "><a/>", AG_XML_TOO_LARGE);
    check("", " ", most * 2, "<a/>", AG_XML_NO_SETTINGS);
}

static void read__file_that_is_not_read__needs_only_its_size(void **state)
{
    (void)state;
    struct ag_autodiscover found = {.mapi_http = true};
    ag_autodiscover_read((struct span){.data = NULL, .size = AG_AUTODISCOVER_BYTES + 1}, &found);
    assert_int_equal(found.trouble, AG_XML_TOO_LARGE);
    assert_false(found.mapi_http);
    ag_autodiscover_read((struct span){.data = NULL, .size = 0}, &found);
    assert_int_equal(found.trouble, AG_XML_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__largest_file__one_byte_more_is_too_large),
        cmocka_unit_test(read__names__elements_and_attributes_count),
        cmocka_unit_test(read__depth__ends_at_its_bound),
        cmocka_unit_test(read__long_tag__is_too_large),
        cmocka_unit_test(read__file_that_is_not_read__needs_only_its_size),
    };
    return cmocka_run_group_tests_name("outlook_autodiscover (bounds)", tests, NULL, NULL);
}
