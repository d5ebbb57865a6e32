/* completion.h - the script that lets a shell complete our words by Tab.
 *
 * Made from the commands there are and from their help: what a line of options in it names is
 * completed.
 * Effects: none                                Units:  none
 * Owns:    nothing; out belongs to the caller  Errors: ST_TOO_LARGE, ST_NO_MEMORY
 * Threads: safe                                Source: bash(1) "Programmable Completion"
 */
#ifndef ADMIN_COMPLETION_H
#define ADMIN_COMPLETION_H

#include "base/bytes.h"

enum status adm_completion_bash(struct bytes *out) MUST_USE;

/* Append the options that a help text names, a space before each. */
enum status adm_completion_options(const char *help, struct bytes *out) MUST_USE;

#endif
