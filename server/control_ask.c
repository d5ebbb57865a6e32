#include "server/control.h"
#include "server/control_line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Interrupted, a socket of this kind has not begun to connect. */
static bool connected(int fd, const struct sockaddr_un *address)
{
    int code = 0;
    do {
        code = connect(fd, (const struct sockaddr *)address, sizeof *address);
    } while (code != 0 && errno == EINTR);
    return code == 0;
}

static enum status connect_in(int folder, int *out, struct err *err)
{
    struct sockaddr_un address = srv_control_address(folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return srv_control_fail(err, ST_IO, "make a socket");
    }
    srv_control_set_timeouts(fd);
    if (!connected(fd, &address)) {
        bool nobody = errno == ENOENT || errno == ECONNREFUSED;
        enum status st = nobody ? err_set(err, ST_UNREACHABLE, (uint32_t)errno,
                                          "no server runs on this data directory")
                                : srv_control_fail(err, ST_IO, "reach the server");
        (void)close(fd);
        return st;
    }
    *out = fd;
    return ST_OK;
}

/* The refusal's code is not one of our literals: it goes into the sentence. */
static enum status exchange(int fd, const char *line, struct err *err)
{
    char answer[SRV_CONTROL_LINE_BYTES];
    if (!srv_control_send_line(fd, line) || !srv_control_read_line(fd, answer)) {
        return err_set(err, ST_TIMED_OUT, 0, "the server did not answer on its control socket");
    }
    return strcmp(answer, "ok") == 0
               ? ST_OK
               : err_set(err, ST_DENIED, 0, "the server refused: %.400s", answer);
}

static enum status ask(const char *folder, const char *line, struct err *err)
{
    int fd = -1;
    int directory = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return srv_control_fail(err, ST_NOT_FOUND, "open the data directory");
    }
    enum status st = connect_in(directory, &fd, err);
    if (st == ST_OK) {
        st = exchange(fd, line, err);
        (void)close(fd);
    }
    (void)close(directory);
    return st;
}

enum status srv_control_reload(const char *folder, struct err *err)
{
    return ask(folder, "reload\n", err);
}

enum status srv_control_tell(const char *folder, struct err *err)
{
    struct err why = {0};
    enum status st = srv_control_reload(folder, &why);
    if (st == ST_OK || st == ST_UNREACHABLE) {
        return ST_OK;
    }
    return err_set(err, st, why.os_code,
                   "it is written down, but the server that runs does not know it yet (%.200s): "
                   "reload it, such as with systemctl reload mapi-rollout-server",
                   why.text);
}

enum status srv_control_safe(const char *folder, const char *reason, struct err *err)
{
    char line[SRV_CONTROL_LINE_BYTES];
    if (strlen(reason) >= SRV_REASON_BYTES || strpbrk(reason, "\r\n") != NULL) {
        return err_refuse(err, "out_of_range", "", "--reason takes one line of at most %d bytes",
                          SRV_REASON_BYTES - 1);
    }
    (void)snprintf(line, sizeof line, "safe %s\n", reason);
    return ask(folder, line, err);
}
