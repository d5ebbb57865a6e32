/* bare.c ANSWER - the least that holds polls: a bare epoll server on one thread, what `polls.sh` holds the server against.
 *
 * It says where it listens, holds whoever asks (GET), and when an order comes (POST) sends the bytes of the file ANSWER
 * to all of them, in turn. It looks at nothing that it is sent but the first letter. */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    REQUEST_BYTES = 1024,
    ANSWER_BYTES = 64 * 1024,
    EVENTS = 256,
    BACKLOG = 4096,
    ROOM_STEP = 1024
};

static void must(bool good, const char *what)
{
    if (!good) {
        (void)fprintf(stderr, "bare: %s\n", what);
        exit(1);
    }
}

/* The least that holds a connection: its descriptor, in an array. */
struct holder {
    int listener;
    int epoll;
    int *held;
    size_t count;
    size_t room;
    char *answer;
    size_t size;
};

static void let_in(struct holder *h)
{
    int fd = accept4(h->listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd >= 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        must(epoll_ctl(h->epoll, EPOLL_CTL_ADD, fd, &event) == 0, "cannot watch");
    }
}

static void answer_all(struct holder *h, int orderer)
{
    static const char done[] = "HTTP/1.1 204 No Content\r\n\r\n";
    for (size_t i = 0; i < h->count; i++) {
        must(send(h->held[i], h->answer, h->size, MSG_NOSIGNAL) == (ssize_t)h->size, "cannot send");
    }
    h->count = 0;
    (void)send(orderer, done, sizeof done - 1, MSG_NOSIGNAL); /* it may be gone */
}

static void listen_to(struct holder *h, int fd)
{
    char request[REQUEST_BYTES];
    ssize_t got = recv(fd, request, sizeof request, 0);
    if (got <= 0) {
        (void)close(fd);
        return;
    }
    must(memcmp(request + got - 4, "\r\n\r\n", 4) == 0 || request[0] == 'P', "half a request");
    if (request[0] == 'P') {
        answer_all(h, fd);
        return;
    }
    if (h->count == h->room) {
        h->room = h->room * 2 + ROOM_STEP;
        h->held = realloc(h->held, h->room * sizeof *h->held);
        must(h->held != NULL, "no memory");
    }
    h->held[h->count++] = fd;
}

int main(int argc, char **argv)
{
    struct rlimit files;
    struct epoll_event events[EVENTS];
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    struct holder h = {.listener = socket(AF_INET, SOCK_STREAM, 0), .epoll = epoll_create1(0)};
    must(argc == 2 && getrlimit(RLIMIT_NOFILE, &files) == 0, "bare ANSWER");
    files.rlim_cur = files.rlim_max;
    FILE *in = fopen(argv[1], "r");
    h.answer = malloc(ANSWER_BYTES);
    must(in != NULL && h.answer != NULL, "there is no answer");
    h.size = fread(h.answer, 1, ANSWER_BYTES, in);
    (void)fclose(in);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(setrlimit(RLIMIT_NOFILE, &files) == 0 &&
             bind(h.listener, (struct sockaddr *)&at, sizeof at) == 0 &&
             listen(h.listener, BACKLOG) == 0 &&
             getsockname(h.listener, (struct sockaddr *)&at, &size) == 0,
         "cannot listen");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = h.listener};
    must(epoll_ctl(h.epoll, EPOLL_CTL_ADD, h.listener, &event) == 0, "cannot watch");
    (void)printf("listening agents=http://127.0.0.1:%u \n", ntohs(at.sin_port));
    (void)fflush(stdout);
    for (;;) {
        int ready = epoll_wait(h.epoll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == h.listener) {
                let_in(&h);
            } else {
                listen_to(&h, events[i].data.fd);
            }
        }
    }
}
