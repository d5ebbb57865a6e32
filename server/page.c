#include "server/page.h"

#include "server/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_DIGITS = 18 };

static bool read_number(struct srv_request *rq, const char *key, int64_t most, int64_t *out)
{
    const char *value = srv_request_query(rq, key);
    if (value == NULL) {
        return true;
    }
    size_t length = strlen(value);
    bool digits = length > 0 && length <= NUMBER_DIGITS && strspn(value, "0123456789") == length;
    int64_t number = digits ? strtoll(value, NULL, 10) : -1;
    if (number < 0 || number > most) {
        srv_answer_problem(rq, 422, "out_of_range", "%s must be a number up to %lld", key,
                           (long long)most);
        return false;
    }
    *out = number;
    return true;
}

bool srv_page_read(struct srv_request *rq, int64_t *after, size_t *limit)
{
    int64_t number = SRV_PAGE_USUAL;
    *after = 0;
    if (!read_number(rq, "cursor", INT64_MAX, after) ||
        !read_number(rq, "limit", SRV_PAGE_MOST, &number)) {
        return false;
    }
    *limit = number > 0 ? (size_t)number : SRV_PAGE_USUAL;
    return true;
}

/* What is enough, and one row more: a row is no larger than the report that it came in. */
enum { PAGE_BYTES = 4 * 1024 * 1024, CURSOR_BYTES = 24 };

void srv_page_start(struct srv_page *page, const char *name)
{
    *page = (struct srv_page){.text = bytes_with_limit(PAGE_BYTES)};
    page->json = pol_json_write_start(&page->text);
    if (name != NULL) {
        pol_json_object(&page->json, NULL);
        pol_json_array(&page->json, name);
    }
}

bool srv_page_row(struct srv_page *page, int64_t key)
{
    page->last_key = key;
    page->rows++;
    return page->text.size < SRV_PAGE_ENOUGH_BYTES;
}

void srv_page_close(struct srv_page *page, int64_t next)
{
    char cursor[CURSOR_BYTES];
    (void)snprintf(cursor, sizeof cursor, "%lld", (long long)next);
    pol_json_close_array(&page->json);
    pol_json_text(&page->json, "next", next != 0 ? cursor : NULL);
    pol_json_close_object(&page->json);
}

void srv_page_answer(struct srv_request *rq, struct srv_page *page, enum status st, struct err *err)
{
    if (st == ST_OK) {
        st = pol_json_write_end(&page->json);
        if (st != ST_OK) {
            (void)err_set(err, st, 0, "cannot write the list");
        }
    }
    if (st == ST_OK) {
        srv_answer_json(rq, 200, &page->text);
    } else {
        srv_answer_error(rq, err);
    }
    bytes_free(&page->text);
}
