/* gate_view.h - what the server says of the gate of the released stage.
 *
 * Effects: none                  Units:  users, devices, percent; seconds since 1970 UTC
 * Owns:    nothing               Errors: problems at their places
 * Threads: one thread            Source: docs/protocol.md "Administrators" (GET /v1/rollout)
 */
#ifndef ADMIN_GATE_VIEW_H
#define ADMIN_GATE_VIEW_H

#include "policy/json_read.h"
#include "policy/limits.h"

enum { ADM_WORD_BYTES = 32, ADM_GATE_TEXT_BYTES = 513 };

/* Of the users seen, those in one percentage of users. */
struct adm_sample_view {
    int64_t threshold_ppm;
    int64_t users;
    int64_t seen;
};

struct adm_gate_view {
    bool known; /* false: there is no gate, or nobody looked yet */
    char stage[LIMIT_NAME_BYTES + 1];
    char verdict[ADM_WORD_BYTES];
    char reason[ADM_WORD_BYTES];
    char refusal[ADM_GATE_TEXT_BYTES]; /* "" if nothing was refused */
    char advance[ADM_WORD_BYTES];      /* "auto", "manual"; "": not known */
    char on_fail[ADM_WORD_BYTES];      /* "hold", "safe"; "": not known */
    int64_t soak_left_s;
    int64_t failing_since_s; /* the first look at what asks for the brake; -1: none */
    int64_t subjects;
    int64_t unknown;
    int64_t reporting;
    int64_t conclusive;
    int64_t healthy;
    int64_t devices;
    int64_t failing_devices;
    int64_t soak_s;
    int64_t min_reporting_percent;
    int64_t min_conclusive_percent;
    int64_t min_healthy_percent;
    int64_t max_failing;
    bool sample_off; /* then this is the first share that is further off than chance takes it */
    struct adm_sample_view sample;
};

struct adm_hold_view {
    bool held;
    int64_t at_s;
    char by[ADM_GATE_TEXT_BYTES];
    char reason[ADM_GATE_TEXT_BYTES];
};

/* Machines have a newer version of ours in effect than is released: a restored backup, or a policy
 * handed out as a file. */
struct adm_behind_view {
    bool behind;
    int64_t version;                  /* 0: not known */
    char stage[LIMIT_NAME_BYTES + 1]; /* "" if no bundle here has that version */
    char device[ADM_GATE_TEXT_BYTES]; /* the id of one of them; "": not known */
    int64_t devices;                  /* how many they are; -1: not known */
    int64_t versions;                 /* that they have; 0: not known */
    int64_t seen_s;                   /* when one of them was last heard from; -1: not known */
};

/* Members "gate" and "hold" of the answer; both may be null, or missing with older servers. */
void adm_gate_read(const struct pol_at *rollout, struct adm_gate_view *gate,
                   struct adm_hold_view *hold);

/* Member "behind_fleet"; null, false or missing is none. */
void adm_behind_read(const struct pol_at *rollout, struct adm_behind_view *out);

#endif
