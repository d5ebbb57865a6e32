/* registry_win.h - the one door to the keys of users.
 *
 * The users own these keys and may plant anything in them, and we come with more rights than they
 * have. So each part of a path is opened by itself, never through a link, the name that the kernel
 * gives the opened key must be the one we meant, and what is written is read back through the same
 * handle.
 * Effects: reads and writes below HKEY_USERS\<SID>    Units:  bytes
 * Owns:    keys; ag_user_key_close() closes them      Errors: ST_NOT_FOUND: no such hive or key;
 *                                                             ST_DENIED: no right, or a link on
 *                                                             the way; ST_IO, ST_BUG
 * Threads: safe                                       Source: docs/architecture.md "Windows"
 */
#ifndef AGENT_REGISTRY_WIN_H
#define AGENT_REGISTRY_WIN_H

#include "agent/ports.h"

#include <windows.h>

enum ag_key_use {
    AG_KEY_READ,   /* query values */
    AG_KEY_LIST,   /* the same, and list the keys below */
    AG_KEY_NOTIFY, /* the same, and be told of changes */
    AG_KEY_WRITE,  /* query and set values; missing keys are made on the way */
};

enum { AG_USER_SID_BYTES = 80 }; /* the longest user SID is S-1-5-21 and four numbers of 32 bits */

/* Whether this is the SID of a person's account as Windows prints it: S-1-5-21-… of a domain or a
 * machine, S-1-12-1-… of Entra; nothing else may become part of a path. */
bool ag_sid_is_user(const char *sid);

/* path: below the hive's root, backslashes between names; L"" is the root itself. */
enum status ag_user_key_open(const char *sid, const wchar_t *path, enum ag_key_use use, HKEY *out,
                             struct err *err) MUST_USE;
void ag_user_key_close(HKEY key); /* NULL is fine */

/* ---- keys whose names only the hive knows ---- */

enum { AG_KEY_NAME_CHARS = 256 }; /* the longest name of a key has 255 */

/* From a key that this door opened further down: the same, and as safe. path: names of ours or of
 * the hive's, at least one. */
enum status ag_user_key_below(HKEY above, const wchar_t *path, enum ag_key_use use, HKEY *out,
                              struct err *err) MUST_USE;

/* written: when the key or one of its values was changed last, in the system's own ticks. */
struct ag_key_visitor {
    void *ctx;
    void (*visit)(void *ctx, const wchar_t *name, uint64_t written);
};

/* Visit the names of the keys below, the first so many; *more: there are others. key: opened with
 * AG_KEY_LIST. Names that no program can open are left out. */
enum status ag_user_key_names(HKEY key, size_t most, const struct ag_key_visitor *visitor,
                              bool *more, struct err *err) MUST_USE;

/* The same time for the key itself. */
enum status ag_user_key_written(HKEY key, uint64_t *out, struct err *err) MUST_USE;

/* ---- values ---- */

/* Longer values than ag_user_value_read() takes. *size: the room at data before, what the value has
 * after; if that is more than the room, data holds nothing. ST_NOT_FOUND: there is none. */
enum status ag_user_value_find(HKEY key, const wchar_t *name, uint32_t *type, uint8_t *data,
                               uint32_t *size, struct err *err) MUST_USE;

/* A value that is not there gives present = false. */
enum status ag_user_value_read(HKEY key, const wchar_t *name, struct ag_value *out,
                               struct err *err) MUST_USE;

/* Set, or remove if present is false; ST_OK only if reading back shows it. */
enum status ag_user_value_write(HKEY key, const wchar_t *name, const struct ag_value *value,
                                struct err *err) MUST_USE;

/* Remove one key and its values; a link in its place is removed itself. ST_EXISTS: it has keys
 * below it, nothing was removed. */
enum status ag_user_key_remove(const char *sid, const wchar_t *path, struct err *err) MUST_USE;

#endif
