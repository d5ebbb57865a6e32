#include "server/log_sink.h"

#include "base/clock.h"
#include "base/time_text.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of each event; a day of that is less than half a GB. */
enum { BURST = 1000, PER_SECOND = 20, SLOTS = 64, NAME_BYTES = 32 };

struct slot {
    char name[NAME_BYTES]; /* of the event that came last */
    double room;
    uint64_t filled_ms;
    uint64_t dropped;
};

struct srv_log {
    pthread_mutex_t lock;
    bool journal;
    struct slot slots[SLOTS];
};

static _Thread_local const char *request;

void srv_log_begin(const char *request_id)
{
    request = request_id;
}

void srv_log_end(void)
{
    request = NULL;
}

/* ---- how much -------------------------------------------------------------------------------- */

static void name_of(const char *message, char out[NAME_BYTES])
{
    const char *name = strncmp(message, "event=", 6) == 0 ? message + 6 : message;
    size_t length = strcspn(name, " ");
    (void)snprintf(out, NAME_BYTES, "%.*s", (int)(length < NAME_BYTES ? length : NAME_BYTES - 1),
                   name);
}

static struct slot *slot_of(struct srv_log *log, const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *name != '\0'; name++) {
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    }
    return &log->slots[hash % SLOTS];
}

/* *dropped: how many lines went before this one, to be told now. */
static bool admit(struct srv_log *log, const char *name, uint64_t *dropped)
{
    pthread_mutex_lock(&log->lock);
    uint64_t now_ms = clock_monotonic_ms(); /* in here: never before another thread's filled_ms */
    struct slot *s = slot_of(log, name);
    s->room += (double)(now_ms - s->filled_ms) * PER_SECOND / 1000;
    s->room = s->room < BURST ? s->room : BURST;
    s->filled_ms = now_ms;
    bool admitted = s->room >= 1;
    if (admitted) {
        s->room -= 1;
        *dropped = s->dropped;
        s->dropped = 0;
    } else {
        s->dropped++;
    }
    memcpy(s->name, name, sizeof s->name);
    pthread_mutex_unlock(&log->lock);
    return admitted;
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* One call, one line: stdio's own lock keeps lines of several threads apart. */
static void write_line(const struct srv_log *log, enum log_level level, const char *message)
{
    static const char *const WORDS[] = {"error", "warning", "info", "debug"};
    static const int PRIORITIES[] = {3, 4, 6, 7}; /* of syslog(3) */
    char now[TIME_TEXT_BYTES];
    const char *mark = request != NULL ? " request=" : "";
    const char *id = request != NULL ? request : "";
    if (log->journal) {
        (void)fprintf(stderr, "<%d>%s%s%s\n", PRIORITIES[level], message, mark, id);
    } else {
        time_text_write(clock_wall_s(), now);
        (void)fprintf(stderr, "time=%s level=%s %s%s%s\n", now, WORDS[level], message, mark, id);
    }
    (void)fflush(stderr); /* a line that cannot be written is lost */
}

static void tell_dropped(const struct srv_log *log, const char *name, uint64_t count)
{
    char text[NAME_BYTES + 64];
    if (count > 0) {
        (void)snprintf(text, sizeof text, "event=log_dropped of=%s lines=%" PRIu64, name, count);
        write_line(log, LOG_WARNING, text);
    }
}

static void take(void *ctx, enum log_level level, const char *message)
{
    struct srv_log *log = ctx;
    char name[NAME_BYTES] = "";
    uint64_t dropped = 0;
    name_of(message, name);
    if (level == LOG_DEBUG || admit(log, name, &dropped)) {
        tell_dropped(log, name, dropped);
        write_line(log, level, message);
    }
}

/* ---- opening and closing --------------------------------------------------------------------- */

/* The journal says which stream it reads, so that a program whose stderr goes elsewhere can tell. */
bool srv_log_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat seen;
    char mine[64];
    if (stream == NULL || fstat(STDERR_FILENO, &seen) != 0) {
        return false;
    }
    (void)snprintf(mine, sizeof mine, "%ju:%ju", (uintmax_t)seen.st_dev, (uintmax_t)seen.st_ino);
    return strcmp(stream, mine) == 0;
}

enum status srv_log_open(enum log_level most, struct srv_log **out, struct err *err)
{
    struct srv_log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "cannot open the log");
    }
    uint64_t now_ms = clock_monotonic_ms();
    (void)pthread_mutex_init(&log->lock, NULL); /* cannot fail on Linux */
    log->journal = srv_log_is_journal();
    for (size_t i = 0; i < SLOTS; i++) {
        log->slots[i].room = BURST;
        log->slots[i].filled_ms = now_ms;
    }
    log_open_sink(&(struct log_sink){.ctx = log, .take = take});
    log_set_most(most);
    *out = log;
    return ST_OK;
}

void srv_log_close(struct srv_log *log)
{
    if (log == NULL) {
        return;
    }
    log_close();
    for (size_t i = 0; i < SLOTS; i++) {
        tell_dropped(log, log->slots[i].name, log->slots[i].dropped);
    }
    (void)pthread_mutex_destroy(&log->lock);
    free(log);
}
