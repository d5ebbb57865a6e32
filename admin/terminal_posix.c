#include "admin/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum status adm_terminal_start(int *argc, char ***argv, struct err *err)
{
    (void)argc; /* they are UTF-8 already, or bytes that only the file system understands */
    (void)argv;
    (void)err;
    return ST_OK;
}

bool adm_terminal_asks(void)
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

bool adm_terminal_tells(void)
{
    return isatty(STDERR_FILENO) == 1;
}

bool adm_terminal_shows(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

/* Byte by byte and unbuffered: what is typed must not stay behind in a buffer of stdio. */
static enum status read_line(struct bytes *out, struct err *err)
{
    for (;;) {
        char c = '\0';
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return err_set(err, ST_IO, (uint32_t)errno, "cannot read the terminal: %s",
                           strerror(errno));
        }
        if (got == 0) {
            return err_set(err, ST_CANCELLED, 0, "the input ended before an answer");
        }
        if (c == '\n') {
            return ST_OK;
        }
        enum status st = bytes_append(out, &c, 1);
        if (st != ST_OK) {
            return err_set(err, st, 0, "the answer is longer than %zu bytes", out->limit);
        }
    }
}

enum status adm_terminal_read_line(const char *prompt, struct bytes *out, struct err *err)
{
    (void)fputs(prompt, stderr);
    return read_line(out, err);
}

static enum status read_secret_line(const char *prompt, struct bytes *out, struct err *err)
{
    enum status st = bytes_reserve(out, out->limit - out->size);
    return st == ST_OK ? adm_terminal_read_line(prompt, out, err)
                       : err_set(err, st, 0, "no memory for an answer");
}

enum status adm_terminal_read_secret(const char *prompt, struct bytes *out, struct err *err)
{
    struct termios before;

    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        return err_set(err, ST_IO, (uint32_t)errno, "cannot ask on this terminal: %s",
                       strerror(errno));
    }
    struct termios silent = before;
    /* No signals either: Ctrl-C must not leave a terminal behind that shows nothing. */
    silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
    enum status st = ST_OK;
    /* Silent before anybody is asked: a fast typist must not be shown. */
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0) {
        st =
            err_set(err, ST_IO, (uint32_t)errno, "cannot switch off the echo: %s", strerror(errno));
    } else {
        st = read_secret_line(prompt, out, err);
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    }
    (void)fputc('\n', stderr);
    if (st == ST_OK && memchr(bytes_text(out), 0x03, out->size) != NULL) {
        st = err_set(err, ST_CANCELLED, 0, "interrupted");
    }
    return st;
}

char *adm_environment(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || value[0] == '\0' ? NULL : text_copy(value);
}

enum status adm_terminal_write(struct span text, struct err *err)
{
    bool written = text.size == 0 || fwrite(text.data, 1, text.size, stdout) == text.size;
    if (!written || fflush(stdout) != 0) {
        int error = errno;
        return err_set(err, ST_IO, (uint32_t)error, "cannot write the output: %s", strerror(error));
    }
    return ST_OK;
}

enum status adm_terminal_write_raw(struct span bytes, struct err *err)
{
    return adm_terminal_write(bytes, err);
}
