/* secret.h - read tokens, passphrases and private keys, from files and terminals only.
 *
 * Nothing read here is ever printed, logged or put into an error.
 * Effects: reads files and the terminal; writes new key files    Units:  bytes
 * Owns:    said at each function; secrets are wiped              Errors: those of file.h and
 *                                                                        terminal.h; ADM_USAGE when
 *                                                                        nobody can be asked
 * Threads: one thread                                            Source: docs/protocol.md
 *                                                                        "Command lines"
 */
#ifndef ADMIN_SECRET_H
#define ADMIN_SECRET_H

#include "base/bytes.h"
#include "base/err.h"
#include "policy/keys.h"

enum { ADM_SECRET_BYTES = 1024 };

/* Read a file with one line of 1 to ADM_SECRET_BYTES bytes; the line's end does not count. what
 * names it in errors: "token". Wipe *out with bytes_wipe(). */
enum status adm_secret_read(const char *path, const char *what, struct bytes *out,
                            struct err *err) MUST_USE;

/* The passphrase for a key that is being made. Without a file somebody is asked, twice; where nobody
 * can be asked, or with none wanted, it is empty: the caller warns. */
enum status adm_passphrase_choose(const char *path, bool none_wanted, struct bytes *out,
                                  struct err *err) MUST_USE;

/* Read a private key. If it is encrypted, its passphrase comes from passphrase_path or, without one
 * (NULL), from the terminal. pol_key_free() frees *out. */
enum status adm_key_read(const char *path, const char *passphrase_path, struct pol_key **out,
                         struct err *err) MUST_USE;

/* Read a public key. A private one in its place is refused, and wiped. */
enum status adm_public_key_read(const char *path, struct pol_public_key *out,
                                struct err *err) MUST_USE;

/* Make a key: the private half at path, the public half beside it ("ops.pub.pem" for "ops.pem"),
 * whose path is appended to public_path. Neither file may be there yet; on failure neither is. */
enum status adm_key_create(const char *path, struct span passphrase, struct bytes *public_path,
                           struct pol_public_key *out, struct err *err) MUST_USE;

#endif
