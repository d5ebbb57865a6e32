#include "policy/bucket.h"

#include "policy/digest.h"
#include "policy/limits.h"

#include <stdio.h>
#include <string.h>

static const char PREFIX[] = "mapi-rollout/bucket/1"; /* its NUL belongs to the hashed bytes */

enum status pol_bucket(const char *salt, const char *unit, uint32_t *out)
{
    uint8_t text[sizeof PREFIX + LIMIT_SALT_BYTES + 1 + LIMIT_STRING_BYTES];
    uint8_t digest[DIGEST_BYTES];
    size_t salt_size = strlen(salt);
    size_t unit_size = strlen(unit);
    if (salt_size > LIMIT_SALT_BYTES || unit_size > LIMIT_STRING_BYTES) {
        return ST_TOO_LARGE;
    }
    memcpy(text, PREFIX, sizeof PREFIX);
    memcpy(text + sizeof PREFIX, salt, salt_size + 1);
    memcpy(text + sizeof PREFIX + salt_size + 1, unit, unit_size);
    struct span hashed = {.data = text, .size = sizeof PREFIX + salt_size + 1 + unit_size};
    enum status st = pol_digest(hashed, digest);
    if (st == ST_OK) {
        uint64_t number = 0;
        for (int i = 0; i < 8; i++) {
            number = number << 8 | digest[i];
        }
        /* floor(number * 1,000,000 / 2^64) without a 128-bit type: split at 32 bits. */
        uint64_t low = (number & 0xffffffff) * 1000000;
        uint64_t high = (number >> 32) * 1000000 + (low >> 32);
        *out = (uint32_t)(high >> 32);
    }
    return st;
}

/* Host names count in ASCII upper case. */
static enum status host_unit(const char *host, char out[LIMIT_STRING_BYTES + 1])
{
    size_t size = strlen(host);
    if (size > LIMIT_STRING_BYTES) {
        return ST_TOO_LARGE;
    }
    for (size_t i = 0; i <= size; i++) {
        out[i] = host[i] >= 'a' && host[i] <= 'z' ? (char)(host[i] - 'a' + 'A') : host[i];
    }
    return ST_OK;
}

enum status pol_buckets(const struct pol_policy *policy, const char *sid, const char *host,
                        uint32_t *out)
{
    char upper[LIMIT_STRING_BYTES + 1];
    enum status st = host != NULL ? host_unit(host, upper) : ST_OK;
    for (size_t i = 0; i < policy->draw_count && st == ST_OK; i++) {
        const struct pol_draw *draw = &policy->draws[i];
        bool known = (draw->of_host ? host : sid) != NULL;
        out[i] = 0;
        if (known) {
            st = pol_bucket(draw->salt, draw->of_host ? upper : sid, &out[i]);
        }
    }
    return st;
}
