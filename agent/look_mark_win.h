/* look_mark_win.h - leave out of looks whoever brought the agent down with one.
 *
 * What users keep where we look is read by parsers, and should one of them ever fail badly, the next
 * start would look at the same user and fail again. So each look leaves a mark that says whose it is
 * and which process takes it. A mark that an earlier process left is a look that did not end: that
 * user is not looked at any more until the machine restarts; his value is looked after as ever.
 * Effects: reads and writes the key of running_key_win.h    Units:  none
 * Owns:    nothing but the key; ag_look_mark_close()        Errors: none: without the key nobody is
 *                                                                   marked, and nobody left out
 * Threads: one thread for each mark; all share the key      Source: docs/outlook.md "What is looked
 *                                                                   at"; docs/decisions/0008
 */
#ifndef AGENT_LOOK_MARK_WIN_H
#define AGENT_LOOK_MARK_WIN_H

#include "agent/registry_win.h"

enum { AG_LEFT_OUT_MOST = 16 }; /* the last ones; more would be a fault of ours, not of theirs */

struct ag_look_mark {
    HKEY key; /* NULL: none can be left */
    char process[48];
    char left_out[AG_LEFT_OUT_MOST][AG_USER_SID_BYTES];
    size_t left_out_count;
};

/* Also notes whose look an earlier process did not end. */
void ag_look_mark_open(struct ag_look_mark *mark);
void ag_look_mark_close(struct ag_look_mark *mark);

bool ag_look_mark_leaves_out(const struct ag_look_mark *mark, const char *sid);
void ag_look_mark_set(const struct ag_look_mark *mark, const char *sid);
void ag_look_mark_clear(const struct ag_look_mark *mark);

/* This process ends as it should: a look that still hangs is not held against its user. */
void ag_look_mark_forget(void);

#endif
