#include "tests/cmocka_all.h"

#include "tests/unit/server/store_recount.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MOST = 1024, NAME_BYTES = 80 };

/* What is counted, by the store or from its rows. */
struct sums {
    struct {
        char name[NAME_BYTES]; /* "kind/name/part" */
        int64_t n;
    } list[NAMES_MOST];
    size_t count;
};

static void sum(struct sums *s, const char *kind, const char *name, const char *part, int64_t n)
{
    char key[NAME_BYTES];
    size_t at = 0;
    (void)snprintf(key, sizeof key, "%s/%s/%s", kind, name, part != NULL ? part : "");
    while (at < s->count && strcmp(s->list[at].name, key) != 0) {
        at++;
    }
    if (at == s->count) {
        assert_true(s->count < NAMES_MOST);
        (void)snprintf(s->list[at].name, NAME_BYTES, "%s", key);
        s->list[s->count++].n = 0;
    }
    s->list[at].n += n;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void expect_equal(struct sums *kept, struct sums *recounted)
{
    qsort(kept->list, kept->count, sizeof kept->list[0], by_name);
    qsort(recounted->list, recounted->count, sizeof recounted->list[0], by_name);
    for (size_t i = 0; i < kept->count && i < recounted->count; i++) {
        assert_string_equal(kept->list[i].name, recounted->list[i].name);
        if (kept->list[i].n != recounted->list[i].n) {
            fail_msg("%s: %" PRId64 " kept, %" PRId64 " recounted", kept->list[i].name,
                     kept->list[i].n, recounted->list[i].n);
        }
    }
    assert_int_equal(kept->count, recounted->count);
}

/* ---- counting again from the rows ------------------------------------------------------------ */

enum { SILENT_SINCE_S = 60000 };
static const int64_t VERSIONS[] = {0, 7001, 7002, 7003};
const struct srv_count_question STORE_QUESTION = {
    .versions = VERSIONS, .version_count = 4, .silent_since_s = SILENT_SINCE_S};

static bool take_row(void *v, const struct srv_count_row *row)
{
    struct sums *s = v;
    size_t before = s->count;
    sum(s, row->kind, row->name, row->part, row->count);
    assert_int_equal(s->count, before + 1); /* each is told once */
    return true;
}

static void count_brake(struct sums *s, const struct srv_user_row *row)
{
    bool one = row->value.present && row->value.type == POL_VALUE_DWORD && row->value.dword == 1;
    bool seen =
        strcmp(row->confidence, "configured") == 0 || strcmp(row->confidence, "connected") == 0;
    if (!one || row->starts < 2) {
        return;
    }
    sum(s, "brake", row->outlook, NULL, 1);
    if (seen &&
        (strcmp(row->protocol, "rpc_http") == 0 || strcmp(row->protocol, "mapi_http") == 0)) {
        sum(s, "brake", row->outlook, row->protocol, 1);
    }
}

struct page {
    struct sums *sums;
    int64_t last;
    size_t rows;
};

static bool recount_user(void *v, const struct srv_user_row *row)
{
    struct page *p = v;
    char version[24];
    (void)snprintf(version, sizeof version, "%" PRId64, row->version);
    sum(p->sums, "total", "users", NULL, 1);
    sum(p->sums, "state", row->state, NULL, 1);
    sum(p->sums, "protocol", row->protocol, NULL, 1);
    sum(p->sums, "outlook", row->outlook, NULL, 1);
    sum(p->sums, "version", version, NULL, 1);
    for (size_t i = 0; i < STORE_QUESTION.version_count; i++) {
        if (VERSIONS[i] == row->version) {
            sum(p->sums, "version_state", version, row->state, 1);
        }
    }
    if (row->set != NULL) {
        sum(p->sums, "set", row->set, NULL, 1);
    }
    if (row->ring != NULL) {
        sum(p->sums, "ring", row->ring, NULL, 1);
    }
    count_brake(p->sums, row);
    p->last = row->key;
    p->rows++;
    return true;
}

static bool recount_device(void *v, const struct srv_device_row *row)
{
    struct page *p = v;
    int64_t heard_s = row->seen_s >= 0 ? row->seen_s : row->enrolled_s;
    p->last = row->key;
    p->rows++;
    if (row->retired_s < 0) {
        sum(p->sums, "total", "devices", NULL, 1);
        if (heard_s < SILENT_SINCE_S) {
            sum(p->sums, "total", "silent", NULL, 1);
        }
    }
    return true;
}

size_t store_recount(struct store_place *p)
{
    struct sums *kept = calloc(1, sizeof *kept);
    struct sums *recounted = calloc(1, sizeof *recounted);
    struct page page = {.sums = recounted};
    struct srv_filter filter = {.limit = 500};
    assert_true(kept != NULL && recounted != NULL);
    assert_int_equal(p->store.counts(p->store.ctx, &STORE_QUESTION, take_row, kept, NULL), ST_OK);
    do {
        page.rows = 0;
        assert_int_equal(p->store.users(p->store.ctx, &filter, recount_user, &page, NULL), ST_OK);
        filter.after = page.last;
    } while (page.rows == 500);
    filter.after = page.last = 0;
    do {
        page.rows = 0;
        assert_int_equal(p->store.devices(p->store.ctx, &filter, recount_device, &page, NULL),
                         ST_OK);
        filter.after = page.last;
    } while (page.rows == 500);
    expect_equal(kept, recounted);
    size_t count = kept->count;
    free(kept);
    free(recounted);
    return count;
}

size_t store_counts(struct store_place *p)
{
    struct sums *kept = calloc(1, sizeof *kept);
    assert_non_null(kept);
    assert_int_equal(p->store.counts(p->store.ctx, &STORE_QUESTION, take_row, kept, NULL), ST_OK);
    size_t count = kept->count;
    free(kept);
    return count;
}
