/* before_win.h - remember what is about to be changed, so that a failed installation leaves no trace.
 *
 * Effects: HKLM\SOFTWARE\MapiRollout\Setup\Before; files NAME.before in the data directory
 * Owns:    nothing                               Units:  none
 * Threads: one thread                            Errors: those of settings_win.h and the vault
 * Source:  docs/install.md "When an installation fails"
 */
#ifndef INSTALLER_BEFORE_WIN_H
#define INSTALLER_BEFORE_WIN_H

#include "agent/ports.h"

/* fresh: there is no data directory yet. From then on ins_before_is_there(). */
enum status ins_before_settings(bool fresh, struct err *err) MUST_USE;
enum status ins_before_files(const struct ag_vault *vault, struct err *err) MUST_USE;

bool ins_before_is_there(bool *fresh);

enum status ins_before_bring_files(const struct ag_vault *vault, struct err *err) MUST_USE;
/* whole: the files are back, too, and ins_before_is_there() no more. */
enum status ins_before_bring_settings(bool fresh, bool whole, struct err *err) MUST_USE;

/* It is not needed any more. */
enum status ins_before_forget(const struct ag_vault *vault, struct err *err) MUST_USE;

#endif
