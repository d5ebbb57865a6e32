/* user_filter.h - which users are meant: the same options for users and export.
 *
 * Effects: none                    Units:  none
 * Owns:    nothing: texts point    Errors: ADM_USAGE for a word that no user can have; ST_REFUSED
 *          into argv                       "unsupported" for a server without that filter
 * Threads: one thread              Source: docs/protocol.md "Administrators" (GET /v1/users)
 */
#ifndef ADMIN_USER_FILTER_H
#define ADMIN_USER_FILTER_H

#include "admin/options.h"
#include "base/bytes.h"
#include "policy/json_read.h"

enum adm_user_key {
    ADM_USER_STATE,
    ADM_USER_RING,
    ADM_USER_SET,
    ADM_USER_STAGE,
    ADM_USER_PROTOCOL,
    ADM_USER_CONFIDENCE,
    ADM_USER_MAILBOX,
    ADM_USER_OUTLOOK,
    ADM_USER_VALUE,
    ADM_USER_VERSION,
    ADM_USER_BLOCKED_BY,
    ADM_USER_HOST,
    ADM_USER_DEVICE,
    ADM_USER_SID,
    ADM_USER_TEXT,
    ADM_USER_KEYS
};

struct adm_user_filter {
    const char *text[ADM_USER_KEYS]; /* NULL: all */
    bool stale;                      /* of machines like these only */
    bool duplicate;
    bool failed;
};

/* The rows of an option table that fill such a struct. */
#define ADM_USER_FILTER_ROWS(filter)                                                               \
    {.name = "--state", .value = "STATE", .text = &(filter).text[ADM_USER_STATE]},                 \
        {.name = "--ring", .value = "RING", .text = &(filter).text[ADM_USER_RING]},                \
        {.name = "--set", .value = "SET", .text = &(filter).text[ADM_USER_SET]},                   \
        {.name = "--stage", .value = "STAGE", .text = &(filter).text[ADM_USER_STAGE]},             \
        {.name = "--version", .value = "VERSION", .text = &(filter).text[ADM_USER_VERSION]},       \
        {.name = "--value", .value = "VALUE", .text = &(filter).text[ADM_USER_VALUE]},             \
        {.name = "--protocol", .value = "PROTOCOL", .text = &(filter).text[ADM_USER_PROTOCOL]},    \
        {.name = "--confidence", .value = "WORD", .text = &(filter).text[ADM_USER_CONFIDENCE]},    \
        {.name = "--mailbox", .value = "WORD", .text = &(filter).text[ADM_USER_MAILBOX]},          \
        {.name = "--outlook", .value = "VERSION", .text = &(filter).text[ADM_USER_OUTLOOK]},       \
        {.name = "--blocked-by", .value = "WORD", .text = &(filter).text[ADM_USER_BLOCKED_BY]},    \
        {.name = "--host", .value = "HOST", .text = &(filter).text[ADM_USER_HOST]},                \
        {.name = "--device", .value = "ID", .text = &(filter).text[ADM_USER_DEVICE]},              \
        {.name = "--sid", .value = "SID", .text = &(filter).text[ADM_USER_SID]},                   \
        {.name = "--text", .value = "TEXT", .text = &(filter).text[ADM_USER_TEXT]},                \
        {.name = "--stale", .flag = &(filter).stale},                                              \
        {.name = "--duplicate", .flag = &(filter).duplicate},                                      \
    {                                                                                              \
        .name = "--failed", .flag = &(filter).failed                                               \
    }

/* The words that have a list are in it; a mistyped one would find nobody and look like good news. */
enum status adm_user_filter_check(const struct adm_user_filter *filter, struct err *err) MUST_USE;

/* Append "state=error&ring=pilot". */
enum status adm_user_filter_query(const struct adm_user_filter *filter, struct bytes *out,
                                  struct err *err) MUST_USE;

/* A server that does not know a filter answers with everybody: one user who is not meant shows it. */
enum status adm_user_filter_holds(const struct adm_user_filter *filter, const struct pol_at *user,
                                  struct err *err) MUST_USE;

#endif
