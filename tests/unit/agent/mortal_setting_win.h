/* mortal_setting_win.h - the real setting port, which ends at a chosen call.
 *
 * Effects: those of setting_win.h, and the end of the process    Units:  calls
 * Owns:    nothing                                               Errors: ST_IO once it is dead
 * Threads: one thread                                            Source: agent/ports.h
 */
#ifndef TESTS_UNIT_AGENT_MORTAL_SETTING_WIN_H
#define TESTS_UNIT_AGENT_MORTAL_SETTING_WIN_H

#include "agent/setting_win.h"

#include <windows.h>

enum { KILLED = 77, NOBODY_KILLS = 0 };

struct mortal {
    struct ag_setting real;
    unsigned dies_before; /* the so manyth call that changes something; NOBODY_KILLS: none */
    unsigned calls;
    bool process_dies;
    bool marker_dirty; /* written and not flushed */
    unsigned rash;     /* values written meanwhile */
};

static struct mortal mortal;

/* ST_OK while alive. */
static inline enum status mortal_step(void)
{
    mortal.calls++;
    if (mortal.dies_before == NOBODY_KILLS || mortal.calls < mortal.dies_before) {
        return ST_OK;
    }
    if (mortal.process_dies) {
        (void)TerminateProcess(GetCurrentProcess(), KILLED);
    }
    return ST_IO;
}

static inline enum status mortal_write(void *ctx, struct ag_hive *hive,
                                       const struct ag_value *value, struct err *why)
{
    enum status st = mortal_step();
    mortal.rash += st == ST_OK && mortal.marker_dirty;
    return st == ST_OK ? mortal.real.write(ctx, hive, value, why) : st;
}

static inline enum status mortal_write_marker(void *ctx, struct ag_hive *hive,
                                              enum ag_marker_part part,
                                              const struct ag_value *value, struct err *why)
{
    enum status st = mortal_step();
    mortal.marker_dirty = true;
    return st == ST_OK ? mortal.real.write_marker(ctx, hive, part, value, why) : st;
}

static inline enum status mortal_flush(void *ctx, struct ag_hive *hive, struct err *why)
{
    enum status st = mortal_step();
    st = st == ST_OK ? mortal.real.flush(ctx, hive, why) : st;
    mortal.marker_dirty = mortal.marker_dirty && st != ST_OK;
    return st;
}

static inline enum status mortal_forget_marker(void *ctx, struct ag_hive *hive, struct err *why)
{
    enum status st = mortal_step();
    return st == ST_OK ? mortal.real.forget_marker(ctx, hive, why) : st;
}

/* Either the whole process ends, or the port does nothing any more. */
static inline struct ag_setting mortal_setting(unsigned dies_before, bool process_dies)
{
    mortal = (struct mortal){
        .real = ag_setting_win(NULL), .dies_before = dies_before, .process_dies = process_dies};
    struct ag_setting setting = mortal.real;
    setting.write = mortal_write;
    setting.write_marker = mortal_write_marker;
    setting.flush = mortal_flush;
    setting.forget_marker = mortal_forget_marker;
    return setting;
}

#endif
