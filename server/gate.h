/* gate.h - decide whether a stage is left: counts and time in, one word and its reason out.
 *
 * store -> tally -> [gate] -> keeper -> rollout
 *
 * Pure: no I/O, no clock, no floating point. What it has to remember between two looks is in
 * srv_gate_memory, which the caller keeps where a restart does not reach it.
 * Effects: none       Units:  seconds since 1970 UTC, of the server; users, devices; parts per
 *                             million
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: docs/policy-format.md "Gate"
 */
#ifndef SERVER_GATE_H
#define SERVER_GATE_H

#include "policy/policy.h"

enum {
    SRV_GATE_CONCLUSIVE_LEAST = 20,      /* or all subjects, if they are fewer */
    SRV_GATE_SAMPLE_LEAST = 100,         /* users, before a share says anything */
    SRV_GATE_FAILING_AFTER_S = 4 * 3600, /* without interruption */
    SRV_GATE_CONFIRM_AFTER_S = 15 * 60,  /* between the two looks that pull the brake */
    SRV_GATE_SAFE_PERCENT = 5            /* of the subjects' devices */
};

/* KEEP: time alone leads on, or an operator whose turn it is. HOLD: something is wrong or missing. */
enum srv_gate_verdict {
    SRV_GATE_KEEP,
    SRV_GATE_ADVANCE,
    SRV_GATE_HOLD,
    SRV_GATE_SAFE,
    SRV_GATE_VERDICT_COUNT
};
extern const char *const SRV_GATE_VERDICT_WORDS[SRV_GATE_VERDICT_COUNT];

enum srv_gate_reason {
    SRV_GATE_PASSED,
    /* a number is missing: these are bits of `missing`, too */
    SRV_GATE_SOAK,
    SRV_GATE_REPORTING,
    SRV_GATE_CONCLUSIVE, /* fewer than 20, or than all */
    SRV_GATE_CONCLUSIVE_PERCENT,
    SRV_GATE_HEALTHY,
    SRV_GATE_MISSING_END,
    /* too much of something */
    SRV_GATE_FAILING = SRV_GATE_MISSING_END,
    SRV_GATE_SAMPLE_RATIO,
    /* all numbers are there */
    SRV_GATE_MANUAL,
    SRV_GATE_NOT_BEFORE,
    SRV_GATE_NO_NEXT_STAGE,
    SRV_GATE_NEVER_AUTOMATIC, /* the next stage has release or restore */
    /* somebody, or the rules of releasing, say no */
    SRV_GATE_HELD,
    SRV_GATE_REFUSED,
    SRV_GATE_NOT_FIXED,    /* who its subjects are is not in the store */
    SRV_GATE_BEHIND_FLEET, /* a device has a version that is not released here */
    SRV_GATE_REASON_COUNT
};
extern const char *const SRV_GATE_REASON_WORDS[SRV_GATE_REASON_COUNT];

/* Of all users seen under the released version, those whose lot is below the percentage. */
struct srv_gate_sample {
    uint32_t draw; /* of the policy */
    uint32_t threshold_ppm;
    uint64_t users;
    uint64_t seen;
};

struct srv_gate_counts {
    uint64_t subjects; /* without those who turned paused or unmanaged */
    uint64_t reporting;
    uint64_t healthy;
    uint64_t failing;
    uint64_t devices; /* of the subjects */
    uint64_t failing_devices;
    uint64_t unknown; /* users whose outcome the server cannot know: in no other number */
    struct srv_gate_sample *samples;
    size_t sample_count;
};

struct srv_gate_terms {
    const struct pol_gate *gate;
    const struct pol_policy *next; /* NULL: the last signed stage */
};

struct srv_gate_memory {
    int64_t released_s;
    int64_t failing_s; /* the first look at failing devices that ask for the brake; -1: none */
    bool held;         /* by an operator */
    bool behind;       /* the fleet is ahead of what is released */
};

struct srv_gate_answer {
    enum srv_gate_verdict verdict;
    enum srv_gate_reason reason;
    uint32_t missing;    /* a bit for each reason that is a missing number */
    int64_t soak_left_s; /* 0: over */
    int64_t failing_s;   /* to be remembered */
};

/* Is the seen share further from the percentage than chance takes it? */
bool srv_gate_sample_is_off(const struct srv_gate_sample *sample);

struct srv_gate_answer srv_gate_decide(const struct srv_gate_terms *terms,
                                       const struct srv_gate_counts *counts,
                                       const struct srv_gate_memory *memory, int64_t now_s);

#endif
