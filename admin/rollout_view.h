/* rollout_view.h - what the server says is released and stored.
 *
 * Effects: asks the server    Units:  seconds since 1970 UTC
 * Owns:    nothing            Errors: those of answer.h
 * Threads: one thread         Source: docs/protocol.md "Administrators" (GET /v1/rollout)
 */
#ifndef ADMIN_ROLLOUT_VIEW_H
#define ADMIN_ROLLOUT_VIEW_H

#include "admin/answer.h"
#include "admin/audit_view.h"
#include "admin/gate_view.h"
#include "policy/limits.h"

enum { ADM_NAME_BYTES = LIMIT_NAME_BYTES + 1, ADM_ETAG_BYTES = 128, ADM_TEXT_BYTES = 257 };

struct adm_stage_view {
    char name[ADM_NAME_BYTES];
    int64_t version;
    int64_t not_before_s;           /* -1: at once */
    char otherwise[ADM_WORD_BYTES]; /* what users get whom no rule names; "": not known */
};

struct adm_bundle_view {
    uint32_t serial; /* 0: there is none */
    int64_t expires_at_s;
    struct adm_stage_view stages[LIMIT_STAGES];
    size_t stage_count;
};

struct adm_rollout_view {
    char rollout[ADM_NAME_BYTES]; /* "" before the first bundle */
    char policy_etag[ADM_ETAG_BYTES];
    char bundle_etag[ADM_ETAG_BYTES];
    int64_t released_version; /* 0: nothing yet */
    char released_stage[ADM_NAME_BYTES];
    bool is_safe;
    bool is_missing;       /* it is not at hand: agents that ask get nothing */
    int64_t released_at_s; /* -1: not known */
    char released_by[ADM_TEXT_BYTES];
    char reason[ADM_TEXT_BYTES];
    struct adm_gate_view gate;
    struct adm_hold_view hold;
    struct adm_behind_view behind;
    struct adm_audit_view audit;
    struct adm_bundle_view newest;
    struct adm_bundle_view released; /* the bundle that the released policy came from */
};

enum status adm_rollout_read(const struct adm_answer *answer, struct adm_rollout_view *out,
                             struct err *err) MUST_USE;
enum status adm_rollout_get(struct adm_client *client, struct adm_rollout_view *out,
                            struct err *err) MUST_USE;

/* NULL if the bundle has no such stage. */
const struct adm_stage_view *adm_stage_find(const struct adm_bundle_view *bundle, const char *name);

/* The stage behind the released one in its bundle; NULL at the last. */
const struct adm_stage_view *adm_stage_next(const struct adm_rollout_view *rollout);

#endif
