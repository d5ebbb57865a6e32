/* client_win.h - find the Outlook of this machine.
 *
 * Where Click-to-Run and older installers write down what they installed, in both views of the
 * registry, and what runs; then the program files themselves are asked. A program that a user
 * brought along says nothing of the machine.
 * Effects: reads the machine's registry and program files, lists processes    Units:  none
 * Owns:    nothing                 Errors: none: what is not known is said so
 * Threads: safe; it may take long  Source: docs/outlook.md "What is looked at"
 */
#ifndef AGENT_CLIENT_WIN_H
#define AGENT_CLIENT_WIN_H

#include "agent/sight.h"

void ag_client_win_read(struct ag_client *out);

#endif
