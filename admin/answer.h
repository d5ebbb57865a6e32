/* answer.h - read what the server answered, as strictly as anything from outside.
 *
 * Members that a later server adds are let be; missing and wrong ones are refused.
 * Effects: those of client_http.h        Units:  none
 * Owns:    struct adm_answer; adm_answer_done()    Errors: those of client_http.h; ST_REFUSED with
 *                                                          the reader's code
 * Threads: one thread                    Source: docs/protocol.md "Administrators"
 */
#ifndef ADMIN_ANSWER_H
#define ADMIN_ANSWER_H

#include "admin/client_http.h"
#include "policy/json_read.h"

struct adm_answer {
    struct bytes body;
    struct pol_json *json;
    struct pol_problems *problems; /* what is found while reading goes here */
};

/* Ask and parse. */
enum status adm_answer_get(struct adm_client *client, const char *path, struct adm_answer *out,
                           struct err *err) MUST_USE;
enum status adm_answer_ask(struct adm_client *client, const struct adm_request *request,
                           struct adm_answer *out, struct err *err) MUST_USE;
void adm_answer_done(struct adm_answer *answer);

struct pol_at adm_answer_root(const struct adm_answer *answer);

/* ST_REFUSED if reading found something wrong. */
enum status adm_answer_check(const struct adm_answer *answer, struct err *err) MUST_USE;

/* What is wanted of a list that comes in pages, and who looks at each item of it. */
struct adm_pages {
    const char *path;  /* "/v1/users" */
    const char *query; /* "state=error", or "" */
    const char *list;  /* the member with the array: "users" */
    size_t most;       /* how many items are wanted; 0: all */
    enum status (*visit)(void *ctx, const struct pol_at *item, struct err *err);
    void *ctx;
};

enum status adm_pages_walk(struct adm_client *client, const struct adm_pages *pages,
                           struct err *err) MUST_USE;

#endif
