#include "agent/journal_win.h"

#include "agent/cmtrace.h"
#include "agent/event_gate.h"
#include "agent/eventlog_win.h"
#include "agent/folder_win.h"
#include "agent/messages.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

enum { FILE_BYTES = 2 * 1024 * 1024, PATH_BYTES = 1024 };

struct ag_journal {
    SRWLOCK lock;
    struct ag_cmtrace *files; /* NULL: not yet */
    char path[PATH_BYTES];
    enum log_level most;
    struct ag_eventlog *events; /* NULL: Windows gave none */
    struct ag_event_gate gate;
    bool told; /* that the log cannot be written, since it last could */
};

static void report(struct ag_journal *journal, uint32_t id, const char *details)
{
    if (journal->events != NULL) {
        /* Where this fails there is nobody left to tell; the files have it. */
        (void)ag_eventlog_write(journal->events, id, details);
    }
}

static void take_event(struct ag_journal *journal, const char *message)
{
    const struct ag_event *event = ag_event_find(message);
    if (event == NULL) {
        return;
    }
    switch (ag_event_gate_ask(&journal->gate, event, message, clock_monotonic_ms())) {
    case AG_EVENT_PASSES: report(journal, event->id, ag_event_details(message)); break;
    case AG_EVENT_IS_LAST:
        report(journal, event->id, ag_event_details(message));
        report(journal, AG_EVENT_EVENTS_WITHHELD, event->name);
        break;
    case AG_EVENT_IS_KEPT: break;
    }
}

static void take_line(struct ag_journal *journal, enum log_level level, const char *message)
{
    const struct ag_cmtrace_entry entry = {
        .level = level,
        .wall_ms = clock_wall_ms(),
        .thread = GetCurrentThreadId(),
        .message = message,
    };
    if (journal->files == NULL || level > journal->most) {
        return;
    }
    bool kept = ag_cmtrace_write(journal->files, &entry);
    if (!kept && !journal->told) {
        report(journal, AG_EVENT_LOG_FAILED, journal->path);
    }
    journal->told = !kept;
}

static void take(void *ctx, enum log_level level, const char *message)
{
    struct ag_journal *journal = ctx;
    AcquireSRWLockExclusive(&journal->lock);
    take_line(journal, level, message);
    take_event(journal, message);
    ReleaseSRWLockExclusive(&journal->lock);
}

enum status ag_journal_open(struct ag_journal **out, struct err *err)
{
    struct ag_journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL) {
        return err_set(err, ST_NO_MEMORY, 0, "no memory for the log");
    }
    InitializeSRWLock(&journal->lock);
    /* No event log is no reason not to work: there are still the files. */
    if (ag_eventlog_open(&journal->events, NULL) != ST_OK) {
        journal->events = NULL;
    }
    const struct log_sink sink = {.ctx = journal, .take = take};
    log_open_sink(&sink);
    *out = journal;
    return ST_OK;
}

void ag_journal_close(struct ag_journal *journal)
{
    if (journal != NULL) {
        log_close();
        ag_cmtrace_close(journal->files);
        ag_eventlog_close(journal->events);
        free(journal);
    }
}

enum status ag_journal_keep(struct ag_journal *journal, const char *folder, enum log_level most,
                            struct err *err)
{
    char path[PATH_BYTES];
    struct ag_cmtrace *files = NULL;
    int length = snprintf(path, sizeof path, "%s\\agent.log", folder);
    if (length < 0 || (size_t)length >= sizeof path) {
        return err_set(err, ST_TOO_LARGE, 0, "the path of the log is too long");
    }
    /* The folder must be safe before anything is put there. */
    enum status st = ag_folder_make(folder, err);
    if (st == ST_OK && strcmp(path, journal->path) != 0) {
        st = ag_cmtrace_open(path, FILE_BYTES, &files, err);
    }
    if (st != ST_OK) {
        return st;
    }
    AcquireSRWLockExclusive(&journal->lock);
    if (files != NULL) {
        ag_cmtrace_close(journal->files);
        journal->files = files;
        memcpy(journal->path, path, sizeof path);
    }
    journal->most = most;
    ReleaseSRWLockExclusive(&journal->lock);
    return ST_OK;
}
