/* page.h - read what a list was asked for: filters, how many, from where on.
 *
 * Effects: none                                Units:  rows
 * Owns:    nothing; texts are the request's    Errors: an answer, and false
 * Threads: safe                                Source: docs/protocol.md "Administrators"
 */
#ifndef SERVER_PAGE_H
#define SERVER_PAGE_H

#include "server/http.h"
#include "server/store.h"

enum { SRV_PAGE_MOST = 500, SRV_PAGE_USUAL = 100 };

bool srv_page_read(struct srv_request *rq, struct srv_filter *out);

#endif
