/* soak.h - run a fleet of any size and print what came of it (`./run soak`).
 *
 * Effects: prints a table on stdout, progress on stderr    Units:  days
 * Owns:    nothing                                         Errors: exit codes 0, 1, 2 as of programs
 * Threads: one thread                                      Source: tests/sim/README.md
 */
#ifndef TESTS_SIM_SOAK_H
#define TESTS_SIM_SOAK_H

/* AGENTS DAYS [SEED]; returns the exit code. */
int sim_soak(int argc, char **argv);

#endif
