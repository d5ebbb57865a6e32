/* status_text.h - draw the state of a rollout for people.
 *
 * Effects: none                                Units:  seconds since 1970 UTC, users
 * Owns:    nothing; out belongs to the caller  Errors: ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: safe                                Source: docs/protocol.md "Command lines" (status)
 */
#ifndef ADMIN_STATUS_TEXT_H
#define ADMIN_STATUS_TEXT_H

#include "admin/compliance_view.h"
#include "admin/facts.h"
#include "admin/failing.h"
#include "admin/rollout_view.h"

/* All that was asked for one look. */
struct adm_status_view {
    struct adm_rollout_view rollout;
    struct adm_compliance_view fleet;
    struct adm_failing failing;
    int64_t now_s;
};

/* What is released and stored; each stage with a bar of the users who have it in effect; how the
 * gate stands; who fails and why; the states of all; and whether the brake works, by build. */
enum status adm_status_text(const struct adm_status_view *view, const struct adm_look *look,
                            struct bytes *out) MUST_USE;

/* Parts of it, each nothing where there is nothing to say. */
enum status adm_status_stages(const struct adm_status_view *view, const struct adm_look *look,
                              struct bytes *out) MUST_USE;
enum status adm_status_states(const struct adm_status_view *view, const struct adm_look *look,
                              struct bytes *out) MUST_USE;
enum status adm_status_builds(const struct adm_status_view *view, const struct adm_look *look,
                              struct bytes *out) MUST_USE;

/* The same for who waits for changes: what does not move by itself every second. */
void adm_status_facts(const struct adm_status_view *view, struct adm_facts *out);

#endif
