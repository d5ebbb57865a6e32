#include "agent/preflight.h"

#include "agent/preflight_known.h"
#include "agent/schedule.h"
#include "base/log.h"

#include <inttypes.h>
#include <string.h>

enum {
    DAY_S = 86400,
    AGAIN_S = 15 * 60, /* after a verdict other than ready; doubled each time, up to a day */
    DOUBLINGS_MOST = 7,
    GAP_MS = AGAIN_S * 1000, /* between two probes for changes of the network */
    BUSY_MS = 10 * 1000,
};

/* Evenly up to and including most. */
static uint64_t draw(uint64_t most, uint32_t chance)
{
    return most * chance / UINT32_MAX;
}

static uint32_t period_s(const struct ag_preflight_url *u)
{
    if (u->last.verdict == POL_VERDICT_READY || u->failures > DOUBLINGS_MOST) {
        return DAY_S;
    }
    uint32_t again_s = (uint32_t)AGAIN_S << (u->failures > 0 ? u->failures - 1 : 0);
    return again_s < DAY_S ? again_s : DAY_S;
}

/* One step's view of the world. */
struct stepping {
    struct ag_preflight *p;
    const struct ag_probing *probing;
    const struct ag_clock *clock;
    uint64_t spread_ms;
    uint64_t now_ms;
    int64_t now_s;
};

static uint32_t chance(const struct stepping *s)
{
    return s->clock->random(s->clock->ctx);
}

static uint64_t soon_ms(const struct stepping *s)
{
    return s->now_ms + draw(s->spread_ms, chance(s));
}

/* ---- the URLs of the policy in force ------------------------------------------------------- */

static struct ag_preflight_url *find(struct ag_preflight *p, const char *url)
{
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->urls[i].url, url) == 0) {
            return &p->urls[i];
        }
    }
    return NULL;
}

/* There is room for all of two lists once the others are dropped. */
static void want(struct ag_preflight *p, const struct pol_preflight *list, bool for_block)
{
    for (size_t i = 0; i < list->count; i++) {
        struct ag_preflight_url *u = find(p, list->urls[i]);
        if (u == NULL) {
            u = &p->urls[p->count++];
            *u = (struct ag_preflight_url){.known = false};
            memcpy(u->url, list->urls[i], strlen(list->urls[i]) + 1);
        }
        u->for_allow = u->for_allow || !for_block;
        u->for_block = u->for_block || for_block;
    }
}

static bool is_named(const struct pol_preflight *list, const char *url)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->urls[i], url) == 0) {
            return true;
        }
    }
    return false;
}

/* Keep what the policy names; true if something known was dropped. */
static bool drop_others(struct ag_preflight *p, const struct pol_guards *guards)
{
    size_t kept = 0;
    bool dropped = false;
    for (size_t i = 0; i < p->count; i++) {
        struct ag_preflight_url *u = &p->urls[i];
        u->for_allow = is_named(&guards->allow, u->url);
        u->for_block = is_named(&guards->block, u->url);
        if (!u->for_allow && !u->for_block) {
            dropped = dropped || u->known;
        } else if (kept++ != i) {
            p->urls[kept - 1] = *u;
        }
    }
    p->count = kept;
    return dropped;
}

/* What was known before this start is asked again when it would have been, had the agent gone on. */
static void plan(const struct stepping *s, struct ag_preflight_url *u)
{
    int64_t age_s = s->now_s - u->at_s;
    uint64_t period_ms = ag_schedule_period_ms(period_s(u), chance(s));
    bool fresh = u->known && age_s >= 0 && (uint64_t)age_s * 1000 < period_ms;
    u->due_ms = fresh ? s->now_ms + period_ms - (uint64_t)age_s * 1000 : soon_ms(s);
    u->planned = true;
}

static bool take_policy(const struct stepping *s, const struct pol_policy *policy)
{
    static const struct pol_guards NO_GUARDS = {.minimum_count = 0};
    const struct pol_guards *guards = policy != NULL ? &policy->guards : &NO_GUARDS;
    bool dropped = drop_others(s->p, guards);
    want(s->p, &guards->allow, false);
    want(s->p, &guards->block, true);
    for (size_t i = 0; i < s->p->count; i++) {
        if (!s->p->urls[i].planned) {
            plan(s, &s->p->urls[i]);
        }
    }
    return dropped;
}

/* ---- what came ----------------------------------------------------------------------------- */

static bool is_off(const struct stepping *s)
{
    return s->probing->off_network != NULL && s->probing->off_network(s->probing->ctx);
}

static bool same(const struct ag_probe_result *a, const struct ag_probe_result *b)
{
    return a->verdict == b->verdict && a->http == b->http && a->schemes == b->schemes &&
           strcmp(a->server, b->server) == 0;
}

static void tell(const struct ag_preflight_url *u)
{
    bool ready = u->last.verdict == POL_VERDICT_READY;
    log_write(ready ? LOG_INFO : LOG_WARNING,
              "event=preflight url=%s verdict=%s http=%" PRIu32 " server=%s", u->url,
              POL_VERDICT_WORDS[u->last.verdict], u->last.http,
              u->last.server[0] != '\0' ? u->last.server : "-");
}

static void put_off(const struct stepping *s, struct ag_preflight_url *u)
{
    u->asked = false;
    u->due_ms = s->now_ms + ag_schedule_period_ms(AGAIN_S, chance(s));
}

/* Nothing is learned about a server from a machine that is on no network. */
static void grow_old(const struct stepping *s, struct ag_preflight_url *u)
{
    put_off(s, u);
    if (u->known && !u->aged) {
        u->aged = true;
        log_write(LOG_INFO, "event=preflight_aged url=%s verdict=%s", u->url,
                  POL_VERDICT_WORDS[u->last.verdict]);
    }
}

/* True: it is otherwise than before. */
static bool take_result(const struct stepping *s, struct ag_preflight_url *u,
                        const struct ag_probe_result *result)
{
    bool news = !u->known || !same(&u->last, result);
    bool ready = result->verdict == POL_VERDICT_READY;
    u->failures = ready ? 0 : u->failures + (u->failures <= DOUBLINGS_MOST ? 1 : 0);
    u->last = *result;
    u->at_s = s->now_s;
    u->known = true;
    u->asked = false;
    u->aged = false;
    u->auth_count = ag_scheme_words(result->schemes, u->auth);
    u->due_ms = s->now_ms + ag_schedule_period_ms(period_s(u), chance(s));
    if (news) {
        tell(u);
    }
    return news;
}

static bool is_about_network(enum pol_verdict verdict)
{
    return verdict == POL_VERDICT_UNREACHABLE || verdict == POL_VERDICT_PROXY_UNKNOWN;
}

static void save(struct ag_preflight *p)
{
    struct err err = {.st = ST_OK};
    if (ag_preflight_save(p, &err) == ST_OK) {
        err = (struct err){.st = ST_OK};
    }
    ag_tell_trouble(&p->file_trouble, &err);
}

static bool take_results(const struct stepping *s)
{
    struct ag_probed probed[AG_PREFLIGHT_URLS];
    size_t count = 0;
    bool news = false;
    bool learned = false;
    if (!s->p->on_its_way ||
        !s->probing->take(s->probing->ctx, probed, AG_PREFLIGHT_URLS, &count)) {
        return false;
    }
    bool off = is_off(s);
    s->p->on_its_way = false;
    for (size_t i = 0; i < count; i++) {
        struct ag_preflight_url *u = find(s->p, probed[i].url);
        if (u == NULL) {
            continue; /* no policy names it any more */
        }
        if (off && is_about_network(probed[i].result.verdict)) {
            grow_old(s, u);
        } else {
            news = take_result(s, u, &probed[i].result) || news;
            learned = true;
        }
    }
    for (size_t i = 0; i < s->p->count; i++) {
        if (s->p->urls[i].asked) {
            put_off(s, &s->p->urls[i]); /* nobody could find the time or the memory */
        }
    }
    if (learned) {
        save(s->p);
    }
    return news;
}

/* ---- asking -------------------------------------------------------------------------------- */

/* On another network everything may be otherwise, but a flapping one must not become a flood. */
static void heed_network(const struct stepping *s)
{
    struct ag_preflight *p = s->p;
    uint64_t first_ms = s->now_ms;
    if (!p->network_changed || p->on_its_way) {
        return;
    }
    p->network_changed = false;
    if (p->started && s->now_ms - p->started_ms < GAP_MS) {
        first_ms = p->started_ms + GAP_MS;
    }
    for (size_t i = 0; i < p->count; i++) {
        uint64_t due_ms = first_ms + draw(s->spread_ms, chance(s));
        p->urls[i].failures = 0;
        p->urls[i].due_ms = p->urls[i].due_ms < due_ms ? p->urls[i].due_ms : due_ms;
    }
}

static void begin(const struct stepping *s, struct ag_preflight_url *const *due, size_t count)
{
    struct ag_preflight *p = s->p;
    const char *urls[AG_PREFLIGHT_URLS];
    struct err err = {.st = ST_OK};
    for (size_t i = 0; i < count; i++) {
        urls[i] = due[i]->url;
    }
    enum status st = s->probing->start(s->probing->ctx, urls, count, &err);
    if (st == ST_OK) {
        p->on_its_way = true;
        p->started = true;
        p->started_ms = s->now_ms;
        err = (struct err){.st = ST_OK};
    }
    for (size_t i = 0; st == ST_OK && i < count; i++) {
        due[i]->asked = true;
    }
    for (size_t i = 0; st != ST_OK && i < p->count; i++) {
        uint64_t later_ms = s->now_ms + (st == ST_BUSY ? BUSY_MS : GAP_MS);
        p->urls[i].due_ms = p->urls[i].due_ms > later_ms ? p->urls[i].due_ms : later_ms;
    }
    ag_tell_trouble(&p->probe_trouble, &err);
}

static void ask(const struct stepping *s)
{
    struct ag_preflight_url *due[AG_PREFLIGHT_URLS];
    size_t count = 0;
    for (size_t i = 0; i < s->p->count; i++) {
        struct ag_preflight_url *u = &s->p->urls[i];
        if (u->due_ms <= s->now_ms) {
            due[count++] = u;
        }
    }
    if (count == 0) {
        return;
    }
    if (!is_off(s)) {
        begin(s, due, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        grow_old(s, due[i]);
    }
}

bool ag_preflight_step(struct ag_preflight *p, const struct ag_probing *probing,
                       const struct ag_clock *clock, const struct pol_policy *policy)
{
    const struct stepping s = {
        .p = p,
        .probing = probing,
        .clock = clock,
        .spread_ms = policy != NULL
                         ? (uint64_t)policy->timing.spread_s * AG_PREFLIGHT_SPREAD_TIMES * 1000
                         : 0,
        .now_ms = clock->monotonic_ms(clock->ctx),
        .now_s = clock->wall_s(clock->ctx),
    };
    bool dropped = take_policy(&s, policy);
    p->can_probe = probing->start != NULL;
    if (dropped) {
        save(p);
    }
    if (!p->can_probe) {
        return false;
    }
    bool news = take_results(&s);
    heed_network(&s);
    if (!p->on_its_way) {
        ask(&s);
    }
    return news;
}

/* ---- for others ---------------------------------------------------------------------------- */

enum status ag_preflight_open(struct ag_preflight *p, const struct ag_vault *vault, struct err *err)
{
    *p = (struct ag_preflight){.vault = vault};
    p->file_trouble.what = "preflight_file";
    p->probe_trouble.what = "preflight_probe";
    enum status st = ag_preflight_load(p, err);
    if (st != ST_OK) {
        p->count = 0;
    }
    return st;
}

void ag_preflight_done(struct ag_preflight *p)
{
    *p = (struct ag_preflight){.vault = NULL};
}

void ag_preflight_network_changed(struct ag_preflight *p)
{
    p->network_changed = true;
}

uint64_t ag_preflight_due_ms(const struct ag_preflight *p)
{
    uint64_t due_ms = UINT64_MAX;
    for (size_t i = 0; p->can_probe && !p->on_its_way && i < p->count; i++) {
        due_ms = p->urls[i].due_ms < due_ms ? p->urls[i].due_ms : due_ms;
    }
    return due_ms;
}
