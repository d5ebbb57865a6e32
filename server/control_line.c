#include "server/control_line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

const char SRV_CONTROL_SOCKET[] = "control.sock";

enum status srv_control_fail(struct err *err, enum status st, const char *what)
{
    int error = errno;
    return err_set(err, st, (uint32_t)error, "cannot %s: %s", what, strerror(error));
}

/* A data directory may have a longer path than a socket's name may: so the way goes through a
 * descriptor of the directory. */
struct sockaddr_un srv_control_address(int folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder,
                   SRV_CONTROL_SOCKET);
    return address;
}

void srv_control_set_timeouts(int fd)
{
    struct timeval bound = {.tv_sec = SRV_CONTROL_TIMEOUT_S};
    /* Cannot fail on a socket that is open; without it a stuck client would only wait longer. */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
}

/* Whoever was stopped and goes on finds a bounded wait interrupted (signal(7)): the line still comes. */
static ssize_t receive(int fd, char *at, size_t most)
{
    ssize_t got = 0;
    do {
        got = recv(fd, at, most, 0);
    } while (got < 0 && errno == EINTR);
    return got;
}

static ssize_t put_out(int fd, const char *from, size_t length)
{
    ssize_t put = 0;
    do {
        put = send(fd, from, length, MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    return put;
}

bool srv_control_read_line(int fd, char out[SRV_CONTROL_LINE_BYTES])
{
    size_t used = 0;
    while (used < SRV_CONTROL_LINE_BYTES - 1) {
        ssize_t got = receive(fd, out + used, SRV_CONTROL_LINE_BYTES - 1 - used);
        if (got <= 0) {
            return false;
        }
        used += (size_t)got;
        out[used] = '\0';
        char *end = strchr(out, '\n');
        if (end != NULL) {
            *end = '\0';
            return true;
        }
    }
    return false;
}

bool srv_control_send_line(int fd, const char *line)
{
    size_t length = strlen(line);
    while (length > 0) {
        ssize_t put = put_out(fd, line, length);
        if (put <= 0) {
            return false;
        }
        line += put;
        length -= (size_t)put;
    }
    return true;
}
