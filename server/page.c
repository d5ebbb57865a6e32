#include "server/page.h"

#include "policy/limits.h"
#include "server/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_DIGITS = 18 };

/* A filter, or false and an answer for one that is too long. */
static bool read_text(struct srv_request *rq, const char *key, const char **out)
{
    const char *value = srv_request_query(rq, key);
    if (value != NULL && strlen(value) > LIMIT_STRING_BYTES) {
        srv_answer_problem(rq, 422, "out_of_range", "%s may have %d bytes at most", key,
                           (int)LIMIT_STRING_BYTES);
        return false;
    }
    *out = value != NULL && value[0] != '\0' ? value : NULL;
    return true;
}

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

bool srv_page_read(struct srv_request *rq, struct srv_filter *out)
{
    struct srv_filter f = {0};
    int64_t limit = SRV_PAGE_USUAL;
    bool good = read_text(rq, "state", &f.state) && read_text(rq, "ring", &f.ring) &&
                read_text(rq, "set", &f.set) && read_text(rq, "device", &f.device_id) &&
                read_text(rq, "host", &f.host) && read_text(rq, "sid", &f.sid) &&
                read_text(rq, "q", &f.text) && read_number(rq, "cursor", INT64_MAX, &f.after) &&
                read_number(rq, "limit", SRV_PAGE_MOST, &limit);
    if (good) {
        f.limit = limit > 0 ? (size_t)limit : SRV_PAGE_USUAL;
        *out = f;
    }
    return good;
}

/* 500 rows of at most 4 KiB each, groups left out. */
enum { PAGE_BYTES = 2 * 1024 * 1024, CURSOR_BYTES = 24 };

void srv_page_start(struct srv_page *page, const char *name)
{
    *page = (struct srv_page){.text = bytes_with_limit(PAGE_BYTES)};
    page->json = pol_json_write_start(&page->text);
    if (name != NULL) {
        pol_json_object(&page->json, NULL);
        pol_json_array(&page->json, name);
    }
}

void srv_page_row(struct srv_page *page, int64_t key)
{
    page->last_key = key;
    page->rows++;
}

void srv_page_close(struct srv_page *page, size_t limit)
{
    char cursor[CURSOR_BYTES];
    (void)snprintf(cursor, sizeof cursor, "%lld", (long long)page->last_key);
    pol_json_close_array(&page->json);
    pol_json_text(&page->json, "next", page->rows == limit ? cursor : NULL);
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
