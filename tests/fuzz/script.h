/* script.h - read an input as a conversation: lines that a mutator can move about.
 *
 *     aA GET /v1/policy?x=1        door (a agents, m administrators), who (see below), marks; then as in HTTP
 *     Prefer: wait=60              headers; @policy, @bundle: the ETag that holds; @A, @B: a token
 *                                  an empty line, then the body, up to a line with a point or the end
 *     @1                           a body of this kind is a signed bundle: serial 1 to 9, see fuzz_routes.c
 *     .
 *     t 3600                       so many seconds pass
 *     r                            the server is stopped and started again
 *
 * Who: - nobody, ? a stranger, A B devices, E with the enroll secret, V O P viewer, operator, publisher.
 * Marks: b c the server is busy, crowded; l the connection comes from this machine, p the body comes in pieces.
 * Effects: cuts up the text in its place    Units:  seconds, bytes
 * Owns:    nothing                          Errors: none; lines without a sense are skipped
 * Threads: one                              Source: tests/fuzz/corpus/README.md
 */
#ifndef TESTS_FUZZ_SCRIPT_H
#define TESTS_FUZZ_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCRIPT_HEADERS_MAX = 8 };

enum script_kind { SCRIPT_ASK, SCRIPT_TIME, SCRIPT_RESTART };

struct script_step {
    enum script_kind kind;
    int64_t seconds;
    char door; /* 'a', 'm' */
    char who;
    bool busy;
    bool full;
    bool loopback;
    bool pieces;
    const char *method;
    const char *target;
    struct {
        const char *name;
        const char *value;
    } headers[SCRIPT_HEADERS_MAX];
    size_t header_count;
    const uint8_t *body;
    size_t body_size;
};

/* What is left of it; the text ends with a NUL that does not count. */
struct script {
    char *at;
    char *end;
};

bool script_next(struct script *s, struct script_step *out);

#endif
