/* source_http_setup.h - tell libcurl how our exchanges are to be: which security, how patient, by way
 * of whom. For source_http.c alone.
 *
 * Effects: none but on the handle given    Units:  s
 * Owns:    nothing                         Errors: libcurl's: for options that were not built in, too,
 *                                                  and security hangs on some of them
 * Threads: one thread                      Source: docs/protocol.md "TLS"; curl_easy_setopt(3)
 */
#ifndef AGENT_SOURCE_HTTP_SETUP_H
#define AGENT_SOURCE_HTTP_SETUP_H

#include "base/bytes.h"

#include <curl/curl.h>

/* TLS 1.2 or later, names and chains verified, no redirects. ca_file NULL: ca_pem counts, which must
 * live as long as the exchange. */
CURLcode ag_source_http_secure(CURL *easy, const char *ca_file, struct span ca_pem) MUST_USE;

/* wait_s: how long the server was asked to hold; 0: not at all. fresh: no connection of before. */
CURLcode ag_source_http_limit(CURL *easy, uint32_t wait_s, bool fresh) MUST_USE;

/* "http://host:port", or "" for straight on, whatever the environment says. */
CURLcode ag_source_http_go_by(CURL *easy, const char *proxy) MUST_USE;

/* Our names for what matters; all else is "no answer". */
enum status ag_source_http_status(CURLcode code);

/* Did the exchange end before there was a secure connection, for no fault of the server's? Then
 * another proxy may lead on. */
bool ag_source_http_led_nowhere(CURL *easy, CURLcode code);

#endif
