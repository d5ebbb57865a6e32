#include "server/control.h"

#include "base/log.h"
#include "server/control_line.h"
#include "server/handlers.h"

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

/* ORDERS_MAX: those who say nothing, or wait for the store, leave room for the brake. */
enum { BACKLOG = 64, ORDERS_MAX = 64 };

struct srv_control {
    struct srv_app *app;
    pthread_t thread;
    int folder;
    int fd;
    int stop[2]; /* closing the writing end ends the thread */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned orders; /* being carried out, each in a thread of its own */
};

/* ---- orders ---------------------------------------------------------------------------------- */

static enum status name_asker(int fd, char out[SRV_NAME_BYTES], struct err *err)
{
    struct ucred who = {.uid = (uid_t)-1};
    socklen_t size = sizeof who;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
        return srv_control_fail(err, ST_IO, "tell who asks");
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
    if (st == ST_OK) {
        srv_end_polls_without_token(app);
        st = note_reload(app, fd, err);
    }
    return st;
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
    char line[SRV_CONTROL_LINE_BYTES];
    char answer[SRV_CONTROL_LINE_BYTES];
    struct err err = {0};
    srv_control_set_timeouts(fd);
    if (!srv_control_read_line(fd, line)) {
        return; /* whoever came did not say anything */
    }
    if (obey(app, fd, line, &err) == ST_OK) {
        (void)snprintf(answer, sizeof answer, "ok\n");
    } else {
        log_failure(LOG_ERROR, "control_failed", &err);
        (void)snprintf(answer, sizeof answer, "%s %s\n",
                       err.code != NULL ? err.code : status_name(err.st), err.text);
    }
    if (!srv_control_send_line(fd, answer)) {
        log_write(LOG_WARNING, "event=control_answer_lost");
    }
}

struct order {
    struct srv_control *control;
    int fd;
};

static void order_done(struct order *order)
{
    struct srv_control *c = order->control;
    (void)close(order->fd); /* the answer is out, or nobody waits for it */
    free(order);
    pthread_mutex_lock(&c->lock);
    c->orders--;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static void *carry_out(void *ctx)
{
    struct order *order = ctx;
    serve_one(order->control->app, order->fd);
    order_done(order);
    return NULL;
}

/* Not behind ORDERS_MAX others; they are gone after SRV_CONTROL_TIMEOUT_S if they are silent. */
static void await_room(struct srv_control *c, unsigned most)
{
    pthread_mutex_lock(&c->lock);
    while (c->orders > most) {
        pthread_cond_wait(&c->changed, &c->lock);
    }
    pthread_mutex_unlock(&c->lock);
}

/* Without a thread to spare it is done here: late is better than not at all. */
static void take_order(struct srv_control *c, int fd)
{
    pthread_t thread;
    struct order *order = malloc(sizeof *order);
    if (order == NULL) {
        serve_one(c->app, fd);
        (void)close(fd);
        return;
    }
    *order = (struct order){.control = c, .fd = fd};
    await_room(c, ORDERS_MAX - 1);
    pthread_mutex_lock(&c->lock);
    c->orders++;
    pthread_mutex_unlock(&c->lock);
    if (pthread_create(&thread, NULL, carry_out, order) == 0) {
        (void)pthread_detach(thread); /* srv_control_close() waits for all of them */
    } else {
        (void)carry_out(order);
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
        if (select(highest + 1, &ready, NULL, NULL, NULL) < 0) {
            if (errno == EINTR) {
                continue; /* the sets say nothing now */
            }
            log_write(LOG_ERROR, "event=control_ended os_code=%d", errno);
            return NULL;
        }
        if (FD_ISSET(c->stop[0], &ready)) {
            return NULL;
        }
        int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            take_order(c, fd);
        }
    }
}

static enum status listen_in(struct srv_control *c, struct err *err)
{
    struct sockaddr_un address = srv_control_address(c->folder);
    /* Left by a server that was killed; the lock on the directory says that none runs. */
    if (unlinkat(c->folder, SRV_CONTROL_SOCKET, 0) != 0 && errno != ENOENT) {
        return srv_control_fail(err, ST_IO, "remove the old control socket");
    }
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || bind(c->fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        fchmodat(c->folder, SRV_CONTROL_SOCKET, 0600, 0) != 0 || listen(c->fd, BACKLOG) != 0) {
        return srv_control_fail(err, ST_IO, "make the control socket");
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
    (void)pthread_mutex_destroy(&c->lock);
    (void)pthread_cond_destroy(&c->changed);
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
    (void)pthread_mutex_init(&c->lock, NULL); /* cannot fail on Linux */
    (void)pthread_cond_init(&c->changed, NULL);
    c->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    enum status st = c->folder >= 0 && pipe2(c->stop, O_CLOEXEC) == 0
                         ? ST_OK
                         : srv_control_fail(err, ST_IO, "make the control socket");
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
        (void)pthread_join(c->thread, NULL); /* started by open, joined here only */
        await_room(c, 0);
        (void)unlinkat(c->folder, SRV_CONTROL_SOCKET, 0); /* the next server removes it otherwise */
        control_free(c);
    }
}
