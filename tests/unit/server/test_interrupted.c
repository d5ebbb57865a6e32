/* test_interrupted.c - control_line.h and heart.h: a signal in the middle of a wait ends none. So it goes to a server that was
 * stopped and continued, with the brake's order on its control socket. */
#include "tests/cmocka_all.h"

#include "server/control_line.h"
#include "server/heart.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SIGNALS = 20, PAUSE_NS = 2000000, CHUNK_BYTES = 4096, KNOCK_MS = 30000 };

static volatile sig_atomic_t handled;

static void handle(int number)
{
    (void)number;
    handled++;
}

/* Interrupts whoever waits, often; then does what is waited for. */
struct nuisance {
    pthread_t thread, waiting;
    int fd;
    void (*then)(int fd);
};

static void *interrupt(void *ctx)
{
    const struct nuisance *n = ctx;
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    for (int i = 0; i < SIGNALS; i++) {
        (void)nanosleep(&pause, NULL);
        (void)pthread_kill(n->waiting, SIGUSR1); /* it lives: it waits for this thread */
    }
    n->then(n->fd);
    return NULL;
}

static void interrupt_from_now_on(struct nuisance *n, int fd, void (*then)(int fd))
{
    struct sigaction action = {.sa_handler = handle}; /* no SA_RESTART */
    handled = 0;
    *n = (struct nuisance){.waiting = pthread_self(), .fd = fd, .then = then};
    assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
    assert_int_equal(pthread_create(&n->thread, NULL, interrupt, n), 0);
}

static void end_interruptions(struct nuisance *n)
{
    assert_int_equal(pthread_join(n->thread, NULL), 0);
    assert_true(handled > 0);
    (void)close(n->fd);
}

static void make_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    srv_control_set_timeouts(fds[0]);
}

static void say_a_line(int fd)
{
    (void)!write(fd, "safe because\n", 13);
}

static void line_is_awaited__signals_come__it_is_read_all_the_same(void **state)
{
    (void)state;
    int fds[2];
    char line[SRV_CONTROL_LINE_BYTES] = "";
    struct nuisance n;
    make_pair(fds);
    interrupt_from_now_on(&n, fds[1], say_a_line);
    assert_true(srv_control_read_line(fds[0], line));
    assert_string_equal(line, "safe because");
    end_interruptions(&n);
    (void)close(fds[0]);
}

static void drain(int fd)
{
    char chunk[CHUNK_BYTES];
    ssize_t got = 0;
    do {
        got = recv(fd, chunk, sizeof chunk, 0);
    } while (got > 0 && memchr(chunk, '\n', (size_t)got) == NULL);
}

static void nobody_reads_yet__signals_come__the_line_is_sent_all_the_same(void **state)
{
    (void)state;
    static const char NOTHING[CHUNK_BYTES];
    int fds[2];
    struct nuisance n;
    make_pair(fds);
    while (send(fds[0], NOTHING, sizeof NOTHING, MSG_DONTWAIT) > 0) {
    }
    interrupt_from_now_on(&n, fds[1], drain);
    assert_true(srv_control_send_line(fds[0], "ok\n"));
    end_interruptions(&n);
    (void)close(fds[0]);
}

/* Until it is shut: whoever was interrupted has left, and stands in the line all the same. */
static void answer_knocks(int fd)
{
    int visitor = -1;
    while ((visitor = accept(fd, NULL, NULL)) >= 0) {
        (void)send(visitor, "x", 1, MSG_NOSIGNAL);
        (void)close(visitor);
    }
}

static void knock_is_not_answered_yet__signals_come__it_knocks_again(void **state)
{
    (void)state;
    char url[64];
    struct nuisance n;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof here;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&here, size), 0);
    assert_int_equal(listen(fd, SIGNALS + 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&here, &size), 0);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)ntohs(here.sin_port));
    interrupt_from_now_on(&n, fd, answer_knocks);
    assert_true(srv_heart_knock(url, KNOCK_MS));
    assert_int_equal(shutdown(fd, SHUT_RD), 0);
    end_interruptions(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_is_awaited__signals_come__it_is_read_all_the_same),
        cmocka_unit_test(nobody_reads_yet__signals_come__the_line_is_sent_all_the_same),
        cmocka_unit_test(knock_is_not_answered_yet__signals_come__it_knocks_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
