/* test_metrics_text.c - Prometheus' text format: escaping, labels, buckets, the bound. */
#include "tests/cmocka_all.h"

#include "server/metrics_text.h"

enum { TEXT_BYTES = 4096 };

static struct bytes text;

static int text_setup(void **state)
{
    (void)state;
    text = bytes_with_limit(TEXT_BYTES);
    return 0;
}

static int text_teardown(void **state)
{
    (void)state;
    bytes_free(&text);
    return 0;
}

static void metrics_text__family__is_help_then_type(void **state)
{
    (void)state;
    struct srv_metrics_writer w = srv_metrics_start(&text);
    srv_metrics_family(&w, "a_total", SRV_METRIC_COUNTER, "What it is.");
    srv_metrics_sample(&w, NULL, 0);
    srv_metrics_family(&w, "b", SRV_METRIC_GAUGE, "Another.");
    srv_metrics_sample(&w, NULL, INT64_MIN);
    assert_int_equal(srv_metrics_end(&w), ST_OK);
    assert_string_equal(bytes_text(&text), "# HELP a_total What it is.\n# TYPE a_total counter\n"
                                           "a_total 0\n"
                                           "# HELP b Another.\n# TYPE b gauge\n"
                                           "b -9223372036854775808\n");
}

static void metrics_text__help__escapes_backslash_and_line_end_only(void **state)
{
    (void)state;
    struct srv_metrics_writer w = srv_metrics_start(&text);
    srv_metrics_family(&w, "a", SRV_METRIC_HISTOGRAM, "a \"b\" \\ c\nd");
    assert_int_equal(srv_metrics_end(&w), ST_OK);
    assert_string_equal(bytes_text(&text), "# HELP a a \"b\" \\\\ c\\nd\n# TYPE a histogram\n");
}

static void metrics_text__label_value__escapes_quotation_marks_too(void **state)
{
    (void)state;
    struct srv_metrics_writer w = srv_metrics_start(&text);
    srv_metrics_family(&w, "a", SRV_METRIC_GAUGE, "A.");
    bytes_clear(&text);
    srv_metrics_labelled(&w, "stage", "x\"} 1\na{stage=\"\\", 7);
    srv_metrics_labelled(&w, "stage", "", 8);
    srv_metrics_labelled(&w, "stage", "gr\xc3\xbcn", 9);
    assert_int_equal(srv_metrics_end(&w), ST_OK);
    assert_string_equal(bytes_text(&text), "a{stage=\"x\\\"} 1\\na{stage=\\\"\\\\\"} 7\n"
                                           "a{stage=\"\"} 8\n"
                                           "a{stage=\"gr\xc3\xbcn\"} 9\n");
}

static void metrics_text__several_labels__are_in_one_pair_of_braces(void **state)
{
    (void)state;
    const struct srv_label list[] = {{"route", "/v1/devices/*"}, {"status", "2xx"}};
    const struct srv_labels labels = {list, 2};
    struct srv_metrics_writer w = srv_metrics_start(&text);
    srv_metrics_family(&w, "a_total", SRV_METRIC_COUNTER, "A.");
    bytes_clear(&text);
    srv_metrics_sample(&w, &labels, 3);
    assert_int_equal(srv_metrics_end(&w), ST_OK);
    assert_string_equal(bytes_text(&text), "a_total{route=\"/v1/devices/*\",status=\"2xx\"} 3\n");
}

static void metrics_text__histogram__is_cumulative_in_seconds(void **state)
{
    (void)state;
    struct srv_histogram h = {.buckets = SRV_BUCKETS_MS};
    const struct srv_label route = {"route", "r"};
    const struct srv_labels labels = {&route, 1};
    static const uint64_t TOOK_MS[] = {0, 5, 6, 100, 2500, 10000, 10001, 60000};
    for (size_t i = 0; i < sizeof TOOK_MS / sizeof TOOK_MS[0]; i++) {
        srv_histogram_add(&h, TOOK_MS[i]);
    }
    struct srv_metrics_writer w = srv_metrics_start(&text);
    srv_metrics_family(&w, "d_seconds", SRV_METRIC_HISTOGRAM, "D.");
    bytes_clear(&text);
    srv_metrics_histogram(&w, &labels, &h);
    assert_int_equal(srv_metrics_end(&w), ST_OK);
    assert_string_equal(bytes_text(&text), "d_seconds_bucket{route=\"r\",le=\"0.005\"} 2\n"
                                           "d_seconds_bucket{route=\"r\",le=\"0.025\"} 3\n"
                                           "d_seconds_bucket{route=\"r\",le=\"0.1\"} 4\n"
                                           "d_seconds_bucket{route=\"r\",le=\"0.5\"} 4\n"
                                           "d_seconds_bucket{route=\"r\",le=\"2.5\"} 5\n"
                                           "d_seconds_bucket{route=\"r\",le=\"10\"} 6\n"
                                           "d_seconds_bucket{route=\"r\",le=\"+Inf\"} 8\n"
                                           "d_seconds_sum{route=\"r\"} 82.612\n"
                                           "d_seconds_count{route=\"r\"} 8\n");
}

static void metrics_text__histogram_of_numbers__has_no_fractions(void **state)
{
    (void)state;
    struct srv_histogram h = {.buckets = SRV_BUCKETS_BATCH};
    srv_histogram_add(&h, 200);
    struct srv_metrics_writer w = srv_metrics_start(&text);
    srv_metrics_family(&w, "b", SRV_METRIC_HISTOGRAM, "B.");
    bytes_clear(&text);
    srv_metrics_histogram(&w, NULL, &h);
    assert_int_equal(srv_metrics_end(&w), ST_OK);
    assert_string_equal(bytes_text(&text), "b_bucket{le=\"1\"} 0\nb_bucket{le=\"5\"} 0\n"
                                           "b_bucket{le=\"20\"} 0\nb_bucket{le=\"50\"} 0\n"
                                           "b_bucket{le=\"100\"} 0\nb_bucket{le=\"200\"} 1\n"
                                           "b_bucket{le=\"+Inf\"} 1\nb_sum 200\nb_count 1\n");
}

static void metrics_text__more_than_the_bound__fails_and_stays_failed(void **state)
{
    (void)state;
    struct bytes small = bytes_with_limit(48);
    struct srv_metrics_writer w = srv_metrics_start(&small);
    srv_metrics_family(&w, "a", SRV_METRIC_GAUGE, "More than fits into forty-eight bytes.");
    srv_metrics_sample(&w, NULL, 1);
    assert_int_equal(srv_metrics_end(&w), ST_TOO_LARGE);
    assert_true(small.size <= 48);
    bytes_free(&small);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, text_setup, text_teardown)
    const struct CMUnitTest tests[] = {
        TEST(metrics_text__family__is_help_then_type),
        TEST(metrics_text__help__escapes_backslash_and_line_end_only),
        TEST(metrics_text__label_value__escapes_quotation_marks_too),
        TEST(metrics_text__several_labels__are_in_one_pair_of_braces),
        TEST(metrics_text__histogram__is_cumulative_in_seconds),
        TEST(metrics_text__histogram_of_numbers__has_no_fractions),
        TEST(metrics_text__more_than_the_bound__fails_and_stays_failed),
    };
    return cmocka_run_group_tests_name("metrics_text", tests, NULL, NULL);
}
