#include "base/log.h"
#include "server/listen_socket.h"
#include "server/rollout_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* So long an answer waits for the entry of its change; the change itself is in force already. */
enum { PATIENCE_MS = 1000 };

/* What became of a release, on its way to the store. */
struct srv_note {
    struct srv_write write;
    struct srv_rollout *rollout;
    struct srv_note *next;
    uint64_t id;
    bool failed; /* waits to be submitted again */
    char name[SRV_NAME_BYTES];
    char address[SRV_ADDRESS_BYTES];
    char before[SRV_RELEASE_TEXT_BYTES];
    char after[SRV_RELEASE_TEXT_BYTES];
};

void srv_release_text(const struct srv_release *release, char out[SRV_RELEASE_TEXT_BYTES])
{
    out[0] = '\0';
    if (release->version != 0) {
        (void)snprintf(out, SRV_RELEASE_TEXT_BYTES,
                       "version=%" PRId64 " stage=%s by=\"%s\" reason=\"%s\"", release->version,
                       release->stage, release->by, release->reason);
    }
}

static struct srv_note **find(struct srv_rollout *r, uint64_t id)
{
    struct srv_note **at = &r->notes;
    while (*at != NULL && (*at)->id != id) {
        at = &(*at)->next;
    }
    return at;
}

/* From the store's thread. */
static void note_done(struct srv_write *w)
{
    struct srv_note *note = w->ctx;
    struct srv_rollout *r = note->rollout;
    pthread_mutex_lock(&r->noting);
    if (w->st == ST_OK) {
        r->stored = w->u.release.version > r->stored ? w->u.release.version : r->stored;
        *find(r, note->id) = note->next;
        free(note);
    } else {
        log_failure(LOG_ERROR, "audit_late", &w->err);
        note->failed = true;
    }
    pthread_cond_broadcast(&r->noted);
    pthread_mutex_unlock(&r->noting);
}

static struct timespec in_patience(void)
{
    struct timespec due = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &due); /* cannot fail on Linux */
    due.tv_sec += PATIENCE_MS / 1000;
    return due;
}

static void await(struct srv_rollout *r, uint64_t id)
{
    struct timespec due = in_patience();
    int code = 0;
    pthread_mutex_lock(&r->noting);
    struct srv_note *note = *find(r, id);
    while (note != NULL && !note->failed && code == 0) {
        code = pthread_cond_clockwait(&r->noted, &r->noting, CLOCK_MONOTONIC, &due);
        note = *find(r, id);
    }
    pthread_mutex_unlock(&r->noting);
}

static void fill(struct srv_note *note, const struct srv_change *change,
                 const struct srv_release *before, const struct srv_release *release,
                 const char *what)
{
    (void)snprintf(note->name, sizeof note->name, "%s", change->actor);
    (void)snprintf(note->address, sizeof note->address, "%s",
                   change->address != NULL ? change->address : "");
    srv_release_text(before, note->before);
    srv_release_text(release, note->after);
    note->write = (struct srv_write){
        .kind = SRV_WRITE_RELEASE,
        .now_s = change->now_s,
        .audit = {.who = change->who,
                  .name = note->name,
                  .address = note->address,
                  .what = what,
                  .before = note->before,
                  .after = note->after},
        .done = note_done,
        .ctx = note,
    };
    note->write.u.release = *release;
}

uint64_t srv_rollout_note(struct srv_rollout *r, const struct srv_change *change,
                          const struct srv_release *before, const struct srv_release *release,
                          const char *what)
{
    struct srv_note *note = calloc(1, sizeof *note);
    if (note == NULL) {
        return 0;
    }
    fill(note, change, before, release, what);
    pthread_mutex_lock(&r->noting);
    note->rollout = r;
    note->id = ++r->last_note;
    note->next = r->notes;
    r->notes = note;
    uint64_t id = note->id;
    pthread_mutex_unlock(&r->noting);
    r->parts.store->submit(r->parts.store->ctx, &note->write);
    return id; /* the note itself may be gone */
}

void srv_rollout_await_note(struct srv_rollout *r, uint64_t id, const struct srv_release *release,
                            const char *what)
{
    char actor[SRV_NAME_BYTES];
    log_quotable(release->by, actor, sizeof actor);
    log_write(LOG_INFO, "event=released action=%s version=%" PRId64 " stage=%s actor=\"%s\"", what,
              release->version, release->stage, actor);
    if (id == 0) {
        log_write(LOG_ERROR, "event=audit_late reason=no_memory"); /* the next start writes it */
    } else {
        await(r, id);
    }
}

bool srv_rollout_is_noted(struct srv_rollout *r)
{
    pthread_mutex_lock(&r->noting);
    bool all = r->notes == NULL;
    pthread_mutex_unlock(&r->noting);
    return all;
}

/* The oldest failed one behind that id, no longer failed; NULL: none. */
static struct srv_note *take_failed(struct srv_rollout *r, uint64_t behind)
{
    struct srv_note *oldest = NULL;
    pthread_mutex_lock(&r->noting);
    for (struct srv_note *note = r->notes; note != NULL; note = note->next) {
        if (note->failed && note->id > behind && (oldest == NULL || note->id < oldest->id)) {
            oldest = note;
        }
    }
    if (oldest != NULL) {
        oldest->failed = false;
    }
    pthread_mutex_unlock(&r->noting);
    return oldest;
}

void srv_rollout_note_again(struct srv_rollout *r)
{
    struct err err = {0};
    uint64_t id = 0;
    if (srv_rollout_write_down(r, &err) != ST_OK) {
        log_failure(LOG_ERROR, "release_not_recorded", &err);
    }
    for (struct srv_note *note = NULL; (note = take_failed(r, id)) != NULL;) {
        id = note->id;
        r->parts.store->submit(r->parts.store->ctx, &note->write);
    }
}

void srv_rollout_note_recovered(struct srv_rollout *r, const struct srv_release *stored,
                                int64_t now_s)
{
    const struct srv_change change = {
        .who = SRV_WHO_SERVER, .actor = "release record", .now_s = now_s};
    uint64_t note = srv_rollout_note(r, &change, stored, &r->now.release, "release_recovered");
    srv_rollout_await_note(r, note, &r->now.release, "release_recovered");
}

void srv_rollout_drop_notes(struct srv_rollout *r)
{
    while (r->notes != NULL) {
        struct srv_note *next = r->notes->next;
        free(r->notes);
        r->notes = next;
    }
}
