/* commands.h - find the subcommand, show its help, run it, name the exit code.
 *
 * Effects: those of the subcommand    Units:  none
 * Owns:    nothing                    Errors: one line on standard error; 1 failed or refused,
 *                                             2 wrong usage
 * Threads: one thread                 Source: docs/protocol.md "Command lines"
 */
#ifndef ADMIN_COMMANDS_H
#define ADMIN_COMMANDS_H

#include "base/err.h"

#include <stddef.h>

enum adm_exit { ADM_EXIT_DONE = 0, ADM_EXIT_FAILED = 1, ADM_EXIT_USAGE = 2 };

/* argv[0] is the program; argc and argv are as main() has them. */
enum adm_exit adm_run(int argc, char *const *argv);

/* The help of one subcommand ("sign"), the general one (""), or NULL. Each fits a screen of 24
 * lines. */
const char *adm_help_find(const char *command);

/* The name of one after the other, then NULL. */
const char *adm_command_name(size_t index);

/* What every subcommand is: the words behind its name come in, one failure goes out. */
enum status adm_cmd_init(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_keygen(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_trust(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_check(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_sign(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_attach(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_verify(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_explain(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_simulate(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_publish(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_release(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_advance(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_hold(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_resume(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_safe(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_status(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_users(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_devices(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_export(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_completion(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_audit(int argc, char *const *argv, struct err *err) MUST_USE;
enum status adm_cmd_audit_verify(int argc, char *const *argv, struct err *err) MUST_USE;

#endif
