#include "tests/cmocka_all.h"

#include "tests/unit/server/raw_talk.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool try_send(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t put = send(fd, data, size, MSG_NOSIGNAL);
        if (put <= 0) {
            return false;
        }
        data += put;
        size -= (size_t)put;
    }
    return true;
}

static int ask_raw(const char *url, const char *line, const char *headers, const char *body)
{
    char head[512];
    int fd = connect_to(url);
    int length =
        snprintf(head, sizeof head, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    assert_true(length > 0 && (size_t)length < sizeof head);
    (void)(try_send(fd, line, strlen(line)) && try_send(fd, head, (size_t)length) &&
           try_send(fd, headers, strlen(headers)) && try_send(fd, "\r\n", 2) &&
           try_send(fd, body, strlen(body))); /* a server that has refused may be gone */
    return fd;
}

bool say_raw_or_cut(const char *url, const char *line, const char *headers, const char *body,
                    struct answer *out)
{
    int fd = ask_raw(url, line, headers, body);
    size_t used = 0;
    ssize_t got = 0;
    while (used < sizeof out->text - 1 &&
           (got = recv(fd, out->text + used, sizeof out->text - 1 - used, 0)) > 0) {
        used += (size_t)got;
    }
    out->text[used] = '\0';
    assert_int_equal(close(fd), 0);
    return sscanf(out->text, "HTTP/1.1 %d", &out->status) == 1;
}

void say_raw(const char *url, const char *line, const char *headers, const char *body,
             struct answer *out)
{
    if (!say_raw_or_cut(url, line, headers, body, out)) {
        fail_msg("%s: there is no answer", line);
    }
}

void cut_raw(const char *url, const char *line, const char *headers, const char *body)
{
    int fd = ask_raw(url, line, headers, body);
    assert_int_equal(close(fd), 0);
}
