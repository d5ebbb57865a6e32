/* facts.h - tell what changed between two looks at the same thing.
 *
 * A fact is a key that stays and a text that may change. The first failure of adding sticks;
 * adm_facts_compare() tells it.
 * Effects: none                               Units:  none
 * Owns:    struct adm_facts;                  Errors: ST_TOO_LARGE, ST_NO_MEMORY
 *          adm_facts_done()
 * Threads: one thread                         Source: docs/protocol.md "Command lines" (--watch)
 */
#ifndef ADMIN_FACTS_H
#define ADMIN_FACTS_H

#include "base/bytes.h"

struct adm_facts {
    struct bytes text; /* key, NUL, text, NUL, ... */
    size_t count;
    enum status st;
};

struct adm_facts adm_facts_new(void);
void adm_facts_done(struct adm_facts *facts);
/* No key twice. */
void adm_facts_add(struct adm_facts *facts, const char *key, const char *text);
void adm_facts_add_format(struct adm_facts *facts, const char *key, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Each fact that is new, changed or gone (then text is NULL), by rising keys. */
enum status adm_facts_compare(const struct adm_facts *before, const struct adm_facts *now,
                              enum status (*visit)(void *ctx, const char *key, const char *text),
                              void *ctx) MUST_USE;

#endif
