/* outlook_win.h - see whose Outlook runs, and since when; notice when one ends.
 *
 * Who waits for a user's Outlook to be closed must not miss the moment: closed and opened again takes
 * seconds. So each one that is seen is waited for, by the system, until it ends.
 * Effects: lists processes, keeps a handle of each    Units:  seconds since 1970 UTC
 * Owns:    struct ag_outlook_win; ..._free() frees    Errors: ST_IO, ST_NO_MEMORY: nothing is known
 *                                                             of anybody until the next refresh
 * Threads: one thread; ended() is called from another Source: CreateToolhelp32Snapshot
 */
#ifndef AGENT_OUTLOOK_WIN_H
#define AGENT_OUTLOOK_WIN_H

#include "agent/ports.h"

struct ag_outlook_win;

/* ended may be NULL; it is called after an Outlook that a refresh saw has ended. */
enum status ag_outlook_win_new(void (*ended)(void *ctx), void *ctx, struct ag_outlook_win **out,
                               struct err *err) MUST_USE;
/* No call comes after it. NULL is fine. */
void ag_outlook_win_free(struct ag_outlook_win *outlook);

/* Visit the program file of each OUTLOOK.EXE that runs, whoever's; one that ends meanwhile is left out.
 * Any thread; no files are opened. */
enum status ag_outlook_images(void (*visit)(void *ctx, const wchar_t *path), void *ctx,
                              struct err *err) MUST_USE;

/* The port; its ctx is the struct. */
struct ag_outlook ag_outlook_win_port(struct ag_outlook_win *outlook);

#endif
