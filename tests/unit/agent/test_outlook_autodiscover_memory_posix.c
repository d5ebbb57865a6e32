/* test_outlook_autodiscover_memory_posix.c - an answer when memory runs out at any place, and how much of it the
 * worst ones take. */
#include "tests/cmocka_all.h"

#include "agent/outlook_autodiscover.h"
#include "tests/fakes/nth_allocation.h"

enum { MOST_BYTES = 4 * 1024 * 1024 };

#define HEAD "<Autodiscover><Response><Account><Protocol><Type>EXCH</Type></Protocol>"
#define TAIL "</Account></Response></Autodiscover>"

/* ---- the n-th allocation ------------------------------------------------------------------- */

struct trial {
    struct bytes xml;
    struct ag_autodiscover found;
};

static enum status read_answer(void *ctx, struct err *err)
{
    struct trial *trial = ctx;
    ag_autodiscover_read(bytes_span(&trial->xml), &trial->found);
    return trial->found.trouble == AG_XML_UNREADABLE ? err_set(err, ST_NO_MEMORY, 0, "no memory")
                                                     : ST_OK;
}

static void check_claims(void *ctx, bool good)
{
    const struct trial *trial = ctx;
    assert_int_equal(trial->found.trouble, good ? AG_XML_FINE : AG_XML_UNREADABLE);
    assert_int_equal(trial->found.exch, good);
}

static void read__memory_runs_out__is_unreadable(void **state)
{
    (void)state;
    struct trial trial = {.xml = bytes_with_limit(AG_AUTODISCOVER_BYTES)};
    assert_int_equal(bytes_append_text(&trial.xml, HEAD), ST_OK);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(bytes_append_format(&trial.xml, "<p%u:a b%u='&#x%x;'> %0400u</p%u:a>", i,
                                             i, i + 32, i, i),
                         ST_OK);
    }
    assert_int_equal(bytes_append_text(&trial.xml, TAIL), ST_OK);
    const struct nth_call call = {.ctx = &trial, .call = read_answer, .after = check_claims};
    assert_true(nth_allocation_each(&call) >= 100);
    bytes_free(&trial.xml);
}

/* ---- how much ------------------------------------------------------------------------------ */

/* The text, with a number of so many digits for each #, as often as the largest file has room for. */
static void append_numbered(struct bytes *xml, const char *text, int digits)
{
    enum status st = ST_OK;
    for (unsigned i = 0; st == ST_OK; i++) {
        struct bytes one = bytes_with_limit(256 * 1024);
        for (const char *at = text; *at != '\0'; at++) {
            assert_int_equal(*at == '#' ? bytes_append_format(&one, "%0*u", digits, i)
                                        : bytes_append(&one, at, 1),
                             ST_OK);
        }
        st = bytes_append(xml, one.data, one.size);
        bytes_free(&one);
    }
}

static void check_peak(const char *head, const char *text, int digits)
{
    struct ag_autodiscover found;
    struct bytes xml = bytes_with_limit(AG_AUTODISCOVER_BYTES);
    assert_int_equal(bytes_append_text(&xml, head), ST_OK);
    append_numbered(&xml, text, digits);
    allocation_watch_start();
    ag_autodiscover_read(bytes_span(&xml), &found);
    size_t peak = allocation_watch_peak_bytes();
    print_message("%zu KiB for many %s\n", peak / 1024, text);
    assert_in_range(peak, 1, MOST_BYTES);
    bytes_free(&xml);
}

static void read__worst_answers__take_little(void **state)
{
    (void)state;
    check_peak(HEAD, "<e#/>", 44);
    check_peak(HEAD, "<p#:x/>", 44);
    check_peak(HEAD, "<p#:x/>", 5);
    check_peak(HEAD, "<a e#=''/>", 89);
    check_peak(HEAD, "<p#:a q#:b=''/>", 44);
    check_peak(HEAD "<a", " e#=''", 5);
    check_peak(HEAD "<a", " p#:e=''", 5);
    check_peak(HEAD, "<a b='#' c='#'/>", 500);
    check_peak(HEAD, "<a b='#' c='#'/>", 1800);
    check_peak(HEAD, "<e#>", 30000);
    check_peak(HEAD, "<e#>", 62000);
    check_peak(HEAD, "<p#:x y#:z=''/>", 20000);
    check_peak(HEAD "<Protocol><Type>", "&#x20;", 1);
    check_peak("", "   ", 1);
    check_peak("<!DOCTYPE a [<!ENTITY x 'x'>", "<!ENTITY x# '&x;&x;&x;'>", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__memory_runs_out__is_unreadable),
        cmocka_unit_test(read__worst_answers__take_little),
    };
    return cmocka_run_group_tests_name("outlook_autodiscover (memory)", tests, NULL, NULL);
}
