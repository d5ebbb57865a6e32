/* vault_win.h - keep small files and secrets in the data directory.
 *
 * Secrets are sealed by Windows for this machine, and their files let nobody else in. The floor has
 * a second place in HKLM\SOFTWARE\MapiRollout\State.
 * Effects: reads and writes files and the machine's registry
 * Units:   bytes                 Owns:   struct ag_vault_win; ag_vault_win_close() frees
 * Threads: one thread            Errors: those of file.h and folder_win.h; ST_BUG: a name with a
 *                                        path in it
 * Source:  docs/architecture.md "Windows"
 */
#ifndef AGENT_VAULT_WIN_H
#define AGENT_VAULT_WIN_H

#include "agent/ports.h"

struct ag_vault_win;

/* Make or check the folder, and open the vault in it. */
enum status ag_vault_win_open(const char *folder, struct ag_vault_win **out,
                              struct err *err) MUST_USE;
/* One agent at a time: ST_BUSY if another process has locked the same folder. Held until it is
 * closed, or the process ends. */
enum status ag_vault_win_lock(struct ag_vault_win *vault, struct err *err) MUST_USE;
void ag_vault_win_close(struct ag_vault_win *vault); /* NULL is fine */

/* The port; its ctx is the struct. */
struct ag_vault ag_vault_win_port(struct ag_vault_win *vault);

/* Remove the volatile key of the mark; for who removes the service. */
enum status ag_vault_win_forget_running(struct err *err) MUST_USE;

#endif
