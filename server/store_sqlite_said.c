#include "server/store_sqlite_said.h"

/* To be raised when rows get more of what reports say, so that all are written again. */
enum { FORMAT = 1 };

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), numbers in one step. */
static const uint64_t START = 14695981039346656037U;
static const uint64_t PRIME = 1099511628211U;

static void add_number(uint64_t *said, int64_t number)
{
    uint64_t mixed = (*said ^ (uint64_t)number) * PRIME;
    *said = mixed ^ (mixed >> 32);
}

/* NULL is none of the texts; each has an end. */
static void add_text(uint64_t *said, const char *text)
{
    uint64_t sum = *said;
    for (const char *c = text != NULL ? text : "\x01"; *c != '\0'; c++) {
        sum = (sum ^ (unsigned char)*c) * PRIME;
    }
    *said = sum * PRIME; /* as a NUL would */
}

static void add_list(uint64_t *said, const char *const *texts, size_t count)
{
    add_number(said, texts == NULL ? -1 : (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        add_text(said, texts[i]);
    }
}

static void add_value(uint64_t *said, const struct pol_report_value *value)
{
    add_number(said, value->known ? 1 : 0);
    add_number(said, value->present ? (int64_t)value->type : -1);
    add_number(said, (int64_t)value->dword);
}

static void add_outlook(uint64_t *said, const struct pol_report *r)
{
    add_number(said, r->outlook_known ? 1 : 0);
    add_text(said, r->outlook_version);
    add_text(said, r->outlook_bitness);
    add_number(said, r->outlook_install);
    add_number(said, r->outlook_minimum);
    add_number(said, r->dotnet_release);
}

static void add_probe(uint64_t *said, const struct pol_report_probe *probe)
{
    add_text(said, probe->url);
    add_number(said, probe->for_block ? 1 : 0);
    add_number(said, probe->verdict);
    add_number(said, probe->http);
    add_text(said, probe->server);
    add_list(said, probe->auth, probe->auth_count);
    add_number(said, probe->at_s);
}

int64_t sqlite_said_of_machine(const struct pol_report *r)
{
    const char *const texts[] = {r->host_name,    r->host_fqdn,     r->host_domain,
                                 r->host_os,      r->host_arch,     r->host_computer_ou,
                                 r->host_ad_site, r->agent_version, r->digest,
                                 r->failed_code,  r->failed_pointer};
    uint64_t said = START;
    add_number(&said, FORMAT);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        add_text(&said, texts[i]);
    }
    add_list(&said, r->tags, r->tag_count);
    add_number(&said, r->trust_version);
    add_number(&said, r->received_version);
    add_number(&said, r->effective_version);
    add_number(&said, r->stale ? 1 : 0);
    add_number(&said, r->host_multi_session);
    add_outlook(&said, r);
    add_number(&said, (int64_t)r->probe_count);
    for (size_t i = 0; i < r->probe_count; i++) {
        add_probe(&said, &r->probes[i]);
    }
    return (int64_t)said;
}

int64_t sqlite_said_of_user(const struct pol_report *r, const struct pol_report_user *u)
{
    const int64_t numbers[] = {FORMAT,
                               r->effective_version,
                               r->outlook_known,
                               u->decided,
                               u->set,
                               u->state,
                               u->blocked_by,
                               u->observed,
                               u->confidence,
                               u->mailbox,
                               u->hive_loaded,
                               u->ours,
                               u->changed_at_s,
                               u->corrections,
                               u->outlook_known,
                               u->outlook_running,
                               u->outlook_started_s,
                               u->starts_since_change};
    uint64_t said = START;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        add_number(&said, numbers[i]);
    }
    add_text(&said, r->outlook_version);
    add_text(&said, u->account);
    add_text(&said, u->ring);
    add_text(&said, u->error_code);
    add_list(&said, u->groups, u->group_count);
    add_list(&said, u->evidence, u->evidence_count);
    add_value(&said, &u->value);
    add_value(&said, &u->pre_image);
    return (int64_t)said;
}
