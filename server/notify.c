#include "server/notify.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 2048, NUMBER_DIGITS = 15 };

struct srv_notify {
    int fd; /* -1: nobody wants to know */
    struct sockaddr_un address;
    socklen_t size;
    uint64_t watchdog_ms;
};

/* A path, or behind '@' a name of the abstract namespace, which begins with a zero byte. */
static bool read_address(const char *text, struct srv_notify *n)
{
    size_t length = strlen(text);
    if (length < 2 || length >= sizeof n->address.sun_path || (text[0] != '/' && text[0] != '@')) {
        return false;
    }
    n->address.sun_family = AF_UNIX;
    memcpy(n->address.sun_path, text, length);
    if (text[0] == '@') {
        n->address.sun_path[0] = '\0';
    }
    n->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return true;
}

static uint64_t read_number(const char *text)
{
    size_t digits = text != NULL ? strlen(text) : 0;
    bool good = digits > 0 && digits <= NUMBER_DIGITS && strspn(text, "0123456789") == digits;
    return good ? strtoull(text, NULL, 10) : 0;
}

/* Meant for another process, it is none of ours. */
static uint64_t watchdog_ms(void)
{
    const char *pid = getenv("WATCHDOG_PID");
    bool ours = pid == NULL || read_number(pid) == (uint64_t)getpid();
    return ours ? read_number(getenv("WATCHDOG_USEC")) / 1000 : 0;
}

/* A program that is started from here would otherwise speak for the server. */
static void clean_environment(void)
{
    static const char *const NAMES[] = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        (void)unsetenv(NAMES[i]); /* fails for odd names only */
    }
}

enum status srv_notify_open(struct srv_notify **out, struct err *err)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct srv_notify *n = calloc(1, sizeof *n);
    if (n == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot tell systemd anything");
    }
    n->fd = -1;
    enum status st = ST_OK;
    if (name != NULL && !read_address(name, n)) {
        st = err_refuse(err, "out_of_range", "", "NOTIFY_SOCKET is no socket's name");
    } else if (name != NULL) {
        n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        n->watchdog_ms = watchdog_ms();
        st = n->fd >= 0 ? ST_OK : err_set(err, ST_IO, 0, "cannot make a socket to systemd");
    }
    clean_environment();
    if (st != ST_OK) {
        free(n);
        return st;
    }
    *out = n;
    return ST_OK;
}

void srv_notify_close(struct srv_notify *n)
{
    if (n != NULL) {
        if (n->fd >= 0) {
            (void)close(n->fd); /* nothing is buffered */
        }
        free(n);
    }
}

uint64_t srv_notify_watchdog_ms(const struct srv_notify *n)
{
    return n->watchdog_ms;
}

/* systemd waits for what is lost here, and then ends the server: as it should. */
static void tell(const struct srv_notify *n, const char *message)
{
    if (n->fd >= 0) {
        (void)sendto(n->fd, message, strlen(message), MSG_NOSIGNAL,
                     (const struct sockaddr *)&n->address, n->size);
    }
}

void srv_notify_ready(const struct srv_notify *n, const char *sentence)
{
    char message[MESSAGE_BYTES];
    (void)snprintf(message, sizeof message, "READY=1\nSTATUS=%s", sentence);
    tell(n, message);
}

void srv_notify_status(const struct srv_notify *n, const char *sentence)
{
    char message[MESSAGE_BYTES];
    (void)snprintf(message, sizeof message, "STATUS=%s", sentence);
    tell(n, message);
}

void srv_notify_reloading(const struct srv_notify *n)
{
    char message[MESSAGE_BYTES];
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail; systemd wants this very clock */
    (void)snprintf(message, sizeof message,
                   "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=reading settings again",
                   (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
    tell(n, message);
}

/* Text may quote what came from outside, and a line of its own would be a message of its own. */
static void keep_one_line(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            *text = ' ';
        }
    }
}

void srv_notify_failed(const struct srv_notify *n, const struct err *err)
{
    char message[MESSAGE_BYTES];
    (void)snprintf(message, sizeof message, "STATUS=%s%s%s: %s",
                   err->code != NULL ? err->code : status_name(err->st),
                   err->pointer[0] != '\0' ? " at " : "", err->pointer, err->text);
    keep_one_line(message);
    tell(n, message);
}

void srv_notify_stopping(const struct srv_notify *n)
{
    tell(n, "STOPPING=1\nSTATUS=answering who is there");
}

void srv_notify_alive(const struct srv_notify *n)
{
    tell(n, "WATCHDOG=1");
}
