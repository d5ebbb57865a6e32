/* raw_talk.h - say to a server what no good client says.
 *
 * Nothing is added to a request but its Host and `Connection: close`.
 * Effects: sockets                Units:  bytes
 * Owns:    nothing                Errors: fail the test, or false as said below
 * Threads: one                    Source: RFC 9112
 */
#ifndef TESTS_UNIT_SERVER_RAW_TALK_H
#define TESTS_UNIT_SERVER_RAW_TALK_H

#include "tests/unit/server/conversation.h"

/* False if the other side is gone. */
bool try_send(int fd, const char *data, size_t size);
void say_raw(const char *url, const char *line, const char *headers, const char *body,
             struct answer *out);
/* False if the server ended the connection without an answer. */
bool say_raw_or_cut(const char *url, const char *line, const char *headers, const char *body,
                    struct answer *out);
/* Send, and leave. */
void cut_raw(const char *url, const char *line, const char *headers, const char *body);

#endif
