/* upgrade_win.h - know that an uninstallation is only the first half of an upgrade.
 *
 * Windows says so in the property UPGRADINGPRODUCTCODE, and the package asks for that; Wine 8 does not.
 * So the newer package leaves a mark, too, which counts as long as the process lives that made it: an
 * upgrade that was cut short must not make a later uninstallation forget the users.
 * Effects: a volatile key below HKLM\SOFTWARE\MapiRollout    Units:  none
 * Owns:    nothing                           Errors: none: who may not write there is not under Wine
 * Threads: one thread                        Source: Wine 8.0, dlls/msi, RemoveExistingProducts
 */
#ifndef INSTALLER_UPGRADE_WIN_H
#define INSTALLER_UPGRADE_WIN_H

#include <stdbool.h>

void ins_upgrade_begin(void);
bool ins_upgrade_is_running(void);
void ins_upgrade_end(void);

#endif
