#include "admin/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ITEMS_MOST = 1024 * 1024, /* of one answer; the server's pages have 500 users */
    STRING_MOST_BYTES = 4096,
    PAGE = 200,
    PATH_BYTES = 8192,
    CURSOR_BYTES = 256,
    PAGES_MOST = 100000, /* a server that never ends its list must not keep us for ever */
};

enum status adm_answer_ask(struct adm_client *client, const struct adm_request *request,
                           struct adm_answer *out, struct err *err)
{
    struct pol_json_limits limits = pol_json_limits_document(ADM_ANSWER_BYTES);
    struct adm_answer answer = {.problems = calloc(1, sizeof *answer.problems)};

    limits.list_items = ITEMS_MOST;
    limits.string_bytes = STRING_MOST_BYTES;
    enum status st = answer.problems != NULL ? ST_OK : err_set(err, ST_NO_MEMORY, 0, "no memory");
    if (st == ST_OK) {
        st = adm_client_ask(client, request, &answer.body, err);
    }
    if (st == ST_OK) {
        st = pol_json_parse(bytes_span(&answer.body), &limits, &answer.json, err);
        if (st == ST_REFUSED) {
            struct err cause = *err;
            st = err_set(err, ST_IO, 0, "that is no answer of a mapi-rollout server: %.400s",
                         cause.text);
        }
    }
    if (st == ST_OK) {
        *out = answer;
        answer = (struct adm_answer){.json = NULL};
    }
    adm_answer_done(&answer);
    return st;
}

enum status adm_answer_get(struct adm_client *client, const char *path, struct adm_answer *out,
                           struct err *err)
{
    const struct adm_request request = {.method = "GET", .path = path};
    return adm_answer_ask(client, &request, out, err);
}

void adm_answer_done(struct adm_answer *answer)
{
    pol_json_free(answer->json);
    bytes_free(&answer->body);
    free(answer->problems);
    *answer = (struct adm_answer){.json = NULL};
}

struct pol_at adm_answer_root(const struct adm_answer *answer)
{
    return pol_json_root(answer->json, answer->problems);
}

enum status adm_answer_check(const struct adm_answer *answer, struct err *err)
{
    enum status st = pol_problems_status(answer->problems, err);
    if (st == ST_REFUSED) {
        struct err cause = *err;
        st = err_refuse(err, cause.code, cause.pointer, "%.400s (in the server's answer)",
                        cause.text);
    }
    return st;
}

struct walk {
    const struct adm_pages *pages;
    size_t seen;
    char cursor[CURSOR_BYTES]; /* "" behind the last page */
};

static bool wants_more(const struct walk *walk)
{
    return walk->pages->most == 0 || walk->seen < walk->pages->most;
}

static enum status visit_page(const struct adm_answer *answer, struct walk *walk, struct err *err)
{
    struct pol_at root = adm_answer_root(answer);
    struct pol_at list = {.value = NULL};
    struct pol_at item = {.value = NULL};
    size_t count = 0;
    const char *cursor = "";
    enum status st = ST_OK;

    if (pol_at_is_object(&root) &&
        pol_read_array(&root, walk->pages->list, POL_REQUIRED, ITEMS_MOST, &list, &count)) {
        bool more = pol_first(&list, &item);
        while (more && st == ST_OK && wants_more(walk)) {
            st = walk->pages->visit(walk->pages->ctx, &item, err);
            walk->seen++;
            more = pol_next(&item);
        }
        (void)pol_read_text(&root, "next", POL_OPTIONAL, CURSOR_BYTES - 1, &cursor);
    } else {
        pol_at_problem(&root, "wrong_type", "a list \"%s\" was expected", walk->pages->list);
    }
    (void)snprintf(walk->cursor, sizeof walk->cursor, "%s", cursor);
    return st == ST_OK ? adm_answer_check(answer, err) : st;
}

static enum status get_page(struct adm_client *client, struct walk *walk, struct err *err)
{
    struct bytes path = bytes_with_limit(PATH_BYTES);
    struct adm_answer answer = {.json = NULL};
    const char *query = walk->pages->query;

    enum status st = bytes_append_format(&path, "%s?limit=%d%s%s", walk->pages->path, PAGE,
                                         query[0] != '\0' ? "&" : "", query);
    if (st == ST_OK && walk->cursor[0] != '\0') {
        st = bytes_append_text(&path, "&cursor=");
        if (st == ST_OK) {
            st = adm_query_append(&path, walk->cursor);
        }
    }
    if (st != ST_OK) {
        st = err_set(err, st, 0, "the question to the server is too long");
    } else {
        st = adm_answer_get(client, bytes_text(&path), &answer, err);
    }
    if (st == ST_OK) {
        st = visit_page(&answer, walk, err);
    }
    adm_answer_done(&answer);
    bytes_free(&path);
    return st;
}

enum status adm_pages_walk(struct adm_client *client, const struct adm_pages *pages,
                           struct err *err)
{
    struct walk walk = {.pages = pages};
    enum status st = get_page(client, &walk, err);
    for (size_t i = 1; st == ST_OK && walk.cursor[0] != '\0' && wants_more(&walk); i++) {
        st = i < PAGES_MOST ? get_page(client, &walk, err)
                            : err_set(err, ST_TOO_LARGE, 0, "the server's list does not end");
    }
    return st;
}
