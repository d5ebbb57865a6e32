/* test_notify.c - notify.h: what systemd is told, by path and by abstract name. */
#include "tests/cmocka_all.h"

#include "server/notify.h"
#include "tests/unit/server/scratch.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_S = 30 };

static char folder[SCRATCH_PATH_BYTES];
static char said[1024];

static int setup(void **state)
{
    (void)state;
    scratch_make(folder);
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* systemd's side; name begins with '@' for the abstract namespace. */
static int systemd(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    size_t length = strlen(name);
    assert_true(length < sizeof address.sun_path);
    memcpy(address.sun_path, name, length);
    address.sun_path[0] = name[0] == '@' ? '\0' : name[0];
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
                     0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    return fd;
}

static const char *hear(int fd)
{
    ssize_t got = recv(fd, said, sizeof said - 1, 0);
    assert_true(got > 0);
    said[got] = '\0';
    return said;
}

/* What is quoted in them cannot say anything in the server's name. */
static void tell_failures(const struct srv_notify *n, int fd)
{
    struct err err = {0};
    (void)err_set(&err, ST_NOT_FOUND, 0, "cannot read /etc/trust.json");
    srv_notify_failed(n, &err);
    assert_string_equal(hear(fd), "STATUS=not_found: cannot read /etc/trust.json");
    err = (struct err){0};
    (void)err_refuse(&err, "out_of_range", "/a", "no such \"x\nREADY=1\x7f\"");
    srv_notify_failed(n, &err);
    assert_string_equal(hear(fd), "STATUS=out_of_range at /a: no such \"x READY=1 \"");
}

static void tell_all(int fd)
{
    struct srv_notify *n = NULL;
    assert_int_equal(srv_notify_open(&n, NULL), ST_OK);
    srv_notify_ready(n, "serving");
    assert_string_equal(hear(fd), "READY=1\nSTATUS=serving");
    srv_notify_status(n, "serving, not ready");
    assert_string_equal(hear(fd), "STATUS=serving, not ready");
    srv_notify_reloading(n);
    unsigned long long usec = 0;
    assert_int_equal(sscanf(hear(fd), "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=", &usec), 1);
    assert_true(usec > 0);
    srv_notify_alive(n);
    assert_string_equal(hear(fd), "WATCHDOG=1");
    tell_failures(n, fd);
    srv_notify_stopping(n);
    assert_memory_equal(hear(fd), "STOPPING=1\n", 11);
    srv_notify_close(n);
    assert_int_equal(close(fd), 0);
}

static void notify__socket_with_a_path__hears_it_all(void **state)
{
    char name[SCRATCH_PATH_BYTES + 16];
    (void)state;
    (void)snprintf(name, sizeof name, "%s/notify", folder);
    tell_all(systemd(name));
    assert_int_equal(unlink(name), 0);
    assert_null(getenv("NOTIFY_SOCKET"));
}

static void notify__abstract_socket__hears_it_all(void **state)
{
    char name[64];
    (void)state;
    (void)snprintf(name, sizeof name, "@mapi-rollout-test-%ld", (long)getpid());
    tell_all(systemd(name));
}

static void notify__nobody_asks__nothing_happens(void **state)
{
    struct srv_notify *n = NULL;
    (void)state;
    assert_int_equal(setenv("WATCHDOG_USEC", "3000000", 1), 0);
    assert_int_equal(srv_notify_open(&n, NULL), ST_OK);
    srv_notify_ready(n, "serving");
    assert_int_equal(srv_notify_watchdog_ms(n), 0);
    srv_notify_close(n);
}

static void notify__watchdog__is_ours_only_with_our_pid(void **state)
{
    static const struct {
        const char *usec;
        const char *pid; /* NULL: none; "": ours */
        uint64_t ms;
    } CASES[] = {{"3000000", NULL, 3000}, {"3000000", "", 3000}, {"3000000", "1", 0},
                 {"3s", NULL, 0},         {"-1", NULL, 0},       {"99999999999999999999", NULL, 0}};
    char name[64];
    char own[32];
    (void)state;
    (void)snprintf(own, sizeof own, "%ld", (long)getpid());
    (void)snprintf(name, sizeof name, "@mapi-rollout-test-%s", own);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct srv_notify *n = NULL;
        int fd = systemd(name);
        assert_int_equal(setenv("WATCHDOG_USEC", CASES[i].usec, 1), 0);
        if (CASES[i].pid != NULL) {
            assert_int_equal(
                setenv("WATCHDOG_PID", CASES[i].pid[0] != '\0' ? CASES[i].pid : own, 1), 0);
        }
        assert_int_equal(srv_notify_open(&n, NULL), ST_OK);
        assert_int_equal(srv_notify_watchdog_ms(n), CASES[i].ms);
        assert_null(getenv("WATCHDOG_USEC"));
        srv_notify_close(n);
        assert_int_equal(close(fd), 0);
    }
}

static void notify__name_that_is_none__is_refused(void **state)
{
    static const char *const NAMES[] = {
        "", "/", "@", "relative",
        "/a-name-that-is-longer-than-the-108-bytes-that-the-address-of-a-"
        "socket-has-room-for-so-that-nobody-can-be-there"};
    (void)state;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        struct srv_notify *n = NULL;
        assert_int_equal(setenv("NOTIFY_SOCKET", NAMES[i], 1), 0);
        assert_int_equal(srv_notify_open(&n, NULL), ST_REFUSED);
        assert_null(n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(notify__socket_with_a_path__hears_it_all, setup, teardown),
        cmocka_unit_test_setup_teardown(notify__abstract_socket__hears_it_all, setup, teardown),
        cmocka_unit_test_setup_teardown(notify__nobody_asks__nothing_happens, setup, teardown),
        cmocka_unit_test_setup_teardown(notify__watchdog__is_ours_only_with_our_pid, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(notify__name_that_is_none__is_refused, setup, teardown),
    };
    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
