/* evaluate.c - time one decision of 20 rules beside one SHA-256 of 64 bytes by the same library.
 *
 * In turn, five times; a line for each: subject, microseconds of ours, microseconds of the peer. The
 * user is in 30 groups and no rule but the last is TRUE, so that all 20 are tried; what facts.h
 * prepares is prepared before, and timed by itself.
 */
#include "policy/evaluate.h"
#include "policy/digest.h"
#include "policy/facts.h"
#include "policy/plan.h"

#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 5, TIMES = 1000000, GROUPS = 30 };

static const char RINGS[] =
    "\"r0\":{\"tag\":[\"mapi-exception\"]},"
    "\"r1\":{\"group\":[\"CONTOSO\\\\MAPI-Exceptions\",\"S-1-5-21-1-2-3-9001\"]},"
    "\"r2\":{\"user\":[\"S-1-5-21-1-2-3-7001\",\"S-1-5-21-1-2-3-7002\"]},"
    "\"r3\":{\"host\":[\"KIOSK-*\",\"LAB-??\"]},"
    "\"r4\":{\"multi_session\":true},"
    "\"r5\":{\"outlook\":\"<15.0.4569\"},"
    "\"r6\":{\"mailbox\":[\"exchange_online\",\"mixed\"]},"
    "\"r7\":{\"group\":[\"S-1-5-21-1-2-3-9002\"]},"
    "\"r8\":{\"any\":[{\"group\":[\"CONTOSO\\\\MAPI-Pilot\"]},{\"host\":[\"HQ-IT-*\"]}]},"
    "\"r9\":{\"computer_ou\":[\"OU=Paris,DC=contoso,DC=com\"]},"
    "\"r10\":{\"ad_site\":[\"Paris\",\"Lyon\"]},"
    "\"r11\":{\"percent\":1,\"of\":\"user\",\"salt\":\"mapihttp-2026\"},"
    "\"r12\":{\"group\":[\"CONTOSO\\\\Finance\",\"CONTOSO\\\\Legal\"]},"
    "\"r13\":{\"all\":[{\"domain\":[\"FABRIKAM\"]},{\"not\":{\"ring\":\"r0\"}}]},"
    "\"r14\":{\"percent\":5,\"of\":\"user\",\"salt\":\"mapihttp-2026\"},"
    "\"r15\":{\"group\":[\"S-1-5-21-1-2-3-9003\",\"S-1-5-21-1-2-3-9004\"]},"
    "\"r16\":{\"percent\":10,\"of\":\"host\",\"salt\":\"mapihttp-2026\"},"
    "\"r17\":{\"group\":[\"CONTOSO\\\\Sales-*\"]},"
    "\"r18\":{\"ring\":\"r8\",\"tag\":[\"hq\"]},"
    "\"r19\":{\"domain\":[\"CONTOSO\"]}";

static double now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_evaluate: %s\n", what);
    exit(1);
}

static struct pol_plan *make_plan(void)
{
    static struct pol_problems problems;
    static struct pol_problems warnings;
    struct bytes text = bytes_with_limit(LIMIT_PLAN_BYTES);
    struct pol_plan *plan = NULL;
    enum status st = bytes_append_format(
        &text,
        "{\"format\":\"mapi-rollout/plan/1\",\"rollout\":\"bench\",\"serial\":1,"
        "\"issued_at\":\"2026-01-01T00:00:00Z\",\"expires_at\":\"2099-01-01T00:00:00Z\","
        "\"rings\":{%s},\"stages\":[{\"name\":\"bench\",\"rules\":[",
        RINGS);
    for (int i = 0; i < 20 && st == ST_OK; i++) {
        st = bytes_append_format(&text, "%s{\"ring\":\"r%d\",\"set\":\"%s\"}", i > 0 ? "," : "", i,
                                 i == 19 ? "allow" : "leave");
    }
    if (st != ST_OK || bytes_append_text(&text, "],\"otherwise\":\"block\"}],"
                                                "\"safe\":{\"set\":\"allow\"}}") != ST_OK) {
        fail("no memory for the plan");
    }
    struct err err;
    if (pol_plan_parse(bytes_span(&text), &plan, &problems, &warnings, &err) != ST_OK) {
        fail(err.text);
    }
    bytes_free(&text);
    return plan;
}

static struct pol_facts make_facts(void)
{
    static char names[GROUPS][40];
    static const char *groups[GROUPS];
    static const char *const TAGS[] = {"berlin", "laptop"};
    for (int i = 0; i < GROUPS; i++) {
        (void)snprintf(names[i], sizeof names[i],
                       i % 2 == 0 ? "S-1-5-21-1-2-3-%d" : "CONTOSO\\Department-%d", 4000 + i);
        groups[i] = names[i];
    }
    return (struct pol_facts){
        .sid = "S-1-5-21-1-2-3-1001",
        .account = "CONTOSO\\alice",
        .groups = groups,
        .group_count = GROUPS,
        .host = "PC-00042",
        .computer_ou = "CN=PC-00042,OU=Laptops,OU=Berlin,DC=contoso,DC=com",
        .ad_site = "Berlin",
        .tags = TAGS,
        .tag_count = 2,
        .multi_session = POL_NO,
        .outlook = "16.0.17328.20162",
        .mailbox = POL_MAILBOX_ON_PREMISES,
    };
}

static double decide(const struct pol_policy *policy, const struct pol_facts *facts)
{
    int last = 0;
    double start = now_us();
    for (int i = 0; i < TIMES; i++) {
        last = pol_evaluate(policy, facts, NULL).rule;
    }
    double took = now_us() - start;
    if (last != 19) {
        fail("the decision is not the one that was meant");
    }
    return took / TIMES;
}

static double digest(void)
{
    uint8_t data[64] = {1};
    uint8_t out[DIGEST_BYTES] = {0};
    double start = now_us();
    for (int i = 0; i < TIMES; i++) {
        data[0] = out[0];
        if (pol_digest((struct span){.data = data, .size = sizeof data}, out) != ST_OK) {
            fail("cannot digest");
        }
    }
    return (now_us() - start) / TIMES;
}

static double prepare(struct pol_preparation *p, const struct pol_policy *policy,
                      const struct pol_facts *known)
{
    double start = now_us();
    for (int i = 0; i < TIMES; i++) {
        if (pol_prepare(p, policy, known) != ST_OK) {
            fail("cannot prepare");
        }
    }
    return (now_us() - start) / TIMES;
}

int main(void)
{
    struct pol_policy policy;
    struct pol_preparation p = {0};
    if (psa_crypto_init() != PSA_SUCCESS) {
        fail("the cryptography does not start");
    }
    struct pol_plan *plan = make_plan();
    struct pol_facts known = make_facts();
    pol_plan_view(plan, 0, &policy);
    if (pol_prepare(&p, &policy, &known) != ST_OK) {
        fail("cannot prepare");
    }
    for (int i = 0; i < RUNS; i++) {
        double decision = decide(&policy, &p.facts);
        double peer = digest();
        (void)printf("a decision of 20 rules / SHA-256 of 64 bytes\t%.5f\t%.5f\n", decision, peer);
        (void)printf("preparing a user (2 draws, 30 groups) / the same\t%.5f\t%.5f\n",
                     prepare(&p, &policy, &known), peer);
    }
    pol_preparation_done(&p);
    pol_plan_free(plan);
    return 0;
}
