/* control_win.h - let other threads stop the agent, and tell it of sessions and of waking up.
 *
 * The service handler and the console's Ctrl-C run in threads that Windows makes, and may call
 * before the agent is up or after it is gone; here they meet it safely. This is the agent's one
 * global besides the log.
 * Effects: wakes the agent's loop    Units:  none
 * Owns:    nothing                   Errors: none
 * Threads: safe                      Source: docs/architecture.md "Ownership"
 */
#ifndef AGENT_CONTROL_WIN_H
#define AGENT_CONTROL_WIN_H

#include <stdbool.h>

/* What a running agent is told; all may be called from any thread. */
struct ag_listener {
    void *ctx;
    void (*wake)(void *ctx);
    void (*session_changed)(void *ctx, bool logged_off);
    void (*resumed)(void *ctx); /* the machine was asleep: what was held on the network is gone */
};

/* From now on, until NULL is given, listener is told. After the call that gives NULL returned,
 * nobody is in it any more. */
void ag_control_attach(const struct ag_listener *listener);

void ag_control_stop(void);
bool ag_control_stopping(void);
void ag_control_session_changed(bool logged_off);
void ag_control_resumed(void);

#endif
