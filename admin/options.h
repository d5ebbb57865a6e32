/* options.h - read the words behind a subcommand, by a table.
 *
 * Whatever is wrong is said in one sentence that names what to write instead. Secrets have no
 * option: they come from files or a terminal.
 * Effects: none                                   Units:  none
 * Owns:    nothing; texts point into argv         Errors: ST_REFUSED with the code ADM_USAGE, for
 *                                                         which the program ends with 2
 * Threads: one thread                             Source: docs/protocol.md "Command lines"
 */
#ifndef ADMIN_OPTIONS_H
#define ADMIN_OPTIONS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const char ADM_USAGE[]; /* "usage" */

enum { ADM_LIST_MOST = 16, ADM_OPERANDS_MOST = 2 };

struct adm_list {
    const char *items[ADM_LIST_MOST];
    size_t count;
};

/* One option; exactly one of flag, text and list says where it goes. With flag and text its value may
 * be left out: the next word is it only if that is a number. */
struct adm_option {
    const char *name;  /* "--out" */
    const char *value; /* how the value is called in messages: "FILE"; NULL for a flag */
    bool needed;
    bool *flag;
    const char **text;
    struct adm_list *list;
};

struct adm_syntax {
    const char *command; /* "trust new" */
    const struct adm_option *options;
    size_t option_count;
    const char *operands[ADM_OPERANDS_MOST]; /* "PLAN.json"; "[ID]" may be left out */
};

/* operands: one text for each name in the syntax; what is left out stays as it was. */
enum status adm_options_read(const struct adm_syntax *syntax, int argc, char *const *argv,
                             const char **operands, struct err *err) MUST_USE;

/* Refuse with the code ADM_USAGE. */
enum status adm_usage(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);
bool adm_is_usage(const struct err *err);

/* A whole decimal number given to an option. */
enum status adm_option_number(const char *option, const char *text, int64_t least, int64_t most,
                              int64_t *out, struct err *err) MUST_USE;

/* A name as documents have it: 1 to 64 of a-z, 0-9 and "-". */
enum status adm_option_name(const char *option, const char *text, struct err *err) MUST_USE;

#endif
