/* terminal.h - the person at the keyboard: arguments, questions, secrets typed without echo.
 *
 * Effects: reads the command line, the environment, standard input and the console; writes prompts
 *          to standard error, answers to standard output
 * Units:   bytes, UTF-8                      Owns:    said at each function
 * Errors:  ST_CANCELLED when nobody types (end of input); ST_TOO_LARGE; ST_IO; ST_NO_MEMORY
 * Threads: one thread                        Source:  docs/protocol.md "Command lines"
 */
#ifndef ADMIN_TERMINAL_H
#define ADMIN_TERMINAL_H

#include "base/bytes.h"
#include "base/err.h"

/* Give the arguments in UTF-8 (Windows has them in UTF-16) and make the console show UTF-8. What is
 * allocated here lives until the program ends. */
enum status adm_terminal_start(int *argc, char ***argv, struct err *err) MUST_USE;

/* Somebody can be asked: standard input and standard error are a terminal. */
bool adm_terminal_asks(void);
/* Standard error is one: progress may be told. */
bool adm_terminal_tells(void);
/* Standard output is one: a screen may be drawn. */
bool adm_terminal_shows(void);

/* Ask and append the line typed, without its end. Wipe *out with bytes_wipe(). */
enum status adm_terminal_read_line(const char *prompt, struct bytes *out, struct err *err) MUST_USE;
enum status adm_terminal_read_secret(const char *prompt, struct bytes *out,
                                     struct err *err) MUST_USE;

/* A variable of the environment as text that free() frees; NULL if it is unset or empty. */
char *adm_environment(const char *name);

/* Put text on standard output and flush: UTF-8, whatever the console's code page. */
enum status adm_terminal_write(struct span text, struct err *err) MUST_USE;
/* The same byte for byte: no line end becomes two. */
enum status adm_terminal_write_raw(struct span bytes, struct err *err) MUST_USE;

#endif
