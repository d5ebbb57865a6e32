#include "server/store_sqlite_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Source: https://www.sqlite.org/fileformat2.html "The Write-Ahead Log" */
enum {
    HEADER_BYTES = 32,
    FRAME_HEAD_BYTES = 24,
    PAGE_LEAST = 512,
    PAGE_MOST = 65536,
    FORMAT = 3007000,
    LOOKS = 3,
    LOOK_PAUSE_NS = 20000000
};
static const uint32_t MAGIC = 0x377f0682; /* the last bit: sums over big-endian words */

struct sums {
    uint32_t first;
    uint32_t second;
};

struct wal {
    int fd;
    bool big_endian;
    uint32_t page_bytes;
    uint32_t salts[2];
    struct sums sums; /* up to where it is good */
    uint8_t *frame;
};

enum look { LOOK_GOOD, LOOK_DAMAGED, LOOK_FAILED };

static uint32_t number_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint32_t word_at(const uint8_t *at, bool big_endian)
{
    return big_endian
               ? number_at(at)
               : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

/* size is a multiple of 8. */
static struct sums add(struct sums s, const uint8_t *bytes, size_t size, bool big_endian)
{
    for (size_t i = 0; i < size; i += 8) {
        s.first += word_at(bytes + i, big_endian) + s.second;
        s.second += word_at(bytes + i + 4, big_endian) + s.first;
    }
    return s;
}

static bool equal(struct sums a, const uint8_t *at)
{
    return a.first == number_at(at) && a.second == number_at(at + 4);
}

static bool read_header(struct wal *w, const uint8_t raw[HEADER_BYTES])
{
    w->big_endian = (number_at(raw) & 1) != 0;
    w->page_bytes = number_at(raw + 8);
    w->salts[0] = number_at(raw + 16);
    w->salts[1] = number_at(raw + 20);
    w->sums = add((struct sums){0, 0}, raw, HEADER_BYTES - 8, w->big_endian);
    return (number_at(raw) & ~1u) == MAGIC && number_at(raw + 4) == FORMAT &&
           w->page_bytes >= PAGE_LEAST && w->page_bytes <= PAGE_MOST &&
           (w->page_bytes & (w->page_bytes - 1)) == 0 && equal(w->sums, raw + HEADER_BYTES - 8);
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* The next frame continues what was good so far; *commit: it ends a transaction. */
static bool follows(struct wal *w, bool *commit)
{
    const uint8_t *head = w->frame;
    struct sums sums = add(w->sums, head, 8, w->big_endian);
    sums = add(sums, head + FRAME_HEAD_BYTES, w->page_bytes, w->big_endian);
    *commit = number_at(head + 4) != 0;
    w->sums = (struct sums){number_at(head + 16), number_at(head + 20)};
    return number_at(head + 8) == w->salts[0] && number_at(head + 12) == w->salts[1] &&
           equal(sums, head + 16);
}

/* SQLite takes a log up to its first bad frame, and forgets the rest. That is right for a transaction
 * that a power cut tore: it was answered to nobody. But one that was answered was on the disk before
 * the next began: where whole transactions stand behind a bad frame, one that was answered is lost.
 * The rest of one alone may be left over from a commit that failed. */
static enum look look_at_frames(struct wal *w)
{
    enum { LEFT_OVER = 1 };
    size_t size = FRAME_HEAD_BYTES + w->page_bytes;
    off_t at = HEADER_BYTES;
    bool broken = false;
    int commits = 0;
    for (;; at += (off_t)size) {
        bool commit = false;
        ssize_t length = pread(w->fd, w->frame, size, at);
        if (length < 0) {
            return LOOK_FAILED;
        }
        if ((size_t)length < size) {
            return LOOK_GOOD;
        }
        if (!follows(w, &commit)) {
            broken = true;
            commits = 0;
        }
        commits += broken && commit ? 1 : 0;
        if (commits > LEFT_OVER) {
            return LOOK_DAMAGED;
        }
    }
}

static enum look look(int fd)
{
    struct wal w = {.fd = fd};
    uint8_t raw[HEADER_BYTES];
    ssize_t length = pread(fd, raw, sizeof raw, 0);
    if (length < 0) {
        return LOOK_FAILED;
    }
    /* Nothing was ever committed to a log that has no header, or zeros where it should be. */
    if ((size_t)length < sizeof raw || is_zero(raw, sizeof raw)) {
        return LOOK_GOOD;
    }
    if (!read_header(&w, raw)) {
        return LOOK_DAMAGED;
    }
    w.frame = malloc(FRAME_HEAD_BYTES + w.page_bytes);
    enum look seen = w.frame != NULL ? look_at_frames(&w) : LOOK_FAILED;
    free(w.frame);
    return seen;
}

/* A program that writes meanwhile may show us half of this and half of that, but not each time. */
static enum look look_again(int fd)
{
    const struct timespec pause = {.tv_nsec = LOOK_PAUSE_NS};
    enum look seen = LOOK_DAMAGED;
    for (int i = 0; i < LOOKS && seen == LOOK_DAMAGED; i++) {
        if (i > 0) {
            (void)nanosleep(&pause, NULL);
        }
        seen = look(fd);
    }
    return seen;
}

enum status sqlite_look_at_log(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? ST_OK
                               : err_set(err, ST_IO, (uint32_t)errno, "cannot open %s: %s", path,
                                         strerror(errno));
    }
    enum look seen = look_again(fd);
    int error = errno;
    (void)close(fd); /* it was only read */
    switch (seen) {
    case LOOK_GOOD: return ST_OK;
    case LOOK_DAMAGED: return err_set(err, ST_REFUSED, 0, "%s is damaged", path);
    case LOOK_FAILED: break;
    }
    return err_set(err, ST_IO, (uint32_t)error, "cannot read %s: %s", path, strerror(error));
}
