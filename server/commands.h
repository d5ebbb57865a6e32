/* commands.h - what mapi-rollout-server does beside serving.
 *
 * Each works on the store of a data directory, whether a server runs on it or not; one that runs is
 * told.
 * Effects: changes the store, prints on stdout    Units:  none
 * Owns:    nothing                                Errors: those of the store; ST_REFUSED for
 *                                                         arguments; nothing is printed
 *                                                         then, but a secret that was written
 *                                                         down before the server failed to
 *                                                         learn of it
 * Threads: one                                    Source: docs/protocol.md "Command lines"
 */
#ifndef SERVER_COMMANDS_H
#define SERVER_COMMANDS_H

#include "base/err.h"
#include "server/options.h"

enum status srv_command_serve(const struct srv_options *o, struct err *err) MUST_USE;
enum status srv_command_credential_add(const struct srv_options *o, struct err *err) MUST_USE;
enum status srv_command_credential_list(const struct srv_options *o, struct err *err) MUST_USE;
enum status srv_command_credential_revoke(const struct srv_options *o, struct err *err) MUST_USE;
enum status srv_command_device_list(const struct srv_options *o, struct err *err) MUST_USE;
enum status srv_command_device_retire(const struct srv_options *o, struct err *err) MUST_USE;
enum status srv_command_safe(const struct srv_options *o, struct err *err) MUST_USE;
enum status srv_command_backup(const struct srv_options *o, struct err *err) MUST_USE;
enum status srv_command_restore(const struct srv_options *o, struct err *err) MUST_USE;

#endif
