/* test_json_threads_posix.c - threads that read JSON at the same time have each its own document. */
#include "tests/cmocka_all.h"

#include "policy/json_read.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { THREADS = 4, TURNS = 300, ITEMS = 100 };

struct reader {
    pthread_t thread;
    int number;
    atomic_int *together;
    bool good;
};

static bool has_all(struct pol_json *json, int number)
{
    struct pol_problems problems = {.count = 0};
    struct pol_at root = pol_json_root(json, &problems);
    bool good = true;
    for (int i = 0; i < ITEMS && good; i++) {
        char name[16];
        int64_t value = 0;
        (void)snprintf(name, sizeof name, "%d-%d", number, i);
        good = pol_read_integer(&root, name, POL_REQUIRED, 0, INT64_MAX, &value) &&
               value == number * ITEMS + i;
    }
    return good;
}

static bool write_document(struct bytes *out, int number)
{
    struct pol_json_writer w = pol_json_write_start(out);
    pol_json_object(&w, NULL);
    for (int i = 0; i < ITEMS; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%d-%d", number, i);
        pol_json_integer(&w, name, number * ITEMS + i);
    }
    pol_json_close_object(&w);
    return pol_json_write_end(&w) == ST_OK;
}

static void *read_on(void *ctx)
{
    struct reader *r = ctx;
    struct pol_json_limits limits = pol_json_limits_document(LIMIT_PAYLOAD_BYTES);
    struct bytes document = bytes_with_limit(LIMIT_PAYLOAD_BYTES);
    r->good = write_document(&document, r->number);
    atomic_fetch_add(r->together, 1);
    while (atomic_load(r->together) < THREADS) {
    }
    for (int i = 0; i < TURNS && r->good; i++) {
        struct pol_json *json = NULL;
        r->good = pol_json_parse(bytes_span(&document), &limits, &json, NULL) == ST_OK &&
                  has_all(json, r->number);
        pol_json_free(json);
    }
    bytes_free(&document);
    return NULL;
}

static void parse__several_threads__each_reads_its_own(void **state)
{
    struct reader readers[THREADS];
    atomic_int together = 0;
    (void)state;
    for (int i = 0; i < THREADS; i++) {
        readers[i] = (struct reader){.number = i, .together = &together};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_true(readers[i].good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__several_threads__each_reads_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
