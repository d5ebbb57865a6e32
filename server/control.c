#include "server/control.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_BYTES = 1024, CLIENT_TIMEOUT_S = 5, BACKLOG = 8 };

static const char SOCKET_NAME[] = "control.sock";

struct srv_control {
    struct srv_app *app;
    pthread_t thread;
    int folder;
    int fd;
    int stop[2]; /* closing the writing end ends the thread */
};

static enum status fail(struct err *err, enum status st, const char *what)
{
    int error = errno;
    return err_set(err, st, (uint32_t)error, "cannot %s: %s", what, strerror(error));
}

/* A data directory may have a longer path than a socket's name may: so the way goes through a
 * descriptor of the directory. */
static struct sockaddr_un address_in(int folder)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder,
                   SOCKET_NAME);
    return address;
}

static void set_timeouts(int fd)
{
    struct timeval bound = {.tv_sec = CLIENT_TIMEOUT_S};
    /* Cannot fail on a socket that is open; without it a stuck client would only wait longer. */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
}

/* One line without its line feed; false if none came in full. */
static bool read_line(int fd, char out[LINE_BYTES])
{
    size_t used = 0;
    while (used < LINE_BYTES - 1) {
        ssize_t got = recv(fd, out + used, LINE_BYTES - 1 - used, 0);
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

static bool send_line(int fd, const char *line)
{
    size_t length = strlen(line);
    while (length > 0) {
        ssize_t put = send(fd, line, length, MSG_NOSIGNAL);
        if (put <= 0) {
            return false;
        }
        line += put;
        length -= (size_t)put;
    }
    return true;
}

/* ---- the server's side ----------------------------------------------------------------------- */

static enum status name_asker(int fd, char out[SRV_NAME_BYTES], struct err *err)
{
    struct ucred who = {.uid = (uid_t)-1};
    socklen_t size = sizeof who;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
        return fail(err, ST_IO, "tell who asks");
    }
    (void)snprintf(out, SRV_NAME_BYTES, "local uid %u", (unsigned)who.uid);
    return ST_OK;
}

static enum status pull_brake(struct srv_app *app, int fd, const char *reason, struct err *err)
{
    char actor[SRV_NAME_BYTES];
    enum status st = name_asker(fd, actor, err);
    if (st != ST_OK) {
        return st;
    }
    struct srv_change change = {
        .who = SRV_WHO_LOCAL, .actor = actor, .reason = reason, .now_s = app->now_s()};
    return srv_rollout_safe(app->rollout, &change, NULL, err);
}

/* What is read again was entered by who changed it: that it was read may wait, and be lost. */
struct reload_note {
    struct srv_write write;
    char actor[SRV_NAME_BYTES];
};

static void reload_noted(struct srv_write *w)
{
    if (w->st != ST_OK) {
        log_failure(LOG_ERROR, "audit_lost", &w->err);
    }
    free(w->ctx);
}

/* Nobody waits for it: the brake may be the next in this line. */
static enum status note_reload(struct srv_app *app, int fd, struct err *err)
{
    struct reload_note *note = calloc(1, sizeof *note);
    if (note == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot note the reload");
    }
    enum status st = name_asker(fd, note->actor, err);
    if (st != ST_OK) {
        free(note);
        return st;
    }
    note->write = (struct srv_write){
        .kind = SRV_WRITE_AUDIT,
        .now_s = app->now_s(),
        .audit = {.who = SRV_WHO_LOCAL, .name = note->actor, .what = "reload"},
        .done = reload_noted,
        .ctx = note,
    };
    app->store.submit(app->store.ctx, &note->write);
    return ST_OK;
}

static enum status reload(struct srv_app *app, int fd, struct err *err)
{
    enum status st = srv_auth_reload(app->auth, err);
    return st == ST_OK ? note_reload(app, fd, err) : st;
}

static enum status obey(struct srv_app *app, int fd, const char *line, struct err *err)
{
    if (strcmp(line, "reload") == 0) {
        return reload(app, fd, err);
    }
    if (strncmp(line, "safe ", 5) == 0) {
        return pull_brake(app, fd, line + 5, err);
    }
    return err_refuse(err, "unsupported", "", "the server does not know this order");
}

static void serve_one(struct srv_app *app, int fd)
{
    char line[LINE_BYTES];
    char answer[LINE_BYTES];
    struct err err = {0};
    set_timeouts(fd);
    if (!read_line(fd, line)) {
        return; /* whoever came did not say anything */
    }
    if (obey(app, fd, line, &err) == ST_OK) {
        (void)snprintf(answer, sizeof answer, "ok\n");
    } else {
        log_failure(LOG_ERROR, "control_failed", &err);
        (void)snprintf(answer, sizeof answer, "%s %s\n",
                       err.code != NULL ? err.code : status_name(err.st), err.text);
    }
    if (!send_line(fd, answer)) {
        log_write(LOG_WARNING, "event=control_answer_lost");
    }
}

static void *serve(void *ctx)
{
    struct srv_control *c = ctx;
    for (;;) {
        fd_set ready;
        FD_ZERO(&ready);
        FD_SET(c->fd, &ready);
        FD_SET(c->stop[0], &ready);
        int highest = c->fd > c->stop[0] ? c->fd : c->stop[0];
        if (select(highest + 1, &ready, NULL, NULL, NULL) < 0 && errno != EINTR) {
            log_write(LOG_ERROR, "event=control_ended os_code=%d", errno);
            return NULL;
        }
        if (FD_ISSET(c->stop[0], &ready)) {
            return NULL;
        }
        int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            serve_one(c->app, fd);
            (void)close(fd); /* the answer is out, or nobody waits for it */
        }
    }
}

static enum status listen_in(struct srv_control *c, struct err *err)
{
    struct sockaddr_un address = address_in(c->folder);
    /* Left by a server that was killed; the lock on the directory says that none runs. */
    if (unlinkat(c->folder, SOCKET_NAME, 0) != 0 && errno != ENOENT) {
        return fail(err, ST_IO, "remove the old control socket");
    }
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || bind(c->fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        fchmodat(c->folder, SOCKET_NAME, 0600, 0) != 0 || listen(c->fd, BACKLOG) != 0) {
        return fail(err, ST_IO, "make the control socket");
    }
    return ST_OK;
}

static void control_free(struct srv_control *c)
{
    const int fds[] = {c->fd, c->folder, c->stop[0], c->stop[1]};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
    free(c);
}

enum status srv_control_open(const char *folder, struct srv_app *app, struct srv_control **out,
                             struct err *err)
{
    struct srv_control *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot make the control socket");
    }
    *c = (struct srv_control){.app = app, .folder = -1, .fd = -1, .stop = {-1, -1}};
    c->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    enum status st = c->folder >= 0 && pipe2(c->stop, O_CLOEXEC) == 0
                         ? ST_OK
                         : fail(err, ST_IO, "make the control socket");
    if (st == ST_OK) {
        st = listen_in(c, err);
    }
    if (st == ST_OK && pthread_create(&c->thread, NULL, serve, c) != 0) {
        st = err_set(err, ST_NO_MEMORY, 0, "cannot start the thread of the control socket");
    }
    if (st == ST_OK) {
        *out = c;
    } else {
        control_free(c);
    }
    return st;
}

void srv_control_close(struct srv_control *c)
{
    if (c != NULL) {
        (void)close(c->stop[1]);
        c->stop[1] = -1;
        (void)pthread_join(c->thread, NULL);       /* started by open, joined here only */
        (void)unlinkat(c->folder, SOCKET_NAME, 0); /* the next server removes it otherwise */
        control_free(c);
    }
}

/* ---- the asking side ------------------------------------------------------------------------- */

static enum status connect_in(int folder, int *out, struct err *err)
{
    struct sockaddr_un address = address_in(folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return fail(err, ST_IO, "make a socket");
    }
    set_timeouts(fd);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        bool nobody = errno == ENOENT || errno == ECONNREFUSED;
        enum status st = nobody ? err_set(err, ST_UNREACHABLE, (uint32_t)errno,
                                          "no server runs on this data directory")
                                : fail(err, ST_IO, "reach the server");
        (void)close(fd);
        return st;
    }
    *out = fd;
    return ST_OK;
}

/* The refusal's code is not one of our literals: it goes into the sentence. */
static enum status exchange(int fd, const char *line, struct err *err)
{
    char answer[LINE_BYTES];
    if (!send_line(fd, line) || !read_line(fd, answer)) {
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
        return fail(err, ST_NOT_FOUND, "open the data directory");
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

enum status srv_control_safe(const char *folder, const char *reason, struct err *err)
{
    char line[LINE_BYTES];
    if (strlen(reason) >= SRV_REASON_BYTES || strpbrk(reason, "\r\n") != NULL) {
        return err_refuse(err, "out_of_range", "", "--reason takes one line of at most %d bytes",
                          SRV_REASON_BYTES - 1);
    }
    (void)snprintf(line, sizeof line, "safe %s\n", reason);
    return ask(folder, line, err);
}
