#include "agent/cmtrace.h"

#include "base/file.h"
#include "base/time_text.h"
#include "base/visible.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    PATH_BYTES = 1100,
    TEXT_BYTES = AG_CMTRACE_ENTRY_BYTES - 256, /* the frame around the text has about 150 */
    AGAIN_AFTER = 64, /* entries until a file that could not be put aside is tried again */
};

static const char SUFFIX[] = ".log";

struct ag_cmtrace {
    char stem[PATH_BYTES]; /* the path without ".log" */
    FILE *file;            /* NULL: it could not be opened */
    size_t size;
    size_t limit;
    bool torn;     /* the last entry did not get onto the disk whole */
    unsigned wait; /* entries until the next attempt to begin anew */
    uint64_t lost; /* entries, since the last one that was written */
};

/* ---- one entry ---------------------------------------------------------------------------- */

static int type_of(enum log_level level)
{
    switch (level) {
    case LOG_ERROR: return 3;
    case LOG_WARNING: return 2;
    case LOG_INFO:
    case LOG_DEBUG: return 1;
    }
    return 3;
}

/* What begins and ends an entry, spelled in whatever case, must not stand in its text. */
static bool is_frame(const char *text)
{
    return strncasecmp(text, "<![LOG[", 7) == 0 || strncasecmp(text, "]LOG]!>", 7) == 0;
}

static void copy_text(const char *message, char out[TEXT_BYTES])
{
    char shown[TEXT_BYTES];
    size_t used = 0;
    (void)visible_copy(message, shown, sizeof shown);
    for (const char *p = shown; *p != '\0';) {
        bool plain = true;
        size_t size = visible_next(p, &plain);
        bool frame = is_frame(p);
        size_t wanted = frame ? 4 : size;
        if (used + wanted >= TEXT_BYTES) {
            break;
        }
        if (frame) {
            (void)snprintf(out + used, 5, "\\x%02x", (unsigned char)*p);
        } else {
            memcpy(out + used, p, size);
        }
        used += wanted;
        p += size;
    }
    out[used] = '\0';
}

size_t ag_cmtrace_format(const struct ag_cmtrace_entry *entry, char out[AG_CMTRACE_ENTRY_BYTES])
{
    char text[TEXT_BYTES];
    char when[TIME_TEXT_BYTES];
    int64_t wall_ms = entry->wall_ms > 0 ? entry->wall_ms : 0;
    copy_text(entry->message, text);
    time_text_write(wall_ms / 1000, when); /* 2026-11-22T08:05:09Z */
    int length = snprintf(out, AG_CMTRACE_ENTRY_BYTES,
                          "<![LOG[%s]LOG]!><time=\"%.8s.%03d+000\" date=\"%.2s-%.2s-%.4s\" "
                          "component=\"MapiRollout\" context=\"\" type=\"%d\" thread=\"%" PRIu32
                          "\" file=\"\">\r\n",
                          text, when + 11, (int)(wall_ms % 1000), when + 5, when + 8, when,
                          type_of(entry->level), entry->thread);
    return length > 0 ? (size_t)length : 0;
}

/* ---- five files --------------------------------------------------------------------------- */

/* number: 0 to AG_CMTRACE_FILES - 1. */
static void path_of(const struct ag_cmtrace *trace, unsigned number, char out[PATH_BYTES + 8])
{
    const char digit[] = {'.', (char)('0' + number % 10), '\0'};
    (void)snprintf(out, PATH_BYTES + 8, "%s%s%s", trace->stem, number > 0 ? digit : "", SUFFIX);
}

/* Unbuffered: an entry is one write, and nothing is left behind that a full disk refused. */
static void open_file(struct ag_cmtrace *trace)
{
    char path[PATH_BYTES + 8];
    path_of(trace, 0, path);
    trace->size = 0;
    if (file_open_to_append(path, &trace->file, NULL) != ST_OK) {
        trace->file = NULL;
        return;
    }
    (void)setvbuf(trace->file, NULL, _IONBF, 0);
    long size = fseek(trace->file, 0, SEEK_END) == 0 ? ftell(trace->file) : -1;
    trace->size = size > 0 ? (size_t)size : 0;
}

static void close_file(struct ag_cmtrace *trace)
{
    if (trace->file != NULL) {
        (void)fclose(trace->file);
        trace->file = NULL;
    }
}

static bool is_free(enum status st)
{
    return st == ST_OK || st == ST_NOT_FOUND;
}

/* Make room at the far end and move each file one place on; what is held stays. True if the first
 * one was moved. */
static bool shift(const struct ag_cmtrace *trace)
{
    char from[PATH_BYTES + 8];
    char to[PATH_BYTES + 8];
    unsigned gap = AG_CMTRACE_FILES - 1;
    for (; gap > 0; gap--) {
        path_of(trace, gap, to);
        if (is_free(file_remove(to, NULL))) {
            break;
        }
    }
    for (unsigned i = gap; i-- > 0;) {
        path_of(trace, i, from);
        path_of(trace, gap, to);
        if (is_free(file_rename(from, to, NULL))) {
            gap = i;
        }
    }
    return gap == 0 && AG_CMTRACE_FILES > 1;
}

static void begin_anew(struct ag_cmtrace *trace)
{
    close_file(trace);
    if (!shift(trace)) {
        trace->wait = AGAIN_AFTER;
    }
    open_file(trace);
}

/* ---- open, write, close ------------------------------------------------------------------- */

enum status ag_cmtrace_open(const char *path, size_t file_bytes, struct ag_cmtrace **out,
                            struct err *err)
{
    size_t length = strlen(path);
    size_t stem = length - (sizeof SUFFIX - 1);
    if (length < sizeof SUFFIX || strcmp(path + stem, SUFFIX) != 0 || stem >= PATH_BYTES) {
        return err_set(err, ST_TOO_LARGE, 0, "the path of the log is too long");
    }
    struct ag_cmtrace *trace = calloc(1, sizeof *trace);
    if (trace == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the log");
    }
    memcpy(trace->stem, path, stem);
    trace->limit = file_bytes;
    open_file(trace);
    *out = trace;
    return ST_OK;
}

void ag_cmtrace_close(struct ag_cmtrace *trace)
{
    if (trace != NULL) {
        close_file(trace);
        free(trace);
    }
}

static bool put(struct ag_cmtrace *trace, const char *text, size_t size)
{
    if (trace->torn && fwrite("\r\n", 1, 2, trace->file) != 2) {
        clearerr(trace->file);
        return false;
    }
    trace->size += trace->torn ? 2 : 0;
    trace->torn = false;
    size_t written = fwrite(text, 1, size, trace->file);
    trace->size += written;
    if (written != size) {
        clearerr(trace->file);
        trace->torn = written > 0;
        return false;
    }
    return true;
}

/* How many entries are missing stands where they are missing. */
static bool put_lost(struct ag_cmtrace *trace, const struct ag_cmtrace_entry *entry)
{
    char message[64];
    char text[AG_CMTRACE_ENTRY_BYTES];
    struct ag_cmtrace_entry gap = *entry;
    (void)snprintf(message, sizeof message, "event=log_lines_lost count=%" PRIu64, trace->lost);
    gap.level = LOG_WARNING;
    gap.message = message;
    return put(trace, text, ag_cmtrace_format(&gap, text));
}

bool ag_cmtrace_write(struct ag_cmtrace *trace, const struct ag_cmtrace_entry *entry)
{
    char text[AG_CMTRACE_ENTRY_BYTES];
    size_t size = ag_cmtrace_format(entry, text);
    trace->wait -= trace->wait > 0 ? 1 : 0;
    if (trace->file == NULL) {
        open_file(trace);
    }
    if (trace->size >= trace->limit && trace->wait == 0) {
        begin_anew(trace);
    }
    bool room = trace->file != NULL && trace->size + size <= 2 * trace->limit;
    if (room && trace->lost > 0 && put_lost(trace, entry)) {
        trace->lost = 0;
    }
    if (room && trace->lost == 0 && put(trace, text, size)) {
        return true;
    }
    trace->lost++;
    return false;
}
