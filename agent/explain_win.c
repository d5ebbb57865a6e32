#include "agent/explain_win.h"

#include "agent/accepted_win.h"
#include "agent/client_win.h"
#include "agent/host_win.h"
#include "agent/ledger.h"
#include "agent/preflight.h"
#include "agent/users.h"
#include "agent/users_win.h"
#include "policy/explain.h"
#include "policy/facts.h"

#include <stdio.h>
#include <string.h>

enum {
    OUTPUT_BYTES = 16 * 1024 * 1024,
    PATIENCE_MS = 5000, /* for names that the service did not look up yet */
};

/* What all users have in common. */
struct explaining {
    const struct ag_config *config;
    const struct pol_policy *policy;
    const struct ag_vault *vault;
    struct ag_host host;
    struct ag_ledger ledger;       /* what the service remembers of each user */
    struct ag_preflight preflight; /* how servers answered it */
    struct ag_client client;
    struct pol_preparation preparation;
    bool json;
};

static struct ag_seen seen_of(struct explaining *e, const struct ag_user *user)
{
    const struct ag_record *record = ag_ledger_find(&e->ledger, user->sid);
    bool may_look = e->config->observe >= AG_OBSERVE_PROFILE;
    return (struct ag_seen){
        .outlook = e->client.known ? e->client.version : NULL,
        .mailbox = may_look && record != NULL ? record->mailbox : POL_MAILBOX_UNKNOWN,
        .preflight_allow = ag_preflight_answer(&e->preflight, &e->policy->guards.allow),
        .preflight_block = ag_preflight_answer(&e->preflight, &e->policy->guards.block),
    };
}

static enum status explain_user(struct explaining *e, const struct ag_user *user, struct bytes *out)
{
    const struct ag_seen seen = seen_of(e, user);
    struct pol_facts known =
        ag_user_facts(user, &e->host, e->config->tags, e->config->tag_count, &seen);
    enum status st = pol_prepare(&e->preparation, e->policy, &known);
    if (st != ST_OK) {
        return st;
    }
    if (!e->json) {
        return pol_explain_text(e->policy, &e->preparation.facts, out);
    }
    st = pol_explain_json(e->policy, &e->preparation.facts, out);
    return st == ST_OK ? bytes_append_text(out, "\n") : st;
}

/* What the service would find, and what it keeps of users who are not logged on. */
static enum status list_users(struct explaining *e, struct ag_user **out, size_t *out_count,
                              struct err *err)
{
    struct ag_sessions *sessions = NULL;
    struct ag_users_win *source = NULL;
    enum status st = ag_sessions_new(&AG_SESSION_CALLS, &sessions, err);
    if (st == ST_OK) {
        const struct ag_users_win_options options = {
            .vault = e->vault, .sessions = sessions, .host = &e->host, .patience_ms = PATIENCE_MS};
        st = ag_users_win_new(&options, &source, err);
    }
    if (st == ST_OK) {
        struct ag_users port = ag_users_win_port(source);
        st = port.list(port.ctx, out, out_count, err);
    }
    ag_users_win_free(source);
    ag_sessions_free(sessions);
    return st;
}

static enum status explain_users(struct explaining *e, const char *sid, struct err *err)
{
    struct ag_user *users = NULL;
    size_t count = 0;
    size_t explained = 0;
    struct bytes text = bytes_with_limit(OUTPUT_BYTES);

    enum status st = list_users(e, &users, &count, err);
    for (size_t i = 0; st == ST_OK && i < count; i++) {
        if (sid != NULL && strcmp(users[i].sid, sid) != 0) {
            continue;
        }
        st = explain_user(e, &users[i], &text);
        if (st != ST_OK) {
            (void)err_set(err, st, 0, "cannot explain what %s gets", users[i].sid);
        }
        explained++;
    }
    if (st == ST_OK && sid != NULL && explained == 0) {
        st = err_set(err, ST_NOT_FOUND, 0,
                     "no user %s has a profile here: say his SID, as status --json shows it", sid);
    }
    if (st == ST_OK && fwrite(bytes_text(&text), 1, text.size, stdout) != text.size) {
        st = err_set(err, ST_IO, 0, "cannot print the explanation");
    }
    bytes_free(&text);
    ag_users_free(users, count);
    return st;
}

/* What the service found out, as it keeps it. */
static enum status load_seen(struct explaining *e, struct err *err)
{
    enum status st = ag_ledger_load(&e->ledger, e->vault, err);
    if (st == ST_OK && ag_preflight_open(&e->preflight, e->vault, err) == ST_NO_MEMORY) {
        st = ST_NO_MEMORY; /* damaged, it says nothing, as to the service */
    }
    return st;
}

enum status ag_explain(const struct ag_config *config, const char *sid, bool json, struct err *err)
{
    struct ag_accepted accepted = {0};
    struct pol_policy *policy = NULL;
    struct explaining e = {.config = config, .json = json};

    enum status st = ag_accepted_policy(config, &accepted, &policy, err);
    if (st == ST_OK) {
        st = ag_host_win_read(&e.host, err);
    }
    if (st == ST_OK) {
        e.policy = policy;
        e.vault = &accepted.port;
        st = load_seen(&e, err);
    }
    if (st == ST_OK && config->observe >= AG_OBSERVE_PROCESS) {
        ag_client_win_read(&e.client);
    }
    if (st == ST_OK) {
        st = explain_users(&e, sid, err);
    }
    pol_preparation_done(&e.preparation);
    ag_preflight_done(&e.preflight);
    ag_ledger_done(&e.ledger);
    ag_host_win_done(&e.host);
    pol_policy_free(policy);
    ag_accepted_close(&accepted);
    return st;
}
