/* test_http_audit.c - a whole server: each change has its entry, the head is where it should be, and
 * nothing secret is in it. */
#include "tests/cmocka_all.h"

#include "tests/unit/server/conversation.h"

#include "policy/audit_chain.h"
#include "policy/json_read.h"
#include "server/control.h"
#include "server/store_sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAGE_MOST = 500, TEXT_MOST = 4096, WORDS_BYTES = 1024 };

/* What a walk over pages saw. */
struct walk {
    struct pol_audit_head head;
    char whats[WORDS_BYTES]; /* "enroll:secret:enroll " for each entry */
    char last[WORDS_BYTES];  /* "address|before|after" */
    char cursor[32];         /* of the next page */
};

static void look(struct place *p, struct answer *a)
{
    say(admins_url(p), "GET /v1/rollout", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", a);
    assert_int_equal(a->status, 200);
}

static void take_entry(const struct pol_at *item, struct walk *w)
{
    struct pol_audit_entry e = {.number = 0};
    uint8_t hash[DIGEST_BYTES];
    struct err err = {0};
    size_t used = strlen(w->whats);
    pol_audit_read(item, &e, hash);
    if (pol_audit_follow(&w->head, &e, hash, &err) != ST_OK) {
        fail_msg("%s", err.text);
    }
    (void)snprintf(w->whats + used, sizeof w->whats - used, "%s:%s:%s ", e.what, e.who, e.name);
    (void)snprintf(w->last, sizeof w->last, "%s|%s|%s", e.address, e.before, e.after);
}

static void take_page(const struct answer *a, struct walk *w)
{
    struct pol_json_limits limits = pol_json_limits_document(ANSWER_BYTES);
    struct pol_problems problems = {.count = 0};
    struct pol_json *json = NULL;
    struct pol_at list;
    struct pol_at item;
    size_t count = 0;
    const char *next = "";
    const char *body = strstr(a->text, "\r\n\r\n");
    assert_non_null(body);
    limits.string_bytes = TEXT_MOST;
    assert_int_equal(pol_json_parse(span_text(body + 4), &limits, &json, NULL), ST_OK);
    struct pol_at root = pol_json_root(json, &problems);
    assert_true(pol_read_array(&root, "entries", POL_REQUIRED, PAGE_MOST, &list, &count));
    for (bool more = pol_first(&list, &item); more; more = pol_next(&item)) {
        take_entry(&item, w);
    }
    (void)pol_read_text(&root, "next", POL_OPTIONAL, sizeof w->cursor - 1, &next);
    (void)snprintf(w->cursor, sizeof w->cursor, "%s", next);
    assert_int_equal(problems.count, 0);
    pol_json_free(json);
}

/* All entries, so many a page. */
static void walk(struct place *p, int limit, struct walk *w)
{
    static struct answer a;
    char line[64];
    *w = (struct walk){.cursor = "0"};
    while (w->cursor[0] != '\0') {
        (void)snprintf(line, sizeof line, "GET /v1/audit?limit=%d&cursor=%s", limit, w->cursor);
        say(admins_url(p), line, bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
        assert_int_equal(a.status, 200);
        take_page(&a, w);
    }
}

/* The head that GET /v1/rollout carries is the end of the chain. */
static void expect_head(struct place *p, const struct walk *w)
{
    static struct answer a;
    char want[160];
    char hex[DIGEST_HEX_BYTES];
    hex_encode(w->head.hash, DIGEST_BYTES, hex);
    (void)snprintf(want, sizeof want,
                   "\"audit\":{\"number\":%lld,\"hash\":\"%s\",\"pending\":false}",
                   (long long)w->head.number, hex);
    look(p, &a);
    expect(&a, 200, want);
}

static void order(struct place *p, const char *what, const char *if_match, const char *body,
                  struct answer *a)
{
    char line[64];
    char more[128];
    (void)snprintf(line, sizeof line, "POST /v1/rollout/%s", what);
    (void)snprintf(more, sizeof more, "If-Match: %s\r\n", if_match);
    say(admins_url(p), line, bearer(p->tokens[SRV_ROLE_OPERATOR], more), body, a);
}

static void http__every_change__has_an_entry_and_moves_the_head(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct walk w;
    walk(p, 100, &w);
    assert_string_equal(w.whats, ""); /* the credentials were put into the store by hand */
    place_enroll(p);
    walk(p, 100, &w);
    assert_string_equal(w.whats, "enroll:secret:enroll ");
    assert_non_null(strstr(w.last, "127.0.0.1||device="));
    assert_non_null(strstr(w.last, " host=\"PC-1\""));
    expect_head(p, &w);
    order(p, "hold", "\"0\"", "{\"reason\":\"lunch\"}", &a);
    assert_int_equal(a.status, 200);
    expect(&a, 200, "\"audit\":{\"number\":2,");
    walk(p, 100, &w);
    assert_string_equal(w.last, "127.0.0.1||by=\"operator\" reason=\"lunch\"");
    order(p, "resume", "\"0\"", "", &a);
    expect(&a, 200, "\"audit\":{\"number\":3,");
    walk(p, 100, &w);
    assert_string_equal(w.last, "127.0.0.1|by=\"operator\" reason=\"lunch\"|");
    place_publish(p, 7, "\"0\"");
    walk(p, 100, &w);
    assert_non_null(strstr(w.last, "127.0.0.1||rollout=test serial=7 etag=\"7-"));
    place_release(p, "observe", "\"0\"");
    walk(p, 100, &w);
    assert_non_null(strstr(w.last, "127.0.0.1||version=7001 stage=observe by=\"operator\""));
    place_pull_brake(p);
    walk(p, 100, &w);
    assert_non_null(strstr(w.last, "127.0.0.1|version=7001 stage=observe by="));
    assert_non_null(strstr(w.last, "|version=7999 stage="));
    assert_string_equal(w.whats, "enroll:secret:enroll hold:token:operator resume:token:operator "
                                 "put_bundle:token:publisher gate_subjects:token:operator "
                                 "release:token:operator safe:token:operator ");
    expect_head(p, &w);
    place_stop(p);
    place_start(p);
    expect_head(p, &w);
}

/* Nothing changed, nothing is said. */
static void http__refused_and_repeated_changes__have_no_entry(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct walk before;
    struct walk after;
    place_publish(p, 7, "\"0\"");
    place_pull_brake(p);
    walk(p, 100, &before);
    place_pull_brake(p);
    order(p, "hold", "\"0\"", "{\"reason\":\"late\"}", &a);
    assert_int_equal(a.status, 409);
    order(p, "release", "\"stale\"", "{\"stage\":\"observe\"}", &a);
    assert_int_equal(a.status, 412);
    say(agents_url(p), "POST /v1/enroll", bearer(p->tokens[SRV_ROLE_OPERATOR], ""),
        "{\"host\":{\"name\":\"PC-1\"}}", &a);
    assert_int_equal(a.status, 401);
    walk(p, 100, &after);
    assert_memory_equal(&before.head, &after.head, sizeof before.head);
}

static void http__audit_in_small_pages__is_the_same_chain(void **state)
{
    struct place *p = *state;
    static struct answer a;
    struct walk one;
    struct walk many;
    for (int i = 0; i < 11; i++) {
        order(p, i % 2 == 0 ? "hold" : "resume", "\"0\"", i % 2 == 0 ? "{\"reason\":\"x\"}" : "",
              &a);
        assert_int_equal(a.status, 200);
    }
    walk(p, 2, &many);
    walk(p, 500, &one);
    assert_int_equal(one.head.number, 11);
    assert_memory_equal(&one.head, &many.head, sizeof one.head);
    say(admins_url(p), "GET /v1/audit?limit=501", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 422, "out_of_range");
}

static void http__device_that_comes_again_and_the_local_socket__are_named(void **state)
{
    struct place *p = *state;
    static struct answer a;
    char more[128];
    char name[64];
    struct walk w;
    struct err err = {0};
    place_enroll(p);
    (void)snprintf(more, sizeof more, "X-Device-Token: %s\r\n", p->device_token);
    say(agents_url(p), "POST /v1/enroll", more, "{\"host\":{\"name\":\"PC-2\"}}", &a);
    assert_int_equal(a.status, 201);
    place_publish(p, 7, "\"0\"");
    assert_int_equal(srv_control_reload(p->folder, &err), ST_OK);
    assert_int_equal(srv_control_safe(p->folder, "smoke", &err), ST_OK);
    walk(p, 100, &w);
    (void)snprintf(name, sizeof name, "enroll_again:device:%s ", p->device_id);
    assert_non_null(strstr(w.whats, name));
    assert_non_null(strstr(w.whats, "reload:local:local uid "));
    assert_non_null(strstr(w.whats, " safe:local:local uid "));
    assert_non_null(strstr(w.last, "||version=7999 stage="));
    assert_non_null(strstr(w.last, " reason=\"smoke\""));
}

/* An answer that is larger than others. */
static size_t hear_all(struct place *p, const char *line, char *out, size_t room)
{
    size_t used = 0;
    ssize_t got = 0;
    int fd = ask(admins_url(p), line, bearer(p->tokens[SRV_ROLE_VIEWER], ""), span_text(""));
    while ((got = recv(fd, out + used, room - 1 - used, 0)) > 0) {
        used += (size_t)got;
    }
    assert_int_equal(got, 0);
    assert_int_equal(close(fd), 0);
    out[used] = '\0';
    return used;
}

/* Four hundred entries of texts that double in JSON come in pages that are cut in time. */
static void http__entries_of_the_longest_kind__come_in_pages_that_fit(void **state)
{
    struct place *p = *state;
    struct srv_store store;
    struct walk w = {.cursor = "0"};
    char longest[POL_AUDIT_TEXT_BYTES];
    char line[64];
    size_t pages = 0;
    memset(longest, '"', sizeof longest);
    longest[POL_AUDIT_TEXT_MOST] = '\0';
    place_stop(p);
    assert_int_equal(srv_store_sqlite_open(p->folder, &store, NULL), ST_OK);
    for (int i = 0; i < 400; i++) {
        struct srv_write write = {.kind = SRV_WRITE_AUDIT,
                                  .audit = {.who = SRV_WHO_SERVER,
                                            .name = longest,
                                            .address = longest,
                                            .what = longest,
                                            .before = longest,
                                            .after = longest}};
        assert_int_equal(srv_store_write(&store, &write, NULL), ST_OK);
    }
    store.close(store.ctx);
    place_start(p);
    while (w.cursor[0] != '\0') {
        static char big[4 * 1024 * 1024];
        (void)snprintf(line, sizeof line, "GET /v1/audit?limit=500&cursor=%s", w.cursor);
        assert_in_range(hear_all(p, line, big, sizeof big), 1, 2 * 1024 * 1024);
        const char *next = strstr(big, "],\"next\":");
        assert_non_null(next);
        if (sscanf(next, "],\"next\":\"%31[0-9]", w.cursor) != 1) {
            w.cursor[0] = '\0';
        }
        pages++;
    }
    assert_int_equal(pages, 4);
}

static void http__secrets__are_not_in_the_audit(void **state)
{
    struct place *p = *state;
    static struct answer a;
    char old_token[SRV_SECRET_BYTES];
    place_enroll(p);
    memcpy(old_token, p->device_token, sizeof old_token);
    place_publish(p, 7, "\"0\"");
    place_pull_brake(p);
    say(admins_url(p), "GET /v1/audit?limit=500", bearer(p->tokens[SRV_ROLE_VIEWER], ""), "", &a);
    expect(&a, 200, "\"what\":\"safe\"");
    assert_null(strstr(a.text, p->secret));
    assert_null(strstr(a.text, old_token));
    for (int role = SRV_ROLE_VIEWER; role < SRV_ROLE_COUNT; role++) {
        assert_null(strstr(a.text, p->tokens[role]));
    }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)
    const struct CMUnitTest tests[] = {
        TEST(http__every_change__has_an_entry_and_moves_the_head),
        TEST(http__refused_and_repeated_changes__have_no_entry),
        TEST(http__audit_in_small_pages__is_the_same_chain),
        TEST(http__device_that_comes_again_and_the_local_socket__are_named),
        TEST(http__entries_of_the_longest_kind__come_in_pages_that_fit),
        TEST(http__secrets__are_not_in_the_audit),
    };
    return cmocka_run_group_tests_name("http: audit", tests, NULL, NULL);
}
