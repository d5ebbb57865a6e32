#include "base/clock.h"
#include "base/file.h"
#include "base/time_text.h"
#include "policy/json_write.h"
#include "server/auth.h"
#include "server/commands.h"
#include "server/control.h"
#include "server/keeper.h"
#include "server/store_sqlite.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    LINE_BYTES = 1024,
    NAME_HEX_DIGITS = 8,
    CREDENTIAL_TEXT_BYTES = 192,
    BOUND_BYTES = 64,
    DAY_S = 86400,
    DAYS_MOST = 3650,
    USES_MOST = 10000000,
    /* An enroll secret lies on file shares and in installers: one that nobody remembers must end. */
    SECRET_DAYS = 365
};

static bool is_for_enrolling(const struct srv_options *o)
{
    return o->command == SRV_COMMAND_SECRET_ADD || o->command == SRV_COMMAND_SECRET_LIST ||
           o->command == SRV_COMMAND_SECRET_REVOKE;
}

static enum status set_name(struct srv_credential *c, const char *name, struct err *err)
{
    static const char ALLOWED[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-";
    size_t length = strlen(name);
    if (length == 0 || length >= sizeof c->name || strspn(name, ALLOWED) != length) {
        return err_refuse(err, "out_of_range", "",
                          "a name has 1 to 64 letters, digits, dots, hyphens, _ or @");
    }
    memcpy(c->name, name, length + 1);
    return ST_OK;
}

static enum status set_role(struct srv_credential *c, const char *role, struct err *err)
{
    for (int i = SRV_ROLE_VIEWER; i < SRV_ROLE_COUNT; i++) {
        if (strcmp(role, SRV_ROLE_WORDS[i]) == 0) {
            c->role = (enum srv_role)i;
            return ST_OK;
        }
    }
    return err_refuse(err, "out_of_range", "", "--role is viewer, operator or publisher");
}

static enum status set_bounds(struct srv_credential *c, const struct srv_options *o, int64_t now_s,
                              struct err *err)
{
    const char *days_text = o->flags[SRV_FLAG_EXPIRES_DAYS];
    const char *uses_text = o->flags[SRV_FLAG_USES];
    int64_t days = c->role == SRV_ROLE_ENROLL ? SECRET_DAYS : 0;
    if (days_text != NULL && !srv_option_number(days_text, 0, DAYS_MOST, &days)) {
        return err_refuse(err, "out_of_range", "",
                          "--expires-days takes 1 to %d days, or 0 for no end", DAYS_MOST);
    }
    if (uses_text != NULL && !srv_option_number(uses_text, 1, USES_MOST, &c->uses)) {
        return err_refuse(err, "out_of_range", "", "--uses takes 1 to %d", USES_MOST);
    }
    c->expires_s = days > 0 ? now_s + days * DAY_S : 0;
    return ST_OK;
}

static void write_bounds(const struct srv_credential *c, char out[BOUND_BYTES])
{
    char until[TIME_TEXT_BYTES] = "-";
    if (c->expires_s > 0) {
        time_text_write(c->expires_s, until);
    }
    (void)snprintf(out, BOUND_BYTES, " until=%s uses=%" PRId64, until, c->uses);
}

/* Who changes what; the texts must outlive the write. */
struct noted {
    char actor[SRV_NAME_BYTES];
    char credential[CREDENTIAL_TEXT_BYTES];
};

static void note(struct srv_write *w, enum srv_write_kind kind, const char *what,
                 struct noted *texts)
{
    const struct srv_credential *c = &w->u.credential;
    bool adds = kind == SRV_WRITE_CREDENTIAL;
    char bounds[BOUND_BYTES] = "";
    if (adds && (c->expires_s > 0 || c->uses > 0)) {
        write_bounds(c, bounds);
    }
    (void)snprintf(texts->actor, sizeof texts->actor, "local uid %u", (unsigned)getuid());
    (void)snprintf(texts->credential, sizeof texts->credential,
                   adds ? "name=%s role=%s%s" : "name=%s", c->name, SRV_ROLE_WORDS[c->role],
                   bounds);
    w->kind = kind;
    w->audit = (struct srv_audit){.who = SRV_WHO_LOCAL,
                                  .name = texts->actor,
                                  .what = what,
                                  .before = adds ? NULL : texts->credential,
                                  .after = adds ? texts->credential : NULL};
}

static enum status write_down(const struct srv_options *o, struct srv_write *w, struct err *err)
{
    struct srv_store store;
    enum status st = srv_store_sqlite_open(o->flags[SRV_FLAG_DATA], &store, err);
    if (st != ST_OK) {
        return st;
    }
    st = srv_store_write(&store, w, err);
    store.close(store.ctx);
    return st;
}

static enum status fill(const struct srv_options *o, struct srv_credential *c, int64_t now_s,
                        struct err *err)
{
    char hex[DIGEST_HEX_BYTES];
    char name[SRV_NAME_BYTES];
    const char *given = o->flags[SRV_FLAG_NAME];
    hex_encode(c->digest, DIGEST_BYTES, hex);
    (void)snprintf(name, sizeof name, "enroll-%.*s", NAME_HEX_DIGITS, hex);
    enum status st = set_name(c, given != NULL ? given : name, err);
    if (st == ST_OK && strcmp(c->name, SRV_KEEPER_ACTOR) == 0) {
        st = err_refuse(err, "out_of_range", "", "%s is what gates act under: choose another name",
                        c->name);
    }
    if (st == ST_OK && is_for_enrolling(o)) {
        c->role = SRV_ROLE_ENROLL;
    } else if (st == ST_OK) {
        st = set_role(c, o->flags[SRV_FLAG_ROLE], err);
    }
    return st == ST_OK ? set_bounds(c, o, now_s, err) : st;
}

enum status srv_command_credential_add(const struct srv_options *o, struct err *err)
{
    char secret[SRV_SECRET_BYTES];
    struct noted texts;
    struct srv_write w = {.now_s = clock_wall_s()};
    enum status st = file_make_folder(o->flags[SRV_FLAG_DATA], err);
    if (st == ST_OK) {
        st = srv_secret_make(secret, w.u.credential.digest, err);
    }
    if (st == ST_OK) {
        st = fill(o, &w.u.credential, w.now_s, err);
    }
    if (st == ST_OK) {
        note(&w, SRV_WRITE_CREDENTIAL, is_for_enrolling(o) ? "enroll_secret_add" : "token_add",
             &texts);
        st = write_down(o, &w, err);
    }
    if (st == ST_OK) {
        /* What is written down is shown, whether or not the server knows it already: nobody could ever
         * see it again. */
        st = srv_control_tell(o->flags[SRV_FLAG_DATA], err);
        if (printf("%s\n", secret) < 0 || fflush(stdout) != 0) {
            st = err_set(err, ST_IO, 0, "cannot print the secret: revoke %s and make another one",
                         w.u.credential.name);
        }
    }
    wipe(secret, sizeof secret);
    return st;
}

enum status srv_command_credential_revoke(const struct srv_options *o, struct err *err)
{
    struct noted texts;
    struct srv_write w = {.now_s = clock_wall_s()};
    w.u.credential.role = is_for_enrolling(o) ? SRV_ROLE_ENROLL : SRV_ROLE_VIEWER;
    enum status st = set_name(&w.u.credential, o->flags[SRV_FLAG_NAME], err);
    if (st == ST_OK) {
        note(&w, SRV_WRITE_REVOKE, is_for_enrolling(o) ? "enroll_secret_revoke" : "token_revoke",
             &texts);
        st = write_down(o, &w, err);
    }
    if (st == ST_NOT_FOUND) {
        return err_set(err, st, 0, "there is no good one of the name %s", w.u.credential.name);
    }
    return st == ST_OK ? srv_control_tell(o->flags[SRV_FLAG_DATA], err) : st;
}

/* ---- list ------------------------------------------------------------------------------------ */

struct listing {
    const struct srv_options *o;
    int64_t now_s;
    enum status st;
};

static void write_time_or_null(struct pol_json_writer *w, const char *key, int64_t at_s)
{
    pol_json_time(w, key, at_s > 0 ? at_s : -1);
}

static void write_uses(struct pol_json_writer *w, const struct srv_credential *c)
{
    if (c->uses > 0) {
        pol_json_integer(w, "uses", c->uses);
        pol_json_integer(w, "uses_left", c->uses - c->used);
    } else {
        pol_json_null(w, "uses");
        pol_json_null(w, "uses_left");
    }
    pol_json_integer(w, "used", c->used);
    write_time_or_null(w, "used_at", c->used_s);
}

static enum status print_json(const struct listing *l, const struct srv_credential *c)
{
    struct bytes line = bytes_with_limit(LINE_BYTES);
    struct pol_json_writer w = pol_json_write_start(&line);
    pol_json_object(&w, NULL);
    pol_json_text(&w, "name", c->name);
    pol_json_text(&w, "role", SRV_ROLE_WORDS[c->role]);
    pol_json_text(&w, "state", SRV_CREDENTIAL_WORDS[srv_credential_state(c, l->now_s)]);
    pol_json_time(&w, "created_at", c->created_s);
    write_time_or_null(&w, "expires_at", c->expires_s);
    pol_json_time(&w, "revoked_at", c->revoked_s);
    if (c->role == SRV_ROLE_ENROLL) {
        write_uses(&w, c);
    }
    pol_json_close_object(&w);
    enum status st = pol_json_write_end(&w);
    if (st == ST_OK && printf("%s\n", bytes_text(&line)) < 0) {
        st = ST_IO;
    }
    bytes_free(&line);
    return st;
}

static const char *word_for_time(int64_t at_s, const char *without, char out[TIME_TEXT_BYTES])
{
    if (at_s <= 0) {
        return without;
    }
    time_text_write(at_s, out);
    return out;
}

static enum status print_row(const struct listing *l, const struct srv_credential *c)
{
    char created[TIME_TEXT_BYTES];
    char expires[TIME_TEXT_BYTES];
    char used[TIME_TEXT_BYTES];
    char uses[BOUND_BYTES] = "";
    time_text_write(c->created_s, created);
    if (c->role == SRV_ROLE_ENROLL && c->uses > 0) {
        (void)snprintf(uses, sizeof uses, "  %" PRId64 " of %" PRId64 " left", c->uses - c->used,
                       c->uses);
    } else if (c->role == SRV_ROLE_ENROLL) {
        (void)snprintf(uses, sizeof uses, "  used %" PRId64, c->used);
    }
    int printed =
        printf("%-24s %-10s %-8s made %s  until %-20s%s", c->name, SRV_ROLE_WORDS[c->role],
               SRV_CREDENTIAL_WORDS[srv_credential_state(c, l->now_s)], created,
               word_for_time(c->expires_s, "revoked", expires), uses);
    if (printed >= 0 && c->role == SRV_ROLE_ENROLL) {
        printed = printf(", last %s", word_for_time(c->used_s, "never", used));
    }
    return printed >= 0 && putchar('\n') >= 0 ? ST_OK : ST_IO;
}

static bool print_credential(void *v, const struct srv_credential *c)
{
    struct listing *l = v;
    if ((c->role == SRV_ROLE_ENROLL) == is_for_enrolling(l->o)) {
        l->st = l->o->json ? print_json(l, c) : print_row(l, c);
    }
    return l->st == ST_OK;
}

enum status srv_command_credential_list(const struct srv_options *o, struct err *err)
{
    struct srv_store store;
    struct listing l = {.o = o, .now_s = clock_wall_s(), .st = ST_OK};
    enum status st = srv_store_sqlite_open(o->flags[SRV_FLAG_DATA], &store, err);
    if (st != ST_OK) {
        return st;
    }
    st = store.credentials(store.ctx, print_credential, &l, err);
    store.close(store.ctx);
    return st == ST_OK && l.st != ST_OK ? err_set(err, l.st, 0, "cannot print the list") : st;
}
