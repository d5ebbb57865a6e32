/* list.h - read what a list of users or devices is asked for, and walk to one page of it.
 *
 * request -> [list] -> store -> page
 *
 * Whatever is not known, or is none of the words that are possible, is refused with what is possible. A
 * page that few rows fit looks for so long only, and tells where to go on.
 * Effects: reads the store; an answer to a refused request
 * Units:   rows, _ms monotonic                  Owns:    nothing; texts are the request's
 * Errors:  an answer and false; those of the    Threads: safe
 *          store
 * Source:  docs/protocol.md "Lists"
 */
#ifndef SERVER_LIST_H
#define SERVER_LIST_H

#include "policy/limits.h"
#include "server/app.h"
#include "server/http.h"
#include "server/page.h"

enum srv_list { SRV_LIST_USERS = 1, SRV_LIST_DEVICES = 2, SRV_LIST_EXPORT = 4 };

/* Stages of one name in two bundles, or all versions of both and none. */
enum { SRV_LIST_VERSIONS = 2 * (LIMIT_STAGES + 1) + 1, SRV_LIST_BUILD_BYTES = 24 };

/* What filter points to; it is not to be copied. */
struct srv_list_request {
    struct srv_filter filter;
    int64_t versions[SRV_LIST_VERSIONS];
    char outlook[SRV_LIST_BUILD_BYTES];
    int64_t next;
};

/* With the usual limit if none is asked for. */
bool srv_list_read(struct srv_app *app, struct srv_request *rq, enum srv_list list,
                   struct srv_list_request *out);

/* A walk to one page. find() asks the store once, and keeps count: full ends the page early. */
struct srv_list_search {
    enum status (*find)(struct srv_list_search *search, const struct srv_filter *filter,
                        struct err *err);
    size_t rows;
    bool full;
};

/* Until there are request->filter.limit rows, or no more, or it took long enough. request->next is then
 * where to go on. */
enum status srv_list_walk(struct srv_list_request *request, struct srv_list_search *search,
                          struct err *err) MUST_USE;

#endif
