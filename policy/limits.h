/* limits.h - every bound on a document, the same for agent, server and command.
 *
 * Effects: none       Units:  in the names; bytes unless said otherwise
 * Owns:    nothing    Errors: none
 * Threads: safe       Source: docs/policy-format.md "Limits"
 */
#ifndef POLICY_LIMITS_H
#define POLICY_LIMITS_H

#include <stdint.h>

enum {
    LIMIT_PAYLOAD_BYTES = 256 * 1024,
    LIMIT_PROTECTED_BYTES = 512,
    LIMIT_ENVELOPE_BYTES = 512 * 1024,
    LIMIT_BUNDLE_BYTES = 8 * 1024 * 1024,
    LIMIT_PLAN_BYTES = 1024 * 1024,
    LIMIT_TRUST_BYTES = 64 * 1024,
    LIMIT_REPORT_BYTES = 256 * 1024,
    LIMIT_ENROLL_BYTES = 16 * 1024,
    LIMIT_FACTS_BYTES = 256 * 1024, /* one line: a user may be in a thousand groups */
    LIMIT_STRING_BYTES = 256,
    LIMIT_NAME_BYTES = 64,
    LIMIT_SALT_BYTES = 64,
    LIMIT_KEY_FILE_BYTES = 16 * 1024,

    LIMIT_KEYS = 16,
    LIMIT_SIGNATURES = 8,
    LIMIT_RINGS = 64,
    LIMIT_RULES = 256,
    LIMIT_STAGES = 50,
    LIMIT_LIST_ITEMS = 16384,
    LIMIT_NESTING = 16,
    LIMIT_PREFLIGHT_URLS = 8,
    LIMIT_MINIMUMS = 8, /* entries of minimum_outlook */
    LIMIT_REPORT_USERS = 200,
    LIMIT_PROBLEMS = 20, /* how many `check` reports in one run */

    LIMIT_SERIAL = 9000000,
    LIMIT_POLL_MIN_S = 60,
    LIMIT_POLL_MAX_S = 86400,
    LIMIT_WAIT_MAX_S = 600,
    LIMIT_SPREAD_MAX_S = 10,
    LIMIT_REPORT_MIN_S = 300,
    LIMIT_REPORT_MAX_S = 604800,
    LIMIT_DEADLINE_MAX_S = 2592000,
    LIMIT_APPLY_SPREAD_MAX_S = 86400,
    LIMIT_ISSUED_AHEAD_S = 86400, /* how far ahead of our clock `issued_at` may be */

    VERSION_STEP = 1000, /* version = serial * 1000 + position */
    VERSION_SAFE_POSITION = 999,
};

/* Versions do not fit into 32 bits. */
#define VERSION_MOST ((int64_t)LIMIT_SERIAL * VERSION_STEP + VERSION_SAFE_POSITION)

#endif
