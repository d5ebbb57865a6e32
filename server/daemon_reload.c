#include "server/daemon_parts.h"

#include "base/file.h"
#include "base/log.h"
#include "policy/limits.h"
#include "server/readiness.h"
#include "server/trust_keep.h"

#include <stdio.h>

enum status srv_daemon_load_trust(const char *path, struct bytes *text, struct pol_trust **out,
                                  struct err *err)
{
    char words[ERR_TEXT_BYTES];
    enum status st = file_read(path, LIMIT_TRUST_BYTES, text, err);
    if (st != ST_OK) {
        return st;
    }
    st = pol_trust_parse(bytes_span(text), out, err);
    if (st != ST_OK && err != NULL) { /* which of the files it was */
        (void)snprintf(words, sizeof words, "%s", err->text);
        (void)snprintf(err->text, sizeof err->text, "the trust file %.150s: %.300s", path, words);
    }
    return st;
}

bool srv_daemon_look_certificate(struct srv_daemon *d, struct srv_certificate_facts *out)
{
    if (d->app.certificate != NULL) {
        srv_certificate_look(d->app.certificate, out);
    }
    return d->app.certificate != NULL;
}

enum status srv_daemon_readiness(struct srv_daemon *d, struct err *err)
{
    return srv_readiness(&d->app, err);
}

void srv_daemon_ask_writer(struct srv_daemon *d)
{
    struct srv_write probe = {.kind = SRV_WRITE_PROBE, .now_s = d->app.now_s()};
    struct err ignored = {0}; /* it answered: what it says is for others */
    if (srv_store_write(&d->app.store, &probe, &ignored) != ST_OK) {
        log_failure(LOG_DEBUG, "writer_cannot_write", &ignored);
    }
}

static enum status reload_tokens(struct srv_daemon *d, struct err *err)
{
    return srv_auth_reload(d->app.auth, err);
}

/* A trust file may not get older: whoever brings an old one back brings back keys that were lost. */
static enum status reload_trust(struct srv_daemon *d, struct err *err)
{
    struct bytes text = {0};
    struct pol_trust *next = NULL;
    enum pol_trust_change change = POL_TRUST_UNCHANGED;
    enum status st = srv_daemon_load_trust(d->trust_file, &text, &next, err);
    if (st == ST_OK) {
        st = pol_trust_check_change(bytes_span(&d->trust_text), bytes_span(&text), &change, err);
    }
    if (st == ST_OK && change == POL_TRUST_TAKEN) {
        srv_rollout_change_trust(d->app.rollout, next);
        srv_trust_keep(d->folder, bytes_span(&text));
        pol_trust_free(d->trust);
        bytes_free(&d->trust_text);
        d->trust = next;
        d->trust_text = text;
        return ST_OK; /* both handed over */
    }
    pol_trust_free(next);
    bytes_free(&text);
    return st;
}

static enum status reload_certificate(struct srv_daemon *d, struct err *err)
{
    return d->app.certificate != NULL ? srv_certificate_reload(d->app.certificate, err) : ST_OK;
}

enum status srv_daemon_reload(struct srv_daemon *d, struct err *err)
{
    static const struct {
        const char *refused;
        enum status (*reload)(struct srv_daemon *d, struct err *err);
    } PARTS[] = {{"tokens_not_reloaded", reload_tokens},
                 {"trust_not_reloaded", reload_trust},
                 {"certificate_not_reloaded", reload_certificate}};
    enum status st = ST_OK;
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        struct err one = {0};
        enum status part = PARTS[i].reload(d, &one);
        if (part != ST_OK) {
            log_failure(LOG_ERROR, PARTS[i].refused, &one);
            *err = one;
            st = part;
        }
    }
    return st;
}
