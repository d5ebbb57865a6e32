/* running_key_win.h - the key in which a running agent says what it is about, for who comes after it.
 *
 * HKLM\SOFTWARE\MapiRollout\Running is volatile: it outlives a process that ends badly, and neither a
 * restart of the machine nor a power cut; it is never written to disk.
 * Effects: makes the key, and the one above    Units:  none
 * Owns:    the key; RegCloseKey()              Errors: the system's code
 * Threads: safe                                Source: docs/decisions/0008-one-crash-is-forgiven.md
 */
#ifndef AGENT_RUNNING_KEY_WIN_H
#define AGENT_RUNNING_KEY_WIN_H

#include <windows.h>

extern const wchar_t AG_RUNNING_KEY[]; /* below HKEY_LOCAL_MACHINE */

/* For reading and writing of values. */
LSTATUS ag_running_key_open(HKEY *out);

#endif
