/* watch.h - look again and again, until Ctrl-C, and show what there is now.
 *
 * On a terminal the picture is drawn in place. Elsewhere it is printed once, and then what changes,
 * a line each with its time. A server that is away is said to be, and asked again more and more
 * seldom; Ctrl-C ends it well at any time.
 * Effects: asks the server, writes standard output, waits, catches Ctrl-C
 * Units:   seconds    Owns:    nothing
 * Errors:  those of the first look, and of later ones that no waiting puts right; those of print.h
 * Threads: one thread                   Source: docs/protocol.md "Command lines" (--watch)
 */
#ifndef ADMIN_WATCH_H
#define ADMIN_WATCH_H

#include "admin/facts.h"
#include "admin/screen.h"
#include "base/err.h"

struct adm_watch {
    bool on;
    const char *every; /* NULL: as usual for the command */
};

/* The row of an option table that fills such a struct. */
#define ADM_WATCH_ROW(watch)                                                                       \
    {                                                                                              \
        .name = "--watch", .value = "SECONDS", .flag = &(watch).on, .text = &(watch).every         \
    }

/* What one look sees. */
struct adm_sight {
    struct adm_look look;    /* how the picture may look */
    struct bytes picture;    /* lines for people, or one line of JSON */
    struct adm_facts *facts; /* NULL: not wanted */
};

struct adm_watched {
    enum status (*look)(void *ctx, struct adm_sight *sight, struct err *err);
    void *ctx;
    bool json;         /* facts and picture are JSON */
    bool only_changes; /* of JSON: facts, not pictures */
    int64_t usual_s;
};

/* Once, or with watch->on until Ctrl-C. */
enum status adm_watch_run(const struct adm_watch *watch, const struct adm_watched *watched,
                          struct err *err) MUST_USE;

/* How long to rest behind so many failures in a row, which came `every_s` apart at first. */
int64_t adm_watch_rest_s(int64_t every_s, unsigned failures);

#endif
